"""What the desk's day adds to a patient's page."""

from django.utils.translation import gettext_lazy as _

from crm.patients.panels import PatientAction, PatientPage
from privacy.access.policy import Permission


def register() -> None:
    """Called once when the product starts."""
    PatientPage.add(
        PatientAction(
            label=_("Register arrival"),
            url_name="scheduling:arrive",
            permission=Permission.ISSUE_VISIT_CODE,
            icon="door-open",
            order=10,
        )
    )
