"""What can leave: data sets, their fields, and which permission shows each field anyway.

A field that the requester's role does not see on a page, or may not open there, does not leave in
a file either (security design 6). Values are made for the requester's eyes, from rows of patients
that are the requester's own.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consult.consultations.models import Consultation
from consult.fees.models import Estimate
from consult.fees.selectors import total_of, with_totals
from crm.patients.models import Patient, SealedText
from crm.patients.words import SEX
from crm.staff.models import User
from crm.web.cells import Cell
from followup.calls.models import CallResult
from privacy.access.policy import Permission, can
from privacy.receipts import Receipt

Words = str | Promise
P = Permission


class Kind(StrEnum):
    """How much a field says of who somebody is."""

    PLAIN = "plain"
    FREE_TEXT = "free_text"  # looked through before it leaves
    IDENTITY = "identity"  # has to be asked for one by one


@dataclass(frozen=True, slots=True)
class Field:
    """A column. ``value`` makes the cell of a row; ``sealed`` what the event has to name for it."""

    code: str
    label: Words
    value: Callable[[Any, Receipt], Cell]
    needs: tuple[Permission, ...] = ()  # any one of them, besides the data set's own
    kind: Kind = Kind.PLAIN
    sealed: str = ""
    invent: str = ""  # how an invented row fills it: code, name, phone, id_number, number


@dataclass(frozen=True, slots=True)
class Dataset:
    """One kind of row. ``rows`` gets patients and hands back rows of theirs, unordered."""

    code: str
    label: Words
    needs: Permission
    rows: Callable[[QuerySet[Patient]], QuerySet[Any]]
    moment: str  # the column that the days narrow
    patient_of: Callable[[Any], Patient]
    columns: tuple[Field, ...] = field(default=())

    def open_to(self, staff: User) -> list[Field]:
        """The fields that this person's role sees anyway; none without the data set itself."""
        if not can(staff, self.needs):
            return []
        return [
            one
            for one in self.columns
            if not one.needs or any(can(staff, permission) for permission in one.needs)
        ]

    def chosen(self, codes: list[str]) -> list[Field]:
        """The fields of these codes, in the data set's own order; the code comes always."""
        return [one for one in self.columns if one.code in codes or one.code == CODE]


CODE: Final = "code"


def _opened(sealed: SealedText, receipt: Receipt) -> str:
    return sealed.reveal(receipt) if sealed is not None else ""


def _day(moment: Any) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d}" if moment else ""


def _code_of(patient_of: Callable[[Any], Patient]) -> Field:
    return Field(CODE, _("Patient code"), lambda row, _r: patient_of(row).code, invent="code")


def _contact(code: str, label: Words, *needs: Permission) -> Field:
    def value(row: Any, receipt: Receipt) -> str:
        contact = getattr(row, "contact", None)
        text = _opened(getattr(contact, code), receipt) if contact else ""
        return text.removeprefix("+86")  # as people here dial it: no sign that asks for care

    return Field(
        code, label, value, needs=needs, kind=Kind.IDENTITY,
        sealed=f"patientcontact.{code}", invent=code,
    )  # fmt: skip


def _told(code: str, label: Words, words: Mapping[str, Words]) -> Field:
    def value(row: Any, receipt: Receipt) -> str:
        clinical = getattr(row, "clinical", None)
        text = _opened(getattr(clinical, code), receipt) if clinical else ""
        return str(words.get(text, text))

    return Field(code, label, value, needs=(P.VIEW_COMPLAINT,), sealed=f"patientclinical.{code}")


def _complaint(row: Any, receipt: Receipt) -> str:
    clinical = getattr(row, "clinical", None)
    return _opened(clinical.chief_complaint, receipt) if clinical else ""


def _itself(row: Any) -> Patient:
    patient: Patient = row
    return patient


def _of(row: Any) -> Patient:
    patient: Patient = row.patient
    return patient


def _of_call(row: Any) -> Patient:
    patient: Patient = row.step.plan.patient
    return patient


