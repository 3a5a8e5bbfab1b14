"""What the patient's page and the side column show of follow-up; registers itself."""

from django.utils.translation import gettext_lazy as _

from crm.patients.panels import Panel, PatientAction, PatientPage
from crm.staff.models import User
from crm.web.nav import register_count
from followup.reminders.selectors import count_overdue
from privacy.access.policy import Permission
from privacy.actors import Actor

PatientPage.add(
    Panel(
        key="plans",
        label=_("Follow-up"),
        url_name="followup:patient-plans",
        permission=Permission.VIEW_PLANS,
        order=40,
    ),
    PatientAction(
        label=_("Arrange follow-up"),
        url_name="followup:new-plan",
        permission=Permission.MANAGE_PLANS,
        icon="calendar-plus",
        order=30,
    ),
)


def _overdue(actor: Actor) -> int:
    return count_overdue(actor) if isinstance(actor, User) else 0


register_count("followup:plans", _overdue, urgent=True)
