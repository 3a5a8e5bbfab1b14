"""No plan and no step about a patient whose record is restricted (R15, ADR 0040)."""

from django.db import migrations

from crm.migrations.operations.restrictions import refuse_use


class Migration(migrations.Migration):
    dependencies = [("followup", "0003_row_changes"), ("crm", "0037_restrictions")]

    operations = [
        refuse_use("followup_plan"),
        refuse_use("followup_step", by=("followup_plan", "plan_id")),
    ]
