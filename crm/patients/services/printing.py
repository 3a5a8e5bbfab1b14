"""Paper: codes only, every sheet booked (S53)."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from crm.patients.events import PatientEvent
from crm.patients.models import Patient
from crm.patients.services.registration import issue_visit_code
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.pseudonyms.rules import display_code, visit_code


@dataclass(frozen=True, slots=True)
class Slip:
    """What stands on a label or ticket. There is no name here to leave out."""

    code: str
    visit_code: str
    day: date


def visit_code_text(*, patient: Patient, actor: User) -> str:
    """Today's code in words, "B-001", issued if there is none yet."""
    issued = issue_visit_code(patient=patient, actor=actor)
    return visit_code(issued.number, actor.clinic.visit_letter)


@transaction.atomic
def print_label(*, patient: Patient, actor: User) -> Slip:
    """A 50 x 30 mm label with the lasting code."""
    audit.record(PatientEvent.LABEL_PRINTED, actor=actor, subjects=[patient])
    return Slip(display_code(patient.code), "", timezone.localdate())


@transaction.atomic
def print_ticket(*, patient: Patient, actor: User) -> Slip:
    """An 80 mm waiting ticket with the code of the day: tomorrow it tells nothing."""
    called = visit_code_text(patient=patient, actor=actor)
    audit.record(PatientEvent.TICKET_PRINTED, actor=actor, subjects=[patient])
    return Slip("", called, timezone.localdate())
