"""A sheet stays as it was drawn; nobody judges their own; two sides sign; then nothing moves."""

from django.db import migrations

TABLES = ("crm_reviewsheet", "crm_reviewitem", "crm_reviewsignature", "crm_reviewfinding")
TRIGGERS = (
    ("crm_reviewsheet", "review_sheet_stays"),
    ("crm_reviewitem", "review_item_is_drawn"),
    ("crm_reviewitem", "review_item_moves"),
    ("crm_reviewitem", "review_item_stays"),
    ("crm_reviewsignature", "review_signature_is_due"),
    ("crm_reviewsignature", "review_signature_stays"),
    ("crm_reviewfinding", "review_finding_is_new"),
    ("crm_reviewfinding", "review_finding_moves"),
    ("crm_reviewfinding", "review_finding_stays"),
)
FUNCTIONS = (
    "review_refuse_change", "review_item_is_drawn", "review_item_moves",
    "review_signature_is_due", "review_finding_is_new", "review_finding_moves",
)  # fmt: skip

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        -- The transaction that drew the sheet: its items come in no other one.
        ALTER TABLE crm_reviewsheet ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();

        CREATE FUNCTION review_role_of(side text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
          SELECT CASE side WHEN 'it' THEN 'security_admin' WHEN 'qc' THEN 'medical_qc' END
        $$;
        CREATE FUNCTION review_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'what was drawn, found and signed stays as it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
        END $$;
        CREATE TRIGGER review_sheet_stays BEFORE UPDATE OR DELETE ON crm_reviewsheet
          FOR EACH ROW EXECUTE FUNCTION review_refuse_change();
        CREATE TRIGGER review_item_stays BEFORE DELETE ON crm_reviewitem
          FOR EACH ROW EXECUTE FUNCTION review_refuse_change();
        CREATE TRIGGER review_signature_stays BEFORE UPDATE OR DELETE ON crm_reviewsignature
          FOR EACH ROW EXECUTE FUNCTION review_refuse_change();
        CREATE TRIGGER review_finding_stays BEFORE DELETE ON crm_reviewfinding
          FOR EACH ROW EXECUTE FUNCTION review_refuse_change();

        CREATE FUNCTION review_item_is_drawn() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.verdict <> '' OR NOT EXISTS (
            SELECT FROM crm_reviewsheet WHERE id = NEW.sheet_id AND xid = pg_current_xact_id()
          ) THEN
            RAISE EXCEPTION 'items come with their sheet, unjudged'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'review_item_is_drawn';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER review_item_is_drawn BEFORE INSERT ON crm_reviewitem
          FOR EACH ROW EXECUTE FUNCTION review_item_is_drawn();

        CREATE FUNCTION review_item_moves() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE of_clinic uuid;
        BEGIN
          IF (NEW.id, NEW.created_at, NEW.sheet_id, NEW.number, NEW.event_id, NEW.event_at, NEW.seq,
              NEW.event_digest, NEW.action, NEW.actor, NEW.role, NEW.only_side, NEW.grounds,
              NEW.facts)
             IS DISTINCT FROM
             (OLD.id, OLD.created_at, OLD.sheet_id, OLD.number, OLD.event_id, OLD.event_at, OLD.seq,
              OLD.event_digest, OLD.action, OLD.actor, OLD.role, OLD.only_side, OLD.grounds,
              OLD.facts)
             OR NEW.verdict = '' OR (OLD.verdict = 'finding' AND NEW.verdict <> 'finding') THEN
            RAISE EXCEPTION 'what was drawn stays, and a finding stays a finding'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'review_item_stays';
          END IF;
          -- Against a signature at the same moment: that one takes the sheet FOR UPDATE.
          SELECT clinic_id INTO of_clinic FROM crm_reviewsheet WHERE id = NEW.sheet_id FOR SHARE;
          IF EXISTS (SELECT FROM crm_reviewsignature WHERE sheet_id = NEW.sheet_id) THEN
            RAISE EXCEPTION 'a signed sheet stays as it was signed'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'review_signed_stays';
          END IF;
          IF NOT EXISTS (
            SELECT FROM crm_user WHERE id = NEW.judged_by_id AND clinic_id = of_clinic
              AND role = review_role_of(NEW.side)
          ) THEN
            RAISE EXCEPTION 'who judges is of the side they judge for'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'review_judge_is_of_side';
          END IF;
          IF NEW.earlier_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM crm_reviewitem AS before
            JOIN crm_reviewsheet AS sheet ON sheet.id = before.sheet_id
            WHERE before.id = NEW.earlier_id AND before.event_id = NEW.event_id
              AND before.verdict = NEW.verdict AND sheet.clinic_id = of_clinic
              AND (SELECT count(*) FROM crm_reviewsignature WHERE sheet_id = sheet.id) = 2
          ) THEN
            RAISE EXCEPTION 'a verdict is taken over as it was signed, on the same event'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'review_taken_over_as_signed';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER review_item_moves BEFORE UPDATE ON crm_reviewitem
          FOR EACH ROW EXECUTE FUNCTION review_item_moves();

        CREATE FUNCTION review_signature_is_due() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE of_clinic uuid;
        BEGIN
          SELECT clinic_id INTO of_clinic FROM crm_reviewsheet WHERE id = NEW.sheet_id FOR UPDATE;
          IF NOT EXISTS (
            SELECT FROM crm_user WHERE id = NEW.signer_id AND clinic_id = of_clinic AND is_active
              AND role = review_role_of(NEW.side)
          ) THEN
            RAISE EXCEPTION 'each side signs by one of its own'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'review_signer_is_of_side';
          END IF;
          IF EXISTS (
            SELECT FROM crm_reviewitem AS item WHERE sheet_id = NEW.sheet_id AND (
              verdict = '' OR verdict = 'finding' AND earlier_id IS NULL AND NOT EXISTS (
                SELECT FROM crm_reviewfinding WHERE item_id = item.id))
          ) THEN
            RAISE EXCEPTION 'a sheet is signed when everything on it was judged'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'review_signed_when_judged';
          END IF;
          IF EXISTS (
            SELECT FROM crm_reviewsignature WHERE sheet_id = NEW.sheet_id AND digest <> NEW.digest
          ) THEN
            RAISE EXCEPTION 'both sides sign the same digest'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'review_one_digest';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER review_signature_is_due BEFORE INSERT ON crm_reviewsignature
          FOR EACH ROW EXECUTE FUNCTION review_signature_is_due();

        CREATE FUNCTION review_finding_is_new() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.state <> 'open' OR NEW.incident_id IS NOT NULL OR NOT EXISTS (
            SELECT FROM crm_reviewitem AS item
            WHERE id = NEW.item_id AND verdict = 'finding' AND judged_by_id = NEW.author_id
              AND NOT EXISTS (
                SELECT FROM crm_reviewsignature WHERE sheet_id = item.sheet_id)
          ) THEN
            RAISE EXCEPTION 'a finding comes with its verdict, before anybody signs'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'review_finding_is_new';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER review_finding_is_new BEFORE INSERT ON crm_reviewfinding
          FOR EACH ROW EXECUTE FUNCTION review_finding_is_new();

        CREATE FUNCTION review_finding_moves() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF (NEW.id, NEW.created_at, NEW.item_id, NEW.text, NEW.author_id)
             IS DISTINCT FROM (OLD.id, OLD.created_at, OLD.item_id, OLD.text, OLD.author_id)
             OR OLD.state <> 'open' AND (NEW.answer, NEW.answered_by_id, NEW.answered_at)
               IS DISTINCT FROM (OLD.answer, OLD.answered_by_id, OLD.answered_at)
             OR OLD.state = 'closed' AND (NEW.outcome, NEW.closed_by_id, NEW.closed_at)
               IS DISTINCT FROM (OLD.outcome, OLD.closed_by_id, OLD.closed_at)
             OR OLD.incident_id IS NOT NULL AND NEW.incident_id IS DISTINCT FROM OLD.incident_id
             OR NOT (OLD.state || '>' || NEW.state) = ANY (ARRAY[
               'open>open', 'open>answered', 'answered>answered', 'answered>closed',
               'closed>closed']) THEN
            RAISE EXCEPTION 'what was found and said stays, and a ticket only moves on'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'review_finding_stays';
          END IF;
          IF NEW.closed_by_id IS NOT NULL AND NEW.closed_by_id = (
            SELECT actor FROM crm_reviewitem WHERE id = NEW.item_id
          ) THEN
            RAISE EXCEPTION 'nobody closes what was found about them'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'nobody_closes_their_own';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER review_finding_moves BEFORE UPDATE ON crm_reviewfinding
          FOR EACH ROW EXECUTE FUNCTION review_finding_moves();

        REVOKE DELETE ON crm_reviewsheet, crm_reviewitem, crm_reviewfinding FROM suian_app;
        REVOKE UPDATE, DELETE ON crm_reviewsignature FROM suian_app;
        """
        + "".join(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {one};\n" for table, one in TRIGGERS),
        reverse_sql="""
        GRANT UPDATE, DELETE ON crm_reviewsignature TO suian_app;
        GRANT DELETE ON crm_reviewsheet, crm_reviewitem, crm_reviewfinding TO suian_app;
        """
        + "".join(f"DROP TRIGGER {name} ON {table};\n" for table, name in TRIGGERS)
        + "".join(f"DROP FUNCTION {name}();\n" for name in FUNCTIONS)
        + "DROP FUNCTION review_role_of(text);\n"
        + "ALTER TABLE crm_reviewsheet DROP COLUMN xid;\n",
    ),
]
