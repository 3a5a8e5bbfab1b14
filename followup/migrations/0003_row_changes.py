"""Puts the second net under this package's tables."""

from django.db import migrations

from privacy.migrations.operations import row_changes


class Migration(migrations.Migration):
    dependencies = [("followup", "0002_fences"), ("privacy", "0005_row_changes")]

    operations = [
        row_changes.watch(
            "followup_plantemplate",
            "followup_templatestep",
            "followup_plan",
            "followup_step",
            "followup_callresult",
        )
    ]
