"""What staff signed stays as it was signed; a test that was handed in stays as it was marked."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

from crm.clearance.rules import hash_of
from crm.clearance.texts import SHIPPED


def lay_down_documents(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """The product's own editions, to sign and to read."""
    model = apps.get_model("crm", "Document")
    for draft in SHIPPED:
        texts = (draft.title_zh, draft.title_en, draft.body_zh, draft.body_en)
        names = ("title_zh", "title_en", "body_zh", "body_en")
        model.objects.get_or_create(
            slug=draft.slug,
            number=1,
            defaults={
                "kind": draft.kind,
                **dict(zip(names, texts, strict=True)),
                "sha256": hash_of(*texts),
                "applies_from": timezone.localdate(),
            },
        )


OPERATIONS = [
    migrations.RunSQL(
        sql="""
        REVOKE UPDATE, DELETE ON crm_document, crm_signature FROM suian_app;
        REVOKE DELETE ON crm_sitting, crm_licence FROM suian_app;

        CREATE FUNCTION clearance_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'what was signed, marked or published is never changed'
            USING ERRCODE = 'insufficient_privilege';
        END $$;
        CREATE TRIGGER document_stays BEFORE UPDATE ON crm_document
          FOR EACH ROW EXECUTE FUNCTION clearance_refuse_change();
        CREATE TRIGGER signature_stays BEFORE UPDATE ON crm_signature
          FOR EACH ROW EXECUTE FUNCTION clearance_refuse_change();
        CREATE TRIGGER sitting_stays BEFORE UPDATE ON crm_sitting
          FOR EACH ROW WHEN (OLD.finished_at IS NOT NULL)
          EXECUTE FUNCTION clearance_refuse_change();
        CREATE TRIGGER licence_stays BEFORE UPDATE ON crm_licence
          FOR EACH ROW WHEN (
            (OLD.staff_id, OLD.kind, OLD.number, OLD.expires_on, OLD.checked_by_id)
            IS DISTINCT FROM
            (NEW.staff_id, NEW.kind, NEW.number, NEW.expires_on, NEW.checked_by_id)
            OR OLD.withdrawn_at IS NOT NULL)
          EXECUTE FUNCTION clearance_refuse_change();
        """,
        reverse_sql="""
        DROP TRIGGER licence_stays ON crm_licence;
        DROP TRIGGER sitting_stays ON crm_sitting;
        DROP TRIGGER signature_stays ON crm_signature;
        DROP TRIGGER document_stays ON crm_document;
        DROP FUNCTION clearance_refuse_change();
        GRANT DELETE ON crm_sitting, crm_licence TO suian_app;
        GRANT UPDATE, DELETE ON crm_document, crm_signature TO suian_app;
        """,
    ),
    migrations.RunPython(lay_down_documents, migrations.RunPython.noop, elidable=False),
]
