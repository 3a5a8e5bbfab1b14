"""No account bears two roles, and whoever audits the ledger of consents writes nothing into it."""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        CREATE FUNCTION user_role_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'a role is never changed in place: another office is another account'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'user_role_stays';
        END $$;
        CREATE TRIGGER user_role_stays BEFORE UPDATE ON crm_user
          FOR EACH ROW WHEN (NEW.role IS DISTINCT FROM OLD.role)
          EXECUTE FUNCTION user_role_stays();
        ALTER TABLE crm_user ENABLE ALWAYS TRIGGER user_role_stays;

        CREATE FUNCTION consent_recorder_audits_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF EXISTS (
            SELECT FROM crm_user
            WHERE id = NEW.operator_id AND role IN ('medical_qc', 'security_admin', 'auditor')
          ) THEN
            RAISE EXCEPTION 'whoever audits the ledger of consents writes nothing into it'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_recorder_audits_nothing';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER consent_recorder_audits_nothing BEFORE INSERT ON privacy_consententry
          FOR EACH ROW WHEN (NEW.operator_id IS NOT NULL)
          EXECUTE FUNCTION consent_recorder_audits_nothing();
        ALTER TABLE privacy_consententry ENABLE ALWAYS TRIGGER consent_recorder_audits_nothing;
        """,
        reverse_sql="""
        DROP TRIGGER consent_recorder_audits_nothing ON privacy_consententry;
        DROP FUNCTION consent_recorder_audits_nothing();
        DROP TRIGGER user_role_stays ON crm_user;
        DROP FUNCTION user_role_stays();
        """,
    )
]
