"""A submitted consultation stands as it is; addenda are only added (S27).

The triggers hold for every role, the owner's too. A turn asks for its consultation's row FOR
SHARE, so a turn cannot slip in while another transaction is submitting.
"""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        CREATE FUNCTION consultation_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'a submitted consultation cannot be changed'
            USING ERRCODE = 'insufficient_privilege';
        END $$;
        CREATE TRIGGER consultation_stays_submitted
          BEFORE UPDATE OR DELETE ON consult_consultation
          FOR EACH ROW WHEN (OLD.status = 'submitted')
          EXECUTE FUNCTION consultation_refuse_change();

        CREATE FUNCTION consultation_refuse_turn() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
          found record;
        BEGIN
          FOR found IN
            SELECT status FROM consult_consultation
            WHERE id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.consultation_id END,
                         CASE WHEN TG_OP <> 'DELETE' THEN NEW.consultation_id END)
            FOR SHARE
          LOOP
            IF found.status = 'submitted' THEN
              RAISE EXCEPTION 'a submitted consultation cannot be changed'
                USING ERRCODE = 'insufficient_privilege';
            END IF;
          END LOOP;
          IF TG_OP = 'DELETE' THEN
            RETURN OLD;
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER turn_stays_submitted BEFORE INSERT OR UPDATE OR DELETE ON consult_turn
          FOR EACH ROW EXECUTE FUNCTION consultation_refuse_turn();

        CREATE FUNCTION addendum_needs_submitted() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NOT EXISTS (SELECT 1 FROM consult_consultation
                         WHERE id = NEW.consultation_id AND status = 'submitted') THEN
            RAISE EXCEPTION 'an addendum belongs to a submitted consultation'
              USING ERRCODE = 'check_violation';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER addendum_after_submission BEFORE INSERT ON consult_addendum
          FOR EACH ROW EXECUTE FUNCTION addendum_needs_submitted();
        CREATE TRIGGER addendum_stays BEFORE UPDATE OR DELETE ON consult_addendum
          FOR EACH ROW EXECUTE FUNCTION consultation_refuse_change();
        REVOKE UPDATE, DELETE ON consult_addendum FROM suian_app;
        """,
        reverse_sql="""
        GRANT UPDATE, DELETE ON consult_addendum TO suian_app;
        DROP TRIGGER addendum_stays ON consult_addendum;
        DROP TRIGGER addendum_after_submission ON consult_addendum;
        DROP TRIGGER turn_stays_submitted ON consult_turn;
        DROP TRIGGER consultation_stays_submitted ON consult_consultation;
        DROP FUNCTION addendum_needs_submitted();
        DROP FUNCTION consultation_refuse_turn();
        DROP FUNCTION consultation_refuse_change();
        """,
    )
]
