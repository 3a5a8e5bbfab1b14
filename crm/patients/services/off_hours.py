"""Clinical text while the clinic is closed: opened for a reason (G4)."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.patients.events import PatientEvent
from crm.patients.models import Patient
from crm.patients.reasons import Phrase, checked, offered
from crm.patients.restricted import is_restricted_for
from crm.patients.words import OFF_HOURS_PHRASES
from crm.staff.models import User
from crm.staff.rules import closed_since, off_hours
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.audit.events import Kind
from privacy.audit.selectors import has_done, has_worked_on
from privacy.errors import ReasonAsked

CLINICAL: Final = (Permission.VIEW_COMPLAINT, Permission.VIEW_CONSULTATIONS)
SAYS_WHY: Final = (Kind.REVEAL, Kind.BREAK_GLASS)  # acts that have asked for a reason themselves
WORKS: Final = (*SAYS_WHY, Kind.CHANGE)


def must_say_why(*, staff: User, patient: Patient, sends: bool = False) -> bool:
    """Whether this person, whose role reads clinical text, owes a reason for this patient.

    Only outside opening hours (clinic time), and once a patient and night: sessions end after 15
    idle minutes, and whoever is on duty would be asked the same all night. Seen plain text and
    broken glass have said why already. In: ``sends``: a form, whose page may have been opened
    before closing; what was typed into it is not lost, and one that no page led to is asked.
    A row in a list is no such page: lists ask nobody, and an empty form shows the whole record.
    Source: G4.
    """
    local = timezone.localtime()
    opens, closes = settings.CLINIC_OPEN_FROM, settings.CLINIC_OPEN_UNTIL
    if not settings.OFF_HOURS_REASON or not off_hours(local, opens=opens, closes=closes):
        return False
    if not any(can(staff, one) for one in CLINICAL):
        return False
    if is_restricted_for(patient, staff):  # nothing of it is shown, and a no does not wait
        return False
    since, said = closed_since(local, closes=closes), PatientEvent.OFF_HOURS.value
    if has_done(staff.pk, subject=patient, since=since, action=said, kinds=SAYS_WHY):
        return False
    if not sends:
        return True
    since = min(since, local - timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS))
    return not has_worked_on(staff.pk, subject=patient, since=since, kinds=WORKS)


def check_said_why(*, staff: User, patient: Patient, sends: bool, page: str) -> None:
    """Raises: ReasonAsked where ``must_say_why`` says so; ``page``: the address that asks."""
    if must_say_why(staff=staff, patient=patient, sends=sends):
        raise ReasonAsked(
            _("The clinic is closed. Say on the patient's page first why you look."), url=page
        )


def phrases_for(staff: User, patient: Patient) -> list[Phrase]:
    """The reasons that one tap gives."""
    return offered(OFF_HOURS_PHRASES, event=PatientEvent.OFF_HOURS, staff=staff, patient=patient)


@transaction.atomic
def say_why(*, patient: Patient, purpose: str, reason: str, staff: User) -> None:
    """Book why somebody looks at this patient tonight.

    Raises: DomainError for a reason too short or with somebody's number.
    """
    audit.record(
        PatientEvent.OFF_HOURS,
        actor=staff,
        subjects=[patient],
        purpose=purpose,
        reason=checked(reason),
    )
