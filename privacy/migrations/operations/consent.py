"""The consent ledger only grows, and starts with texts to be asked with."""

from django.db import migrations

from privacy.migrations.operations import consent_texts

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        -- What a patient agreed to keeps its words (R5); the ledger keeps its order.
        REVOKE UPDATE, DELETE ON privacy_consententry, privacy_consenttext FROM suian_app;
        CREATE FUNCTION consent_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'the consent ledger is append-only'
            USING ERRCODE = 'insufficient_privilege';
        END $$;
        CREATE TRIGGER consent_no_change BEFORE UPDATE OR DELETE ON privacy_consententry
          FOR EACH ROW EXECUTE FUNCTION consent_refuse_change();
        """,
        reverse_sql="""
        DROP TRIGGER consent_no_change ON privacy_consententry;
        DROP FUNCTION consent_refuse_change();
        GRANT UPDATE, DELETE ON privacy_consententry, privacy_consenttext TO suian_app;
        """,
    ),
    *consent_texts.OPERATIONS,
]
