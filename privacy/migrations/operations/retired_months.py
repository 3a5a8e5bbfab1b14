"""What was retired is written once; the verifier's role reads it (ADR 0025)."""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON privacy_retiredmonth
          FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
        ALTER TABLE privacy_retiredmonth ENABLE ALWAYS TRIGGER audit_no_change;
        SELECT audit_fence('privacy_retiredmonth');
        REVOKE UPDATE, DELETE ON privacy_retiredmonth FROM suian_app;
        GRANT SELECT ON privacy_retiredmonth TO suian_auditor, suian_sealer;
        """,
        reverse_sql=migrations.RunSQL.noop,
    )
]
