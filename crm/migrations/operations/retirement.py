"""A month is retired by one security administrator and one auditor, step by step (ADR 0025)."""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        CREATE FUNCTION month_retirement_moves() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'INSERT' AND NEW.asked_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'a month is archived before it is asked for'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'month_retirement_moves';
          END IF;
          IF TG_OP = 'UPDATE' AND (
            (NEW.month, NEW.rows, NEW.archive, NEW.manifest, NEW.head)
              IS DISTINCT FROM (OLD.month, OLD.rows, OLD.archive, OLD.manifest, OLD.head)
            OR OLD.asked_by_id IS NOT NULL AND OLD.asked_by_id IS DISTINCT FROM NEW.asked_by_id
            OR OLD.approved_by_id IS NOT NULL
              AND OLD.approved_by_id IS DISTINCT FROM NEW.approved_by_id
            OR OLD.retired_at IS NOT NULL
          ) THEN
            RAISE EXCEPTION 'what was archived, asked and approved stays'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'month_retirement_stays';
          END IF;
          IF NEW.asked_by_id IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.asked_by_id IS NULL)
             AND NOT EXISTS (SELECT FROM crm_user WHERE id = NEW.asked_by_id
                             AND role = 'security_admin' AND is_active)
          OR NEW.approved_by_id IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.approved_by_id IS NULL)
             AND NOT EXISTS (SELECT FROM crm_user WHERE id = NEW.approved_by_id
                             AND role = 'auditor' AND is_active) THEN
            RAISE EXCEPTION 'a security administrator asks, an auditor approves'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'month_retired_by_two_offices';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER month_retirement_moves BEFORE INSERT OR UPDATE ON crm_monthretirement
          FOR EACH ROW EXECUTE FUNCTION month_retirement_moves();
        REVOKE DELETE ON crm_monthretirement FROM suian_app;
        """,
        reverse_sql="""
        DROP TRIGGER month_retirement_moves ON crm_monthretirement;
        DROP FUNCTION month_retirement_moves();
        """,
    )
]