PATIENTS: Final = Dataset(
    "patients",
    _("Patients"),
    P.VIEW_PATIENTS,
    rows=lambda patients: patients.select_related("subject", "contact", "clinical"),
    moment="created_at",
    patient_of=_itself,
    columns=(
        _code_of(_itself),
        Field("status", _("Status"), lambda row, _r: row.get_status_display()),
        Field("stage", _("Stage"), lambda row, _r: row.get_stage_display()),
        Field("registered_on", _("Registered on"), lambda row, _r: _day(row.created_at)),
        _told("sex", _("Sex"), SEX),
        _told("birth_year", _("Year of birth"), SEX),
        Field("chief_complaint", _("Chief complaint"), _complaint, needs=(P.VIEW_COMPLAINT,),
              kind=Kind.FREE_TEXT, sealed="patientclinical.chief_complaint"),
        _contact("name", _("Name"), P.REVEAL_CONTACT, P.REVEAL_IDENTITY),
        _contact("phone", _("Phone"), P.REVEAL_CONTACT),
        _contact("id_number", _("ID number"), P.REVEAL_IDENTITY),
    ),
)  # fmt: skip
CONSULTATIONS: Final = Dataset(
    "consultations",
    _("Consultations"),
    P.VIEW_CONSULTATIONS,
    rows=lambda patients: Consultation.objects.filter(
        patient__in=patients, status=Consultation.Status.SUBMITTED
    ).select_related("patient__subject"),
    moment="submitted_at",
    patient_of=_of,
    columns=(
        _code_of(_of),
        Field("held_on", _("Held on"), lambda row, _r: _day(row.started_at)),
        Field("channel", _("Channel"), lambda row, _r: row.get_channel_display()),
        Field("source", _("Source"), lambda row, _r: row.get_source_display()),
        Field("worries", _("Concerns"), lambda row, _r: "、".join(row.worry_labels)),
        Field("explained", _("Explained"), lambda row, _r: "、".join(row.explained_labels)),
        Field("disposition", _("Result"), lambda row, _r: row.get_disposition_display()),
        Field("next_step", _("Next step"), lambda row, _r: row.get_next_step_display()),
        Field("note", _("Note on the talk"), lambda row, receipt: _opened(row.note, receipt),
              kind=Kind.FREE_TEXT, sealed="consultation.note"),
    ),
)  # fmt: skip
ESTIMATES: Final = Dataset(
    "estimates",
    _("Estimates"),
    P.VIEW_ESTIMATES,
    rows=lambda patients: with_totals(
        Estimate.objects.filter(patient__in=patients)
        .exclude(state=Estimate.State.DRAFT)
        .select_related("patient__subject")
    ),
    moment="created_at",
    patient_of=_of,
    columns=(
        _code_of(_of),
        Field("number", _("Estimate number"), lambda row, _r: row.number, invent="number"),
        Field("state", _("State"), lambda row, _r: row.get_state_display()),
        Field("drawn_up_on", _("Drawn up on"), lambda row, _r: _day(row.created_at)),
        Field("version", _("Version"), lambda row, _r: row.newest),
        Field("low", _("Total from (CNY)"), lambda row, _r: total_of(row).low),
        Field("high", _("Total to (CNY)"), lambda row, _r: total_of(row).high),
        Field("title", _("Title"), lambda row, receipt: _opened(row.title, receipt),
              kind=Kind.FREE_TEXT, sealed="estimate.title"),
    ),
)  # fmt: skip
FOLLOW_UP: Final = Dataset(
    "follow_up",
    _("Follow-up results"),
    P.VIEW_PLANS,
    rows=lambda patients: CallResult.objects.filter(
        step__plan__patient__in=patients
    ).select_related("step__plan__patient__subject", "step__plan__template"),
    moment="created_at",
    patient_of=_of_call,
    columns=(
        _code_of(_of_call),
        Field("plan", _("Follow-up plan"), lambda row, _r: row.step.plan.template.name),
        Field("step", _("Step"), lambda row, _r: row.step.title),
        Field("due_on", _("Due on"), lambda row, _r: _day(row.step.due_at)),
        Field("called_on", _("Called on"), lambda row, _r: _day(row.created_at)),
        Field("attempt", _("Try"), lambda row, _r: row.number),
        Field("outcome", _("Outcome"), lambda row, _r: row.get_outcome_display()),
    ),
)  # fmt: skip
DATASETS: Final[Mapping[str, Dataset]] = {
    one.code: one for one in (PATIENTS, CONSULTATIONS, ESTIMATES, FOLLOW_UP)
}


def open_to(staff: User) -> Iterator[Dataset]:
    """The data sets of which this person's role sees something."""
    return (one for one in DATASETS.values() if one.open_to(staff))
