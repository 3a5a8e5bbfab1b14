"""What a correction wrote over stays as it was for 180 days (ADR 0039)."""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        CREATE FUNCTION former_contact_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'UPDATE' AND NOT resealing() THEN
            RAISE EXCEPTION 'what was corrected stays as it was'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'former_contact_stays';
          END IF;
          IF TG_OP = 'DELETE' AND OLD.created_at > statement_timestamp() - interval '180 days' THEN
            RAISE EXCEPTION 'what was corrected is kept for 180 days'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'former_contact_is_kept';
          END IF;
          RETURN COALESCE(NEW, OLD);
        END $$;
        CREATE TRIGGER former_contact_stays BEFORE UPDATE OR DELETE ON crm_formercontact
          FOR EACH ROW EXECUTE FUNCTION former_contact_stays();
        ALTER TABLE crm_formercontact ENABLE ALWAYS TRIGGER former_contact_stays;
        """,
        reverse_sql="""
        DROP TRIGGER former_contact_stays ON crm_formercontact;
        DROP FUNCTION former_contact_stays();
        """,
    )
]
