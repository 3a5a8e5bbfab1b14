"""What estimates add to the patient page; imported when the app is ready."""

from django.utils.translation import gettext_lazy as _

from crm.patients.panels import Panel, PatientAction, PatientPage
from privacy.access.policy import Permission

PatientPage.add(
    Panel(
        key="estimates",
        label=_("Estimates"),
        url_name="consult:patient-estimates",
        permission=Permission.VIEW_ESTIMATES,
        order=40,
    ),
    PatientAction(
        label=_("New estimate"),
        url_name="consult:estimate-create",
        permission=Permission.EDIT_ESTIMATE,
        icon="receipt-text",
        order=40,
    ),
)
