"""The first texts that patients are asked with, so that no clinic starts without words."""

from hashlib import sha256

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from privacy.consent.texts import TEXTS


def lay_down(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Add the texts that are missing; a historical model has no ``save`` of ours, so hash here."""
    model = apps.get_model("privacy", "ConsentText")
    for purpose, language, version, body in TEXTS:
        model.objects.get_or_create(
            purpose=purpose,
            language=language,
            version=version,
            defaults={"body": body, "sha256": sha256(body.encode()).hexdigest()},
        )


OPERATIONS = [migrations.RunPython(lay_down, migrations.RunPython.noop, elidable=False)]
