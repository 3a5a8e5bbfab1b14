"""Rules of this floor that only SQL can hold: triggers and grants."""

from django.db import migrations

from followup.migrations.operations import followup


class Migration(migrations.Migration):
    dependencies = [("followup", "0001_initial")]

    operations = [*followup.OPERATIONS]
