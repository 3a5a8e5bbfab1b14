"""What the desk's day adds to the patient's page; imported when the app is ready."""

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.patients.models import Patient
from crm.patients.panels import PatientAction, PatientPage, Standing
from crm.scheduling.models import Visit
from crm.scheduling.rules import State
from crm.scheduling.selectors import open_visit_today
from crm.staff.models import User
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


def where_today(staff: User, patient: Patient) -> Standing | None:
    """Whether the patient is expected, waiting or in a room today, as ``staff`` may know it."""
    visit = open_visit_today(staff, patient)
    if visit is None:
        return None
    arrived = visit.state != State.EXPECTED
    hides = {"scheduling:expect"} | ({"scheduling:arrive"} if arrived else set())
    return Standing(_said(visit), frozenset(hides))


def _said(visit: Visit) -> str:
    moment = visit.arrived_at or visit.changed_at
    facts = {"time": f"{timezone.localtime(moment):%H:%M}", "room": visit.room}
    if visit.state == State.IN_ROOM:
        return gettext("in %(room)s, arrived %(time)s") % facts
    if visit.state == State.WAITING:
        return gettext("waiting, arrived %(time)s") % facts
    return gettext("expected today")


PatientPage.ask("scheduling", where_today)
