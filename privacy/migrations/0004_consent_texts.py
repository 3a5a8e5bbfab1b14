"""The first texts that patients are asked with."""

from django.db import migrations

from privacy.migrations.operations import consent_texts


class Migration(migrations.Migration):
    dependencies = [("privacy", "0003_fences_and_grants")]

    operations = [*consent_texts.OPERATIONS]
