"""Who agrees to access, and who judges break-glass, is whom the service takes: role, clinic, care
team, active, and nobody below the asker in line (security design 6)."""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        CREATE FUNCTION stands_below(person uuid, other uuid) RETURNS boolean
          LANGUAGE sql STABLE AS $$ SELECT other IN (SELECT staff_above(person)) $$;

        CREATE OR REPLACE FUNCTION access_approval_is_anothers() RETURNS trigger
          LANGUAGE plpgsql AS $$
        DECLARE
          asked crm_accessrequest%ROWTYPE;
          broken text;
        BEGIN
          SELECT * INTO asked FROM crm_accessrequest WHERE id = NEW.request_id FOR UPDATE;
          broken := CASE
            WHEN asked.state <> 'asked' THEN 'access_approval_comes_in_time'
            WHEN NEW.approver_id = asked.staff_id THEN 'access_approval_is_anothers'
            WHEN NOT EXISTS (
              SELECT FROM crm_user WHERE id = NEW.approver_id AND clinic_id = asked.clinic_id
                AND is_active AND role IN ('consultant', 'doctor', 'medical_qc')
            ) THEN 'access_approver_may_decide'
            WHEN NOT EXISTS (
              SELECT FROM crm_user WHERE id = NEW.approver_id AND role = 'medical_qc'
              UNION ALL
              SELECT FROM crm_careteammember
              WHERE patient_id = asked.patient_id AND staff_id = NEW.approver_id
                AND until > statement_timestamp()
            ) THEN 'access_approver_is_of_the_team'
            WHEN stands_below(NEW.approver_id, asked.staff_id) THEN 'access_approver_is_not_below'
          END;
          IF broken IS NOT NULL THEN
            RAISE EXCEPTION 'this person cannot agree to this access'
              USING ERRCODE = 'check_violation', CONSTRAINT = broken;
          END IF;
          RETURN NEW;
        END $$;

        CREATE OR REPLACE FUNCTION verdict_is_anothers() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
          broken text;
        BEGIN
          broken := CASE
            WHEN NOT EXISTS (
              SELECT FROM crm_accessrequest
              WHERE id = NEW.request_id AND kind = 'break_glass' AND staff_id <> NEW.judge_id
            ) THEN 'verdict_is_anothers'
            WHEN NOT EXISTS (
              SELECT FROM crm_user JOIN crm_accessrequest used USING (clinic_id)
              WHERE used.id = NEW.request_id AND crm_user.id = NEW.judge_id
                AND crm_user.is_active AND crm_user.role = 'medical_qc'
            ) THEN 'verdict_is_quality_controls'
          END;
          IF broken IS NOT NULL THEN
            RAISE EXCEPTION 'a verdict is quality control''s, on somebody else''s break-glass'
              USING ERRCODE = 'check_violation', CONSTRAINT = broken;
          END IF;
          RETURN NEW;
        END $$;
        """,
        reverse_sql="""
        CREATE OR REPLACE FUNCTION access_approval_is_anothers() RETURNS trigger
          LANGUAGE plpgsql AS $$
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

        CREATE OR REPLACE FUNCTION verdict_is_anothers() RETURNS trigger LANGUAGE plpgsql AS $$
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

        DROP FUNCTION stands_below(uuid, uuid);
        """,
    ),
]
