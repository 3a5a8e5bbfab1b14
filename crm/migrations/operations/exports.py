"""An export moves one way, and two departments that have nothing to do with each other agree.

The tables are the ground floor's; who is in whose line is known here, on the floor of the staff.
"""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        ALTER TABLE privacy_export ADD CONSTRAINT export_sides_are_not_the_requesters
          CHECK (requester_side <> ALL (sides));

        -- Everybody above somebody. UNION, not UNION ALL: a ring ends.
        CREATE FUNCTION staff_above(person uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
          WITH RECURSIVE line(id) AS (
            SELECT superior_id FROM crm_user WHERE id = person
            UNION
            SELECT crm_user.superior_id FROM crm_user JOIN line ON crm_user.id = line.id
          )
          SELECT id FROM line WHERE id IS NOT NULL
        $$;

        CREATE FUNCTION export_begins() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.state <> 'asked' THEN
            RAISE EXCEPTION 'an export begins by being asked for'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'export_begins';
          END IF;
          IF NOT EXISTS (
            SELECT 1 FROM crm_user WHERE id = NEW.requester_id AND role = NEW.requester_side
              AND clinic_id = NEW.clinic
          ) THEN
            RAISE EXCEPTION 'the requester is of another clinic or department'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'export_requester_is_who_asks';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER export_begins BEFORE INSERT ON privacy_export
          FOR EACH ROW EXECUTE FUNCTION export_begins();

        CREATE FUNCTION export_moves() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.state <> OLD.state AND NOT (OLD.state || '>' || NEW.state) = ANY (ARRAY[
            'asked>approved', 'asked>refused', 'asked>withdrawn',
            'approved>building', 'approved>withdrawn', 'approved>failed',
            'building>ready', 'building>withdrawn', 'building>failed',
            'ready>downloaded', 'ready>destroyed', 'ready>withdrawn', 'ready>failed',
            'downloaded>destroyed'
          ]) THEN
            RAISE EXCEPTION 'an export cannot go from % to %', OLD.state, NEW.state
              USING ERRCODE = 'check_violation', CONSTRAINT = 'export_moves';
          END IF;
          IF (NEW.id, NEW.code, NEW.clinic, NEW.requester_id, NEW.requester_side, NEW.purpose,
              NEW.reason, NEW.dataset, NEW.fields, NEW.identifying, NEW.since, NEW.until, NEW.stage,
              NEW.recipient_kind, NEW.recipient_id, NEW.recipient_name, NEW.recipient_why,
              NEW.rows, NEW.sides, NEW.needs_owner, NEW.asked_at, NEW.decide_until)
             IS DISTINCT FROM
             (OLD.id, OLD.code, OLD.clinic, OLD.requester_id, OLD.requester_side, OLD.purpose,
              OLD.reason, OLD.dataset, OLD.fields, OLD.identifying, OLD.since, OLD.until, OLD.stage,
              OLD.recipient_kind, OLD.recipient_id, OLD.recipient_name, OLD.recipient_why,
              OLD.rows, OLD.sides, OLD.needs_owner, OLD.asked_at, OLD.decide_until) THEN
            RAISE EXCEPTION 'what was asked for stays as it was asked'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'export_stays';
          END IF;
          IF OLD.state <> 'building' AND
             (NEW.sha256, NEW.size, NEW.built_rows, NEW.built_at, NEW.available_until)
             IS DISTINCT FROM
             (OLD.sha256, OLD.size, OLD.built_rows, OLD.built_at, OLD.available_until)
          OR OLD.state <> 'ready' AND NEW.downloaded_at IS DISTINCT FROM OLD.downloaded_at
          OR OLD.state <> 'asked' AND
             (NEW.approved_at, NEW.refused_by_id, NEW.refusal)
             IS DISTINCT FROM (OLD.approved_at, OLD.refused_by_id, OLD.refusal) THEN
            RAISE EXCEPTION 'what has been built, decided or handed over stays'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'export_history_stays';
          END IF;
          IF OLD.state = 'asked' AND NEW.state = 'approved' AND EXISTS (
            SELECT side FROM unnest(NEW.sides) AS side
            EXCEPT SELECT side FROM privacy_exportapproval WHERE export_id = NEW.id
          ) THEN
            RAISE EXCEPTION 'not every department has agreed'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'export_needs_its_approvals';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER export_moves BEFORE UPDATE ON privacy_export
          FOR EACH ROW EXECUTE FUNCTION export_moves();

        CREATE FUNCTION export_approval_is_anothers() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
          asked privacy_export%ROWTYPE;
          broken text;
        BEGIN
          SELECT * INTO asked FROM privacy_export WHERE id = NEW.export_id FOR UPDATE;
          broken := CASE
            WHEN asked.state <> 'asked' THEN 'export_approval_comes_in_time'
            WHEN NEW.approver_id = asked.requester_id THEN 'export_approver_is_not_the_requester'
            WHEN NEW.approver_id = asked.recipient_id THEN 'export_approver_is_not_the_recipient'
            WHEN NEW.side = asked.requester_side OR NEW.side <> ALL (asked.sides)
              THEN 'export_approver_is_of_another_side'
            WHEN NOT EXISTS (
              SELECT 1 FROM crm_user WHERE id = NEW.approver_id AND role = NEW.side
                AND clinic_id = asked.clinic AND is_active
            ) THEN 'export_approver_is_of_that_side'
            WHEN EXISTS (
              SELECT 1 FROM (
                SELECT asked.requester_id AS id
                UNION SELECT approver_id FROM privacy_exportapproval WHERE export_id = asked.id
              ) AS others
              WHERE others.id IN (SELECT staff_above(NEW.approver_id))
                 OR NEW.approver_id IN (SELECT staff_above(others.id))
            ) THEN 'export_approver_is_in_no_line'
          END;
          IF broken IS NOT NULL THEN
            RAISE EXCEPTION 'this person cannot agree to this export'
              USING ERRCODE = 'check_violation', CONSTRAINT = broken;
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER export_approval_is_anothers BEFORE INSERT ON privacy_exportapproval
          FOR EACH ROW EXECUTE FUNCTION export_approval_is_anothers();

        REVOKE DELETE ON privacy_export FROM suian_app;
        REVOKE UPDATE, DELETE ON privacy_exportapproval, privacy_exportmark FROM suian_app;
        """,
        reverse_sql="""
        GRANT UPDATE, DELETE ON privacy_exportapproval, privacy_exportmark TO suian_app;
        GRANT DELETE ON privacy_export TO suian_app;
        DROP TRIGGER export_approval_is_anothers ON privacy_exportapproval;
        DROP FUNCTION export_approval_is_anothers();
        DROP TRIGGER export_moves ON privacy_export;
        DROP FUNCTION export_moves();
        DROP TRIGGER export_begins ON privacy_export;
        DROP FUNCTION export_begins();
        DROP FUNCTION staff_above(uuid);
        ALTER TABLE privacy_export DROP CONSTRAINT export_sides_are_not_the_requesters;
        """,
    ),
]
