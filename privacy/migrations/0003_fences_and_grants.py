"""Who may do what to the trail and the ledger, once their tables stand."""

from django.db import migrations

from privacy.migrations.operations import audit, consent


class Migration(migrations.Migration):
    dependencies = [("privacy", "0002_subjects_keys_consents")]

    operations = [*audit.OPERATIONS, *consent.OPERATIONS]
