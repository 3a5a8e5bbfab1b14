"""A message only moves forward, an approved wording never changes, and nothing here is deleted."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

from crm.messaging.shipped import WORDINGS


def lay_down_wordings(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Add the shipped wordings that are missing; approved, because the product ships them."""
    model = apps.get_model("crm", "MessageTemplate")
    for one in WORDINGS:
        model.objects.get_or_create(
            code=one.code,
            version=one.version,
            defaults={
                "purpose": one.purpose.value,
                "text": one.text,
                "time_critical": one.time_critical,
                "approved_at": timezone.now(),
            },
        )


# The same table as crm.messaging.rules.TRANSITIONS; a test holds the two against each other.
OPERATIONS = [
    migrations.RunSQL(
        sql="""
        CREATE FUNCTION message_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.state <> OLD.state AND NOT (OLD.state || '>' || NEW.state) = ANY (ARRAY[
            'queued>handed_over', 'queued>suppressed', 'queued>cancelled',
            'handed_over>accepted', 'handed_over>delivered',
            'handed_over>failed', 'handed_over>unknown',
            'accepted>delivered', 'accepted>failed', 'accepted>unknown',
            'unknown>accepted', 'unknown>delivered', 'unknown>failed'
          ]) THEN
            RAISE EXCEPTION 'a message cannot go from % to %', OLD.state, NEW.state
              USING ERRCODE = 'check_violation', CONSTRAINT = 'message_moves_forward';
          END IF;
          IF (NEW.patient_id, NEW.template_id, NEW.idempotency_key)
             IS DISTINCT FROM (OLD.patient_id, OLD.template_id, OLD.idempotency_key) THEN
            RAISE EXCEPTION 'a message keeps its patient, wording and key'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'message_keeps_its_content';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER message_moves_forward BEFORE UPDATE ON crm_message
          FOR EACH ROW EXECUTE FUNCTION message_moves_forward();

        CREATE FUNCTION message_template_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF OLD.approved_at IS NOT NULL AND (
            NEW.code, NEW.version, NEW.purpose, NEW.text, NEW.time_critical,
            NEW.approved_at
          ) IS DISTINCT FROM (
            OLD.code, OLD.version, OLD.purpose, OLD.text, OLD.time_critical,
            OLD.approved_at
          ) THEN
            RAISE EXCEPTION 'an approved wording never changes: make a new version'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'message_template_stays';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER message_template_stays BEFORE UPDATE ON crm_messagetemplate
          FOR EACH ROW EXECUTE FUNCTION message_template_stays();

        REVOKE DELETE ON crm_messagetemplate, crm_message, crm_attempt FROM suian_app;
        REVOKE UPDATE, DELETE ON crm_deliveryanswer FROM suian_app;
        """,
        reverse_sql="""
        GRANT UPDATE, DELETE ON crm_deliveryanswer TO suian_app;
        GRANT DELETE ON crm_messagetemplate, crm_message, crm_attempt TO suian_app;
        DROP TRIGGER message_template_stays ON crm_messagetemplate;
        DROP FUNCTION message_template_stays();
        DROP TRIGGER message_moves_forward ON crm_message;
        DROP FUNCTION message_moves_forward();
        """,
    ),
    migrations.RunPython(lay_down_wordings, migrations.RunPython.noop, elidable=False),
]
