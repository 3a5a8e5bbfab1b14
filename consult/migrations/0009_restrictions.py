"""No talk and no estimate about a patient whose record is restricted (R15, ADR 0040)."""

from django.db import migrations

from crm.migrations.operations.restrictions import refuse_use


class Migration(migrations.Migration):
    dependencies = [('consult', '0008_call_backs'), ("crm", "0037_restrictions")]

    operations = [
        refuse_use("consult_consultation", "consult_estimate"),
        refuse_use(
            "consult_turn", "consult_addendum", by=("consult_consultation", "consultation_id")
        ),
        refuse_use("consult_estimateversion", by=("consult_estimate", "estimate_id")),
    ]
