"""What estimates add to the patient's page; imported when the app is ready."""

from django.utils.translation import gettext_lazy as _

from crm.patients.panels import Panel, PatientAction, PatientPage
from privacy.access.policy import Permission

PatientPage.add(
    Panel(_("Estimates"), "consult:patient-estimates", Permission.VIEW_ESTIMATES, order=40),
    PatientAction(
        _("New estimate"),
        "consult:estimate-create",
        Permission.EDIT_ESTIMATE,
        icon="receipt-text",
        order=40,
    ),
)
