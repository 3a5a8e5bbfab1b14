"""Rules of this floor that only SQL can hold: triggers and grants."""

from django.db import migrations

from consult.migrations.operations import consultations, fees


class Migration(migrations.Migration):
    dependencies = [("consult", "0001_initial")]

    operations = [*consultations.OPERATIONS, *fees.OPERATIONS]
