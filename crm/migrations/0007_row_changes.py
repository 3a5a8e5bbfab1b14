"""Puts the second net under this package's tables."""

from django.db import migrations

from privacy.migrations.operations import row_changes


class Migration(migrations.Migration):
    dependencies = [("crm", "0006_month_exports"), ("privacy", "0005_row_changes")]

    operations = [
        row_changes.watch(
            "crm_clinic",
            "crm_user",
            "crm_totpdevice",
            "crm_apitoken",
            "crm_patient",
            "crm_patientcontact",
            "crm_patientclinical",
            "crm_careteammember",
            "crm_messagetemplate",
            "crm_message",
            "crm_attempt",
            "crm_deliveryanswer",
            "crm_room",
            "crm_visit",
            "crm_verificationrun",
            "crm_monthexport",
            "crm_apianswer",
        )
    ]
