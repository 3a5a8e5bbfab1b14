"""A patient's keys go on the word of two offices, step by step (ADR 0012)."""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        CREATE FUNCTION erasure_request_moves() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'INSERT' AND NEW.state <> 'asked'
          OR TG_OP = 'UPDATE' AND NEW.state <> OLD.state
             AND NOT (OLD.state || '>' || NEW.state) = ANY (ARRAY[
               'asked>confirmed', 'asked>called_off', 'confirmed>erased', 'confirmed>called_off'])
          THEN
            RAISE EXCEPTION 'an erasure is asked for, confirmed, then carried out'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_request_moves';
          END IF;
          IF TG_OP = 'UPDATE' AND (
            (NEW.id, NEW.clinic_id, NEW.patient_id, NEW.zone, NEW.reason, NEW.wish,
             NEW.asked_by_id, NEW.asked_at)
              IS DISTINCT FROM (OLD.id, OLD.clinic_id, OLD.patient_id, OLD.zone, OLD.reason,
                                OLD.wish, OLD.asked_by_id, OLD.asked_at)
            OR OLD.state <> 'asked'
              AND (NEW.confirmed_by_id, NEW.confirmed_at)
                IS DISTINCT FROM (OLD.confirmed_by_id, OLD.confirmed_at)
            OR OLD.state IN ('erased', 'called_off')
          ) THEN
            RAISE EXCEPTION 'what was asked, confirmed and closed stays'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_request_stays';
          END IF;
          IF TG_OP = 'INSERT' AND NOT EXISTS (
               SELECT FROM crm_user AS asker JOIN crm_patient AS about
                 ON about.id = NEW.patient_id AND about.clinic_id = asker.clinic_id
               WHERE asker.id = NEW.asked_by_id AND asker.role = 'security_admin'
                 AND asker.is_active AND asker.clinic_id = NEW.clinic_id)
          OR TG_OP = 'UPDATE' AND OLD.state = 'asked' AND NEW.confirmed_by_id IS NOT NULL
             AND NOT EXISTS (
               SELECT FROM crm_user WHERE id = NEW.confirmed_by_id AND role = 'medical_qc'
                 AND is_active AND clinic_id = NEW.clinic_id)
          THEN
            RAISE EXCEPTION 'a security administrator asks, quality control of the clinic confirms'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_by_two_offices';
          END IF;
          IF NEW.state = 'erased' AND NOT EXISTS (
            SELECT FROM privacy_erasure WHERE subject_id = NEW.patient_id AND zone = NEW.zone
          ) THEN
            RAISE EXCEPTION 'nothing was erased'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_has_happened';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER erasure_request_moves BEFORE INSERT OR UPDATE ON crm_erasurerequest
          FOR EACH ROW EXECUTE FUNCTION erasure_request_moves();
        ALTER TABLE crm_erasurerequest ENABLE ALWAYS TRIGGER erasure_request_moves;
        REVOKE DELETE ON crm_erasurerequest FROM suian_app;
        """,
        reverse_sql="""
        DROP TRIGGER erasure_request_moves ON crm_erasurerequest;
        DROP FUNCTION erasure_request_moves();
        """,
    )
]
