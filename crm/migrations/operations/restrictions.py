"""A restricted record is stored and guarded, and the database refuses its use (R15, ADR 0040)."""

from collections.abc import Iterable

from django.db import migrations

NET = "record_is_restricted"


def refuse_use(*tables: str, by: tuple[str, str] | None = None) -> migrations.RunSQL:
    """No new row about a restricted patient in these tables.

    In: ``by`` is (table, column) where a row names its patient by way of another row.
    """
    told = ", ".join(f"'{one}'" for one in by) if by else ""
    return migrations.RunSQL(
        sql=_each(
            tables,
            f"CREATE TRIGGER {NET} BEFORE INSERT ON {{0}}"
            f" FOR EACH ROW EXECUTE FUNCTION {NET}({told});"
            f" ALTER TABLE {{0}} ENABLE ALWAYS TRIGGER {NET};",
        ),
        reverse_sql=_each(tables, f"DROP TRIGGER {NET} ON {{0}};"),
    )


def _each(tables: Iterable[str], text: str) -> str:
    return "\n".join(text.format(table) for table in tables)


OPERATIONS = [
    migrations.RunSQL(
        sql="""
        CREATE FUNCTION restriction_moves() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'INSERT' THEN
            IF NOT EXISTS (
              SELECT FROM crm_user AS asker JOIN crm_patient AS about
                ON about.id = NEW.patient_id AND about.clinic_id = asker.clinic_id
              WHERE asker.id = NEW.restricted_by_id AND asker.role = 'security_admin'
                AND asker.is_active AND asker.clinic_id = NEW.clinic_id)
            OR NEW.lift_asked_by_id IS NOT NULL OR NEW.lifted_by_id IS NOT NULL
            THEN
              RAISE EXCEPTION 'a security administrator of the clinic restricts'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'restriction_by_its_office';
            END IF;
            SELECT CASE status WHEN 'restricted' THEN 'inactive' ELSE status END
              INTO NEW.status_before FROM crm_patient WHERE id = NEW.patient_id FOR NO KEY UPDATE;
            RETURN NEW;
          END IF;
          IF (NEW.id, NEW.clinic_id, NEW.patient_id, NEW.ground, NEW.wish, NEW.status_before,
              NEW.restricted_by_id, NEW.restricted_at)
            IS DISTINCT FROM (OLD.id, OLD.clinic_id, OLD.patient_id, OLD.ground, OLD.wish,
              OLD.status_before, OLD.restricted_by_id, OLD.restricted_at)
          OR OLD.lifted_at IS NOT NULL
          OR NEW.lifted_at IS NOT NULL AND (NEW.lift_asked_by_id, NEW.lift_asked_at, NEW.lift_why)
            IS DISTINCT FROM (OLD.lift_asked_by_id, OLD.lift_asked_at, OLD.lift_why)
          THEN
            RAISE EXCEPTION 'what was restricted and lifted stays'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'restriction_stays';
          END IF;
          IF NEW.lift_asked_by_id IS NOT NULL AND OLD.lift_asked_by_id IS NULL AND NOT EXISTS (
               SELECT FROM crm_user WHERE id = NEW.lift_asked_by_id AND role = 'security_admin'
                 AND is_active AND clinic_id = NEW.clinic_id)
          OR NEW.lifted_by_id IS NOT NULL AND NOT EXISTS (
               SELECT FROM crm_user WHERE id = NEW.lifted_by_id AND role = 'medical_qc'
                 AND is_active AND clinic_id = NEW.clinic_id)
          THEN
            RAISE EXCEPTION 'a security administrator asks to lift it, quality control lifts it'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'restriction_by_two_offices';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER restriction_moves BEFORE INSERT OR UPDATE ON crm_restriction
          FOR EACH ROW EXECUTE FUNCTION restriction_moves();
        ALTER TABLE crm_restriction ENABLE ALWAYS TRIGGER restriction_moves;

        CREATE FUNCTION restriction_holds() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'INSERT' THEN
            UPDATE crm_patient SET status = 'restricted', updated_at = now()
              WHERE id = NEW.patient_id;
          ELSIF NEW.lifted_at IS NOT NULL THEN
            UPDATE crm_patient SET status = NEW.status_before, updated_at = now()
              WHERE id = NEW.patient_id;
          END IF;
          RETURN NULL;
        END $$;
        CREATE TRIGGER restriction_holds AFTER INSERT OR UPDATE ON crm_restriction
          FOR EACH ROW EXECUTE FUNCTION restriction_holds();
        ALTER TABLE crm_restriction ENABLE ALWAYS TRIGGER restriction_holds;
        REVOKE DELETE ON crm_restriction FROM suian_app;

        CREATE FUNCTION patient_status_by_restriction() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF (NEW.status = 'restricted') IS DISTINCT FROM EXISTS (
            SELECT FROM crm_restriction WHERE patient_id = NEW.id AND lifted_at IS NULL
          ) THEN
            RAISE EXCEPTION 'a record is restricted as long as its restriction stands'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'patient_status_by_restriction';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER patient_status_by_restriction BEFORE INSERT OR UPDATE OF status
          ON crm_patient FOR EACH ROW EXECUTE FUNCTION patient_status_by_restriction();
        ALTER TABLE crm_patient ENABLE ALWAYS TRIGGER patient_status_by_restriction;

        CREATE FUNCTION record_is_restricted() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
          about uuid;
        BEGIN
          IF TG_NARGS = 0 THEN
            about := NEW.patient_id;
          ELSE
            EXECUTE format('SELECT patient_id FROM %I WHERE id = ($1).%I', TG_ARGV[0], TG_ARGV[1])
              INTO about USING NEW;
          END IF;
          IF EXISTS (SELECT FROM crm_patient WHERE id = about AND status = 'restricted') THEN
            RAISE EXCEPTION 'the record of this patient is restricted: stored and guarded only'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'record_is_restricted';
          END IF;
          RETURN NEW;
        END $$;
        """,
        reverse_sql="""
        DROP FUNCTION record_is_restricted();
        DROP TRIGGER patient_status_by_restriction ON crm_patient;
        DROP FUNCTION patient_status_by_restriction();
        DROP TRIGGER restriction_holds ON crm_restriction;
        DROP FUNCTION restriction_holds();
        DROP TRIGGER restriction_moves ON crm_restriction;
        DROP FUNCTION restriction_moves();
        """,
    ),
    refuse_use("crm_careteammember", "crm_visit"),
    refuse_use("crm_accessapproval", by=("crm_accessrequest", "request_id")),
]
