"""A licence of the clinic stays as it was recorded; it is withdrawn once, and never deleted."""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        REVOKE DELETE ON crm_cliniclicence FROM suian_app;
        CREATE TRIGGER clinic_licence_stays BEFORE UPDATE ON crm_cliniclicence
          FOR EACH ROW WHEN (
            (OLD.clinic_id, OLD.kind, OLD.number, OLD.issuer, OLD.valid_from, OLD.valid_until,
             OLD.recorded_by_id)
            IS DISTINCT FROM
            (NEW.clinic_id, NEW.kind, NEW.number, NEW.issuer, NEW.valid_from, NEW.valid_until,
             NEW.recorded_by_id)
            OR OLD.withdrawn_at IS NOT NULL)
          EXECUTE FUNCTION clearance_refuse_change();
        ALTER TABLE crm_cliniclicence ENABLE ALWAYS TRIGGER clinic_licence_stays;
        """,
        reverse_sql="""
        DROP TRIGGER clinic_licence_stays ON crm_cliniclicence;
        GRANT DELETE ON crm_cliniclicence TO suian_app;
        """,
    ),
]
