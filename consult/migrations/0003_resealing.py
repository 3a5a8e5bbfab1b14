"""Locked records let a box be sealed anew under a new data key, and nothing else."""

from django.db import migrations

from consult.migrations.operations import resealing


class Migration(migrations.Migration):
    dependencies = [("consult", "0002_fences"), ("privacy", "0005_key_versions")]

    operations = [*resealing.OPERATIONS]
