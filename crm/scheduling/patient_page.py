"""What the desk's day adds to the patient's page; imported when the app is ready."""

from django.utils.translation import gettext_lazy as _

from crm.patients.panels import PatientAction, PatientPage
from privacy.access.policy import Permission

PatientPage.add(
    PatientAction(
        _("Register arrival"),
        "scheduling:arrive",
        Permission.ISSUE_VISIT_CODE,
        icon="door-open",
        order=10,
    ),
    PatientAction(
        _("Expect today"),
        "scheduling:expect",
        Permission.ISSUE_VISIT_CODE,
        icon="calendar-plus",
        order=20,
    ),
)
