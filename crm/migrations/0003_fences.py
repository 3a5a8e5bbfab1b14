"""Rules of this floor that only SQL can hold: triggers and grants."""

from django.db import migrations

from crm.migrations.operations import messaging


class Migration(migrations.Migration):
    dependencies = [("crm", "0002_registry")]

    operations = [*messaging.OPERATIONS]
