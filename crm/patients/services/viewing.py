"""Looking: every sight of patients is booked first, and its receipt opens what is shown."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from crm.patients import guards, selectors, words
from crm.patients.events import PatientEvent
from crm.patients.formers import Former, contact_with_formers
from crm.patients.models import (
    HiddenDouble,
    Patient,
    PatientClinical,
    PatientContact,
    PatientGuard,
    SealedText,
)
from crm.patients.restricted import is_restricted_for
from crm.patients.rules import DECLINED, form_of_address
from crm.patients.services.collecting import Asked, rests_of
from crm.patients.services.writing import booked_restricted, may_write
from crm.patients.team_models import CareTeamMember
from crm.staff.models import User
from crm.web.unreadable import words_for
from privacy.access.policy import Permission, can, is_cleared
from privacy.audit import services as audit
from privacy.audit.events import AccessEvent
from privacy.errors import Unreadable
from privacy.receipts import Receipt

TITLES: Final = {"female": "ms", "male": "mr"}
CLINICAL_FIELDS: Final = (
    "patientclinical.chief_complaint",
    "patientclinical.sex",
    "patientclinical.birth_year",
    "patientclinical.marital_status",
)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list: rows, how many match (CAP + 1 means "more"), the place, the receipt."""

    rows: list[selectors.Row]
    total: int
    number: int
    receipt: Receipt

    @property
    def capped(self) -> bool:
        return self.total > selectors.CAP


