"""Steps of an incident only grow; a closed incident stays as it is (R23)."""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        REVOKE UPDATE, DELETE ON crm_incidentstep FROM suian_app;
        REVOKE DELETE ON crm_incident, crm_alert FROM suian_app;
        CREATE FUNCTION incident_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'what was noted of an incident stays as it is'
            USING ERRCODE = 'insufficient_privilege';
        END $$;
        CREATE FUNCTION incident_step_is_of_an_open_one() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM FROM crm_incident WHERE id = NEW.incident_id AND closed_at IS NULL FOR SHARE;
          IF NOT FOUND THEN
            RAISE EXCEPTION 'a closed incident takes no more steps'
              USING ERRCODE = 'insufficient_privilege';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER incident_stays_closed BEFORE UPDATE ON crm_incident
          FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL)
          EXECUTE FUNCTION incident_refuse_change();
        CREATE TRIGGER incident_stays BEFORE DELETE ON crm_incident
          FOR EACH ROW EXECUTE FUNCTION incident_refuse_change();
        CREATE TRIGGER incident_steps_stay BEFORE UPDATE OR DELETE ON crm_incidentstep
          FOR EACH ROW EXECUTE FUNCTION incident_refuse_change();
        CREATE TRIGGER incident_steps_before_the_end BEFORE INSERT ON crm_incidentstep
          FOR EACH ROW EXECUTE FUNCTION incident_step_is_of_an_open_one();
        """,
        reverse_sql="""
        DROP TRIGGER incident_steps_before_the_end ON crm_incidentstep;
        DROP TRIGGER incident_steps_stay ON crm_incidentstep;
        DROP TRIGGER incident_stays ON crm_incident;
        DROP TRIGGER incident_stays_closed ON crm_incident;
        DROP FUNCTION incident_step_is_of_an_open_one();
        DROP FUNCTION incident_refuse_change();
        GRANT DELETE ON crm_incident, crm_alert TO suian_app;
        GRANT UPDATE, DELETE ON crm_incidentstep TO suian_app;
        """,
    )
]
