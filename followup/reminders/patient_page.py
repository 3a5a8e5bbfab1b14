"""What follow-up adds to the patient's page and the side column; imported when ready."""

from django.utils.translation import gettext_lazy as _

from crm.patients.panels import Panel, PatientAction, PatientPage
from crm.staff.models import User
from crm.web.nav import Rows, register_count
from followup.reminders.selectors import overdue
from privacy.access.policy import Permission
from privacy.actors import Actor

PatientPage.add(
    Panel(_("Follow-up"), "followup:patient-plans", Permission.VIEW_PLANS, order=40),
    PatientAction(
        _("Arrange follow-up"),
        "followup:new-plan",
        Permission.MANAGE_PLANS,
        icon="calendar-plus",
        order=30,
    ),
)


def _overdue(actor: Actor) -> int | Rows:
    return overdue(actor) if isinstance(actor, User) else 0


register_count("followup:plans", _overdue, urgent=True)
