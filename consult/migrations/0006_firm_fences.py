"""Fences of all floors stand in every session; last of all packages, so that it meets them all."""

from django.db import migrations

from consult.migrations.operations import firm_fences


class Migration(migrations.Migration):
    dependencies = [
        ("consult", "0005_asked"),
        ("crm", "0021_separation"),
        ("followup", "0003_row_changes"),
        ("privacy", "0013_rows_added"),
    ]

    operations = [*firm_fences.OPERATIONS]
