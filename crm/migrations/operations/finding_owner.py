"""A finding has somebody who sees to it; whom it is about says their own word, once."""

from typing import Final

from django.db import migrations

from crm.migrations.operations import joint_review

_FIRST: Final = "CREATE FUNCTION review_finding_moves()"
_BEFORE: Final = joint_review.OPERATIONS[0].sql.partition(_FIRST)[2].partition("END $$;")[0]

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        CREATE OR REPLACE FUNCTION review_finding_moves() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE about uuid;
        BEGIN
          IF (NEW.id, NEW.created_at, NEW.item_id, NEW.text, NEW.author_id)
             IS DISTINCT FROM (OLD.id, OLD.created_at, OLD.item_id, OLD.text, OLD.author_id)
             OR OLD.answered_at IS NOT NULL AND (NEW.answer, NEW.answered_by_id, NEW.answered_at)
               IS DISTINCT FROM (OLD.answer, OLD.answered_by_id, OLD.answered_at)
             OR OLD.stated_at IS NOT NULL AND (NEW.statement, NEW.stated_by_id, NEW.stated_at)
               IS DISTINCT FROM (OLD.statement, OLD.stated_by_id, OLD.stated_at)
             OR OLD.state = 'closed' AND (NEW.outcome, NEW.closed_by_id, NEW.closed_at,
               NEW.answered_at, NEW.stated_at, NEW.owner_id, NEW.due_on)
               IS DISTINCT FROM (OLD.outcome, OLD.closed_by_id, OLD.closed_at,
               OLD.answered_at, OLD.stated_at, OLD.owner_id, OLD.due_on)
             OR OLD.incident_id IS NOT NULL AND NEW.incident_id IS DISTINCT FROM OLD.incident_id
             OR NOT (OLD.state || '>' || NEW.state) = ANY (ARRAY[
               'open>open', 'open>answered', 'answered>answered', 'answered>closed',
               'closed>closed']) THEN
            RAISE EXCEPTION 'what was found and said stays, and a ticket only moves on'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'review_finding_stays';
          END IF;
          SELECT actor INTO about FROM crm_reviewitem WHERE id = NEW.item_id;
          IF NEW.closed_by_id = about THEN
            RAISE EXCEPTION 'nobody closes what was found about them'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'nobody_closes_their_own';
          END IF;
          -- What was answered before this rule stays as it was answered.
          IF OLD.answered_at IS NULL AND NEW.answered_by_id = about
             OR NEW.stated_by_id IS NOT NULL AND NEW.stated_by_id IS DISTINCT FROM about THEN
            RAISE EXCEPTION 'the own word is theirs alone, the answer somebody else''s'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'review_own_word_is_ones_own';
          END IF;
          RETURN NEW;
        END $$;

        CREATE FUNCTION review_finding_is_seen_to() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.owner_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM crm_reviewitem AS item
            JOIN crm_reviewsheet AS sheet ON sheet.id = item.sheet_id
            JOIN crm_user AS owner ON owner.clinic_id = sheet.clinic_id
            WHERE item.id = NEW.item_id AND owner.id = NEW.owner_id
              AND item.actor IS DISTINCT FROM owner.id
          ) THEN
            RAISE EXCEPTION 'a colleague sees to a finding, never whom it is about'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'review_finding_is_seen_to';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER review_finding_is_seen_to
          BEFORE INSERT OR UPDATE OF owner_id ON crm_reviewfinding
          FOR EACH ROW EXECUTE FUNCTION review_finding_is_seen_to();
        ALTER TABLE crm_reviewfinding ENABLE ALWAYS TRIGGER review_finding_is_seen_to;
        """,
        reverse_sql=f"""
        DROP TRIGGER review_finding_is_seen_to ON crm_reviewfinding;
        DROP FUNCTION review_finding_is_seen_to();
        CREATE OR REPLACE FUNCTION review_finding_moves(){_BEFORE}END $$;
        """,
    )
]
