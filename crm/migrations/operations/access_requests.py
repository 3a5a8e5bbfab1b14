"""A request moves one way, what was decided stays, two people are two, nothing is deleted."""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        CREATE FUNCTION access_request_begins() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF (NEW.kind = 'asked') <> (NEW.state = 'asked')
             OR NEW.state NOT IN ('asked', 'approved') THEN
            RAISE EXCEPTION 'access begins by asking, or by breaking the glass'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'access_request_begins';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER access_request_begins BEFORE INSERT ON crm_accessrequest
          FOR EACH ROW EXECUTE FUNCTION access_request_begins();

        CREATE FUNCTION access_request_moves() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.state <> OLD.state AND NOT (OLD.state || '>' || NEW.state) = ANY (ARRAY[
            'asked>approved', 'asked>refused', 'asked>withdrawn', 'approved>ended'
          ]) THEN
            RAISE EXCEPTION 'a request cannot go from % to %', OLD.state, NEW.state
              USING ERRCODE = 'check_violation', CONSTRAINT = 'access_request_moves';
          END IF;
          IF (NEW.id, NEW.batch, NEW.kind, NEW.clinic_id, NEW.staff_id, NEW.code, NEW.patient_id,
              NEW.purpose, NEW.reason, NEW.previous_id, NEW.renewals, NEW.asked_at,
              NEW.wanted_until, NEW.needed)
             IS DISTINCT FROM
             (OLD.id, OLD.batch, OLD.kind, OLD.clinic_id, OLD.staff_id, OLD.code, OLD.patient_id,
              OLD.purpose, OLD.reason, OLD.previous_id, OLD.renewals, OLD.asked_at,
              OLD.wanted_until, OLD.needed) THEN
            RAISE EXCEPTION 'what was asked for stays as it was asked'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'access_request_stays';
          END IF;
          IF OLD.state <> 'asked' AND
             (NEW.until, NEW.decided_at, NEW.decided_by_id, NEW.refusal)
             IS DISTINCT FROM (OLD.until, OLD.decided_at, OLD.decided_by_id, OLD.refusal)
          OR OLD.state NOT IN ('asked', 'approved') AND
             (NEW.closed_at, NEW.closed_by_id) IS DISTINCT FROM (OLD.closed_at, OLD.closed_by_id)
          THEN
            RAISE EXCEPTION 'what was decided stays as it was decided'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'access_decision_stays';
          END IF;
          IF OLD.state = 'asked' AND NEW.state = 'approved' AND (
            SELECT count(*) FROM crm_accessapproval WHERE request_id = NEW.id AND until >= NEW.until
          ) < NEW.needed THEN
            RAISE EXCEPTION 'not enough people have agreed for so long'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'access_needs_its_approvals';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER access_request_moves BEFORE UPDATE ON crm_accessrequest
          FOR EACH ROW EXECUTE FUNCTION access_request_moves();

        CREATE FUNCTION access_approval_is_anothers() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NOT EXISTS (
            SELECT 1 FROM crm_accessrequest
            WHERE id = NEW.request_id AND state = 'asked' AND staff_id <> NEW.approver_id
          ) THEN
            RAISE EXCEPTION 'nobody agrees to what they asked for, or to what is decided'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'access_approval_is_anothers';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER access_approval_is_anothers BEFORE INSERT ON crm_accessapproval
          FOR EACH ROW EXECUTE FUNCTION access_approval_is_anothers();

        CREATE FUNCTION verdict_is_anothers() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NOT EXISTS (
            SELECT 1 FROM crm_accessrequest
            WHERE id = NEW.request_id AND kind = 'break_glass' AND staff_id <> NEW.judge_id
          ) THEN
            RAISE EXCEPTION 'a verdict is on somebody else''s use of break-glass'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'verdict_is_anothers';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER verdict_is_anothers BEFORE INSERT ON crm_breakglassverdict
          FOR EACH ROW EXECUTE FUNCTION verdict_is_anothers();

        REVOKE DELETE ON crm_accessrequest FROM suian_app;
        REVOKE UPDATE, DELETE ON crm_accessapproval, crm_breakglassverdict, crm_breakglasslift
          FROM suian_app;
        """,
        reverse_sql="""
        GRANT UPDATE, DELETE ON crm_accessapproval, crm_breakglassverdict, crm_breakglasslift
          TO suian_app;
        GRANT DELETE ON crm_accessrequest TO suian_app;
        DROP TRIGGER verdict_is_anothers ON crm_breakglassverdict;
        DROP FUNCTION verdict_is_anothers();
        DROP TRIGGER access_approval_is_anothers ON crm_accessapproval;
        DROP FUNCTION access_approval_is_anothers();
        DROP TRIGGER access_request_moves ON crm_accessrequest;
        DROP FUNCTION access_request_moves();
        DROP TRIGGER access_request_begins ON crm_accessrequest;
        DROP FUNCTION access_request_begins();
        """,
    ),
]
