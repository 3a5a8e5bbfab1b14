"""Locked records let a box be sealed anew under a new data key, and nothing else."""

from django.db import migrations

from consult.migrations.operations import resealing


class Migration(migrations.Migration):
    dependencies = [("consult", "0003_row_changes"), ("privacy", "0006_key_versions")]

    operations = [*resealing.OPERATIONS]
