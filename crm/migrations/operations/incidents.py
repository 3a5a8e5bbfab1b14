"""Steps of an incident only grow; a closed incident stays as it is (R23)."""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        REVOKE UPDATE, DELETE ON crm_incidentstep FROM suian_app;
        REVOKE DELETE ON crm_incident, crm_alert FROM suian_app;
        CREATE FUNCTION incident_stays_closed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_TABLE_NAME = 'crm_incidentstep' AND TG_OP = 'INSERT' THEN
            PERFORM FROM crm_incident WHERE id = NEW.incident_id AND closed_at IS NULL FOR SHARE;
            IF FOUND THEN RETURN NEW; END IF;
          ELSIF TG_TABLE_NAME = 'crm_incident' AND TG_OP = 'UPDATE' AND OLD.closed_at IS NULL THEN
            RETURN NEW;
          END IF;
          RAISE EXCEPTION 'what was noted of an incident stays as it is'
            USING ERRCODE = 'insufficient_privilege';
        END $$;
        CREATE TRIGGER incident_stays_closed BEFORE UPDATE OR DELETE ON crm_incident
          FOR EACH ROW EXECUTE FUNCTION incident_stays_closed();
        CREATE TRIGGER incident_steps_only_grow BEFORE INSERT OR UPDATE OR DELETE
          ON crm_incidentstep FOR EACH ROW EXECUTE FUNCTION incident_stays_closed();
        """,
        reverse_sql="""
        DROP TRIGGER incident_steps_only_grow ON crm_incidentstep;
        DROP TRIGGER incident_stays_closed ON crm_incident;
        DROP FUNCTION incident_stays_closed();
        GRANT DELETE ON crm_incident, crm_alert TO suian_app;
        GRANT UPDATE, DELETE ON crm_incidentstep TO suian_app;
        """,
    )
]
