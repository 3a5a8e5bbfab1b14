"""What the patient's own page says of the guard over them."""

from django.urls import reverse
from django.utils.translation import gettext as _

from crm.patients.guards import guards_of
from crm.patients.models import Patient, PatientGuard
from crm.patients.panels import Notice, Standing
from crm.staff.models import User
from privacy.access.policy import Permission, can, is_cleared


def standing_of(staff: User, patient: Patient) -> Standing | None:
    """The badge in the head of the page, in place of the button that would only say it again; and
    the line above all: on what grounds, and that every look is read. Neither without clearance."""
    marks = guards_of(patient) if is_cleared(staff) else []
    if not marks:
        return None
    by_somebody = {one.kind for one in marks} - {PatientGuard.Kind.MINOR}
    hides = frozenset({"patients:guard"} if by_somebody else ())
    return Standing(_("Guarded"), hides, _notice(marks, staff))


def _notice(marks: list[PatientGuard], staff: User) -> Notice:
    grounds = "、".join(str(one.get_kind_display()) for one in marks)
    text = _(
        "Guarded (%(grounds)s): only the named care team sees more than the code, and every look "
        "is reviewed."
    )
    keeps = can(staff, Permission.GUARD_PATIENT)
    return Notice(
        text % {"grounds": grounds},
        icon_name="lock",
        action_url=reverse("patients:guarded") if keeps else "",
        action=_("Guarded patients") if keeps else "",
    )
