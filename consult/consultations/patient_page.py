"""What consultations add to the patient's page; imported when the app is ready."""

from django.utils.translation import gettext_lazy as _

from crm.patients.panels import Panel, PatientAction, PatientPage
from privacy.access.policy import Permission

PatientPage.add(
    Panel(
        _("Consultations"), "consult:patient-consultations", Permission.VIEW_CONSULTATIONS, order=20
    ),
    PatientAction(
        _("Record a consultation"),
        "consult:consultation-new",
        Permission.WRITE_CONSULTATION,
        icon="message-square-text",
        order=10,
    ),
)
