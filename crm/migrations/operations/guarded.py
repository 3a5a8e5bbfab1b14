"""A guard is set once and lifted once; its history stays (T1, R18)."""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        CREATE FUNCTION patient_guard_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF (NEW.id, NEW.patient_id, NEW.kind, NEW.person_mark, NEW.since, NEW.marked_by_id)
             IS DISTINCT FROM
             (OLD.id, OLD.patient_id, OLD.kind, OLD.person_mark, OLD.since, OLD.marked_by_id) THEN
            RAISE EXCEPTION 'what was marked stays as it was marked'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'patient_guard_stays';
          END IF;
          IF OLD.until IS NOT NULL AND
             (NEW.lift_asked_by_id, NEW.lift_asked_at, NEW.until, NEW.lifted_by_id)
             IS DISTINCT FROM
             (OLD.lift_asked_by_id, OLD.lift_asked_at, OLD.until, OLD.lifted_by_id) THEN
            RAISE EXCEPTION 'a guard that was lifted stays lifted'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'patient_guard_lifted_once';
          END IF;
          IF OLD.until IS NULL AND NEW.until IS NOT NULL AND NEW.kind IN ('vip', 'staff')
             AND OLD.lift_asked_by_id IS NULL THEN
            RAISE EXCEPTION 'a proposal comes before its answer'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'patient_guard_asked_first';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER patient_guard_stays BEFORE UPDATE ON crm_patientguard
          FOR EACH ROW EXECUTE FUNCTION patient_guard_stays();

        REVOKE DELETE ON crm_patientguard, crm_hiddendouble, crm_honeyrecord FROM suian_app;
        """,
        reverse_sql="""
        GRANT DELETE ON crm_patientguard, crm_hiddendouble, crm_honeyrecord TO suian_app;
        DROP TRIGGER patient_guard_stays ON crm_patientguard;
        DROP FUNCTION patient_guard_stays();
        """,
    ),
]
