"""What the patient's page shows of this feature."""

from django.utils.translation import gettext_lazy as _

from crm.patients.panels import Panel, PatientAction, PatientPage
from privacy.access.policy import Permission


def register() -> None:
    """Put the tab and the button on the patient's page."""
    PatientPage.add(
        Panel(
            key="consultations",
            label=_("Consultations"),
            url_name="consult:patient-consultations",
            permission=Permission.VIEW_CONSULTATIONS,
            order=20,
        ),
        PatientAction(
            label=_("Record a consultation"),
            url_name="consult:consultation-new",
            permission=Permission.WRITE_CONSULTATION,
            icon="message-square-text",
            order=10,
        ),
    )
