"""Paper: codes only, every sheet booked (S53)."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from crm.patients import selectors
from crm.patients.events import PatientEvent
from crm.patients.models import Patient
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.pseudonyms.rules import display_code


@dataclass(frozen=True, slots=True)
class Slip:
    """What stands on a label or ticket. There is no name here to leave out."""

    code: str
    visit_code: str
    day: date


@transaction.atomic
def print_label(*, patient: Patient, actor: User) -> Slip:
    """A 50 x 30 mm label with the lasting code."""
    audit.record(PatientEvent.LABEL_PRINTED, actor=actor, subjects=[patient])
    return Slip(display_code(patient.code), "", timezone.localdate())


@transaction.atomic
def print_ticket(*, patient: Patient, actor: User) -> Slip | None:
    """An 80 mm waiting ticket with the code of the day: tomorrow it tells nothing.

    None while the patient has no code of today: a look at paper issues none.
    """
    called = selectors.visit_code_today(patient, actor)
    if not called:
        return None
    audit.record(PatientEvent.TICKET_PRINTED, actor=actor, subjects=[patient])
    return Slip("", called, timezone.localdate())