@transaction.atomic
def list_patients(*, staff: User, filters: selectors.Filters, number: int, size: int) -> Listing:
    """The page ``number`` (1, 2, ...) of the patients that ``staff`` may see.

    A page past the end gives the last one. One event holds all codes shown (R31, S59). To who is
    not cleared the rows are codes: nothing says how far things are, or who cares (ADR 0019).
    """
    names = can(staff, Permission.VIEW_CONTACT)
    number = min(max(number, 1), selectors.CAP // size)

    def cut(page: int) -> tuple[list[selectors.Row], int]:
        return selectors.listed(
            staff, filters, start=(page - 1) * size, size=size, with_contact=names
        )

    rows, total = cut(number)
    if not rows and number > 1:
        total = selectors.count_matching(staff, filters)
        number = max(-(-min(total, selectors.CAP) // size), 1)
        rows, total = cut(number)
    if not is_cleared(staff):
        rows = [replace(row, status="", stage="", team=()) for row in rows]
    receipt = audit.record(
        PatientEvent.LISTED,
        actor=staff,
        subjects=rows,
        fields=["patientcontact.name"] if names else [],
        detail={"page": number, "size": size},
    )
    return Listing(rows, total, number, receipt)


@dataclass(frozen=True, slots=True)
class Opened:
    """A patient's page: what the viewer's role may see, and the receipt that opens it."""

    patient: Patient
    receipt: Receipt
    contact: PatientContact | None
    formers: list[Former]  # what was corrected in it
    clinical: PatientClinical | None
    team: list[CareTeamMember]
    visit_code: str
    may_write: bool  # False for whoever looks by an access for a time
    rests: list[Asked]  # name or phone, declined and not asked for now (R8)

    @property
    def address(self) -> str:
        """王女士: how the one who treats speaks to the patient, where the sex is known (S15)."""
        name: SealedText = self.contact.name if self.contact else None
        sex: SealedText = self.clinical.sex if self.clinical else None
        if name is None or sex is None:
            return ""
        try:
            title = TITLES.get(sex.reveal(self.receipt), "")
            return form_of_address(name.reveal(self.receipt), title) if title else ""
        except Unreadable:
            return ""  # the page says of each value itself that it does not open

    @property
    def sex(self) -> words.Words:
        """In words, for those who may see the complaint."""
        return self._word("sex", words.SEX)

    @property
    def birth_year(self) -> words.Words:
        return self._word("birth_year", {"": words.SEX[""], DECLINED: words.SEX[DECLINED]})

    @property
    def marital_status(self) -> words.Words:
        return self._word("marital_status", words.MARITAL_STATUS)

    def _word(self, field: str, table: Mapping[str, words.Words]) -> words.Words:
        sealed: SealedText = getattr(self.clinical, field, None)
        if sealed is None:
            return table[""]
        try:
            text = sealed.reveal(self.receipt)
        except Unreadable as error:
            audit.record_crypto_failure(path=sealed.path, code=str(error))
            return words_for(error)
        return table.get(text, text)


@transaction.atomic
def open_patient(*, staff: User, patient: Patient) -> Opened:
    """Book that ``staff`` opened the patient's page; contact and complaint only by permission."""
    sees_contact = can(staff, Permission.VIEW_CONTACT)
    sees_complaint = can(staff, Permission.VIEW_COMPLAINT)
    fields = (selectors.CONTACT_FIELDS if sees_contact else ()) + (
        CLINICAL_FIELDS if sees_complaint else ()
    )
    receipt = audit.record(PatientEvent.OPENED, actor=staff, subjects=[patient], fields=fields)
    contact, formers = contact_with_formers(patient) if sees_contact else (None, [])
    return Opened(
        patient=patient,
        receipt=receipt,
        contact=contact,
        formers=formers,
        clinical=selectors.clinical_of(patient) if sees_complaint else None,
        team=selectors.team_of(patient) if is_cleared(staff) else [],
        visit_code=selectors.visit_code_today(patient, staff),
        may_write=may_write(staff=staff, patient=patient),
        rests=rests_of(patient) if sees_contact else [],
    )


@transaction.atomic
def open_restricted(*, staff: User, patient: Patient) -> None:
    """Book that ``staff`` opened the page of a restricted record: the code and that it is so."""
    audit.record(PatientEvent.OPENED, actor=staff, subjects=[patient])


@transaction.atomic
def list_who_looked(*, staff: User, patient: Patient) -> list[selectors.Trace]:
    """Who saw the patient's data, the present look included."""
    audit.record(PatientEvent.TRAIL_VIEWED, actor=staff, subjects=[patient])
    return selectors.who_looked(patient)


@transaction.atomic
def open_timeline(*, staff: User, patient: Patient, by: str) -> list[selectors.Trace]:
    """What happened to the patient, opened by itself and not with the page."""
    audit.record(
        PatientEvent.TIMELINE_VIEWED, actor=staff, subjects=[patient], detail={"by": by or "all"}
    )
    return selectors.timeline_of(patient, by=by)


@dataclass(frozen=True, slots=True)
class Guarded:
    """What stands on the page of guarded patients, for one person."""

    marks: list[PatientGuard]
    doubles: list[HiddenDouble]
    opens: set[UUID]  # whose page the viewer may open


@transaction.atomic
def list_guarded(*, staff: User) -> Guarded:
    """The marks this person keeps, and registrations to compare; the look is an event."""
    marks = list(guards.guards_shown_to(staff))
    doubles = list(guards.doubles_shown_to(staff))
    shown = {one.patient.pk: one.patient for one in marks}
    shown |= {one.patient.pk: one.patient for one in doubles}
    seen = Patient.objects.visible_to(staff).filter(pk__in=shown)
    opens = set(seen.values_list("pk", flat=True))
    audit.record(PatientEvent.GUARDS_LISTED, actor=staff, subjects=shown.values())
    return Guarded(marks, doubles, opens)


@transaction.atomic
def open_guard(*, staff: User, mark: PatientGuard) -> dict[str, Any]:
    """One mark for its page: why it was set, and why it should end, only to whoever sees the
    patient; the look is an event."""
    sees = Patient.objects.visible_to(staff).filter(pk=mark.patient_id).exists()
    fields = ["patientguard.reason", "patientguard.lift_reason"] if sees else []
    receipt = audit.record(
        PatientEvent.GUARDS_LISTED,
        actor=staff,
        subjects=[mark.patient],
        fields=fields,
        target=mark.trail_target,
    )
    return {"mark": mark, "receipt": receipt, "sees": sees}


def book_out_of_reach(*, staff: User, code: str) -> None:
    """Book that ``staff`` asked for a patient who is beyond their reach, or not there at all.

    The one who asks gets the same "not found" either way.
    Raises: Restricted as ``book_asked_in_vain``.
    """
    found = selectors.patient_out_of_reach(code)
    book_asked_in_vain(staff=staff, target=f"patient:{code}", patient=found)


def book_asked_in_vain(*, staff: User, target: str, patient: Patient | None) -> None:
    """Book a "not found" so that neither the asker nor their clinic's trail tells what exists.

    In: ``target`` what was asked for, ``patient`` whose it is, if it is anybody's. A patient of
    the asker's clinic is named in the event. Another clinic's is not: there what was asked stands
    alone, as for something that does not exist, and the patient's own clinic gets an event of its
    own, without the asker, who is none of its staff.
    Raises: Restricted (booked), in place of all this, for a patient whom nothing but a restriction
    keeps from the asker: they may know it, and whom to ask.
    """
    if patient is not None and is_restricted_for(patient, staff):
        raise booked_restricted(patient=patient, actor=staff)
    own = patient is not None and patient.clinic_id == staff.clinic_id
    event = AccessEvent.NOT_FOUND
    subjects = [patient] if patient is not None else []
    audit.record_denial(actor=staff, target=target, event=event, subjects=subjects if own else [])
    if patient is not None and not own:
        audit.record_denial(
            process="another-clinic",
            clinic=patient.clinic_id,
            target=target,
            event=event,
            subjects=subjects,
        )
