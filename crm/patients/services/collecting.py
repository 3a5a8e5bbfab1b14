"""Taking down one fact after registration, or the patient's no, in a talk too (R8, S12-S14, C1)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.patients import collecting, selectors, words
from crm.patients.asked_facts import AskedFact
from crm.patients.collecting import Fact, Leave, Stance
from crm.patients.events import PatientEvent
from crm.patients.models import Patient, PatientClinical, PatientContact
from crm.patients.rules import DECLINED
from crm.patients.services.guarding import mark_if_minor
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.errors import AccessDenied, Conflict, DomainError
from privacy.pseudonyms.models import Subject

Answer = AskedFact.Answer
CLINICAL: Final = {Fact.SEX, Fact.BIRTH_YEAR, Fact.MARITAL_STATUS}
PATHS: Final = {fact: f"patientclinical.{fact}" for fact in CLINICAL} | {
    Fact.ID_NUMBER: "patientcontact.id_number"
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One fact as its page shows it: how it stands, and whether it may be asked for."""

    fact: Fact
    label: words.Words
    stance: Stance
    stance_label: words.Words
    answer: str  # "", given or declined
    on: date | None
    leave: Leave

    @property
    def is_open(self) -> bool:
        """Whether somebody may ask for it today."""
        return self.stance in {Stance.OFFERED, Stance.PURPOSE} and (
            self.answer != Answer.GIVEN and self.leave.may
        )

    @property
    def rests(self) -> bool:
        """Whether the patient declined, and nobody asks for it now."""
        return self.answer == Answer.DECLINED and not self.leave.may

    @property
    def may_come_back(self) -> bool:
        """Whether only the patient may come back to it."""
        return self.rests and self.stance in {Stance.OFFERED, Stance.PURPOSE}


def facts_of(patient: Patient) -> list[Asked]:
    """Everything that is taken down after registration, in the order of the standard.

    Opens nothing: a value that is there counts as given, unless its last answer was a no.
    """
    rows, held, today = _rows_of(patient), _held(patient), timezone.localdate()
    return [_asked(patient, fact, rows, held, today) for fact in collecting.LATER]


def noes_of(patient: Patient, *, at: datetime | None = None) -> list[Asked]:
    """Name and phone, where the patient's last answer in a talk was a no (S17, R8).

    In: ``at`` (aware) as of that moment, such as a talk's that is written down later; None: now.
    """
    moment = at or timezone.now()
    rows, day = _rows_of(patient, at=moment), timezone.localdate(moment)
    found = [_asked(patient, fact, rows, (), day) for fact in collecting.CONTACT]
    return [one for one in found if one.answer == Answer.DECLINED]


def rests_of(patient: Patient, *, at: datetime | None = None) -> list[Asked]:
    """Those of them that nobody asked for then: within 90 days of a no, or after the second."""
    return [one for one in noes_of(patient, at=at) if one.rests]


def _rows_of(patient: Patient, *, at: datetime | None = None) -> list[AskedFact]:
    """Every answer; ``at``: those of the days before, and of the day what was kept by then."""
    rows = AskedFact.objects.filter(patient=patient).order_by("asked_on", "pk")
    if at is not None:
        day = timezone.localdate(at)
        rows = rows.filter(Q(asked_on__lt=day) | Q(asked_on=day, created_at__lte=at))
    return list(rows)


def _asked(
    patient: Patient, fact: Fact, rows: Iterable[AskedFact], held: Collection[Fact], day: date
) -> Asked:
    mine = [one for one in rows if one.fact == fact]
    last = mine[-1] if mine else None
    noes = [one.asked_on for one in mine if one.answer == Answer.DECLINED]
    how = collecting.stance(fact, patient.stage)
    return Asked(
        fact=fact,
        label=words.FACTS[fact],
        stance=how,
        stance_label=words.STANCES[how],
        answer=last.answer if last else (Answer.GIVEN if fact in held else ""),
        on=last.asked_on if last else None,
        leave=collecting.leave_to_ask(noes, today=day),
    )


def fact_of(patient: Patient, fact: Fact) -> Asked:
    """One of them."""
    return next(one for one in facts_of(patient) if one.fact == fact)


def _held(patient: Patient) -> set[Fact]:
    clinical, contact = selectors.clinical_of(patient), selectors.contact_of(patient)
    held = {fact for fact in CLINICAL if clinical and getattr(clinical, fact) is not None}
    return held | ({Fact.ID_NUMBER} if contact and contact.id_number is not None else set())


@transaction.atomic
def open_facts(*, staff: User, patient: Patient) -> list[Asked]:
    """Book the look at what was asked; no value is shown. Name and phone only where declined."""
    audit.record(PatientEvent.FACTS_VIEWED, actor=staff, subjects=[patient])
    return [*noes_of(patient), *facts_of(patient)]


@transaction.atomic
def take_down(
    *,
    patient: Patient,
    fact: Fact,
    actor: User,
    value: str = "",
    declined: bool = False,
    purpose: str = "",
    came_back: str = "",
) -> AskedFact:
    """Keep what the patient said, or that they would rather not.

    In: ``value`` canonical, "" for papers that were only looked at: nothing of them is kept here.
    ``came_back`` a code of AskedFact.CameBack, where the patient came back to it by themselves.
    Raises: AccessDenied for other roles; DomainError for a fact that is not asked at this stage,
        that rests after a no, or that lacks its purpose; Conflict if it is answered already.
    """
    if not (can(actor, Permission.REGISTER_PATIENT) or can(actor, Permission.VIEW_COMPLAINT)):
        raise AccessDenied(_("Your role takes down no facts of patients."))
    # The subject first, as whoever erases does: of two at once the second sees the first's answer.
    Subject.objects.select_for_update(no_key=True).get(pk=patient.pk)
    asked = fact_of(patient, fact)
    _check(asked, patient, declined=declined, purpose=purpose, came_back=came_back)
    if not declined and fact in PATHS and not value:
        raise DomainError(_("Enter what the patient said, or that they would rather not."))
    row = AskedFact.objects.create(
        patient=patient,
        fact=fact,
        answer=Answer.DECLINED if declined else Answer.GIVEN,
        asked_on=timezone.localdate(),
        asked_by=actor,
        purpose="" if declined else purpose,
        came_back=came_back,
    )
    if fact in PATHS:
        _store(patient, fact, DECLINED if declined else value)
    audit.record(
        PatientEvent.FACT_TAKEN,
        actor=actor,
        subjects=[patient],
        fields=[PATHS[fact]] if fact in PATHS else [],
        purpose=row.purpose,
        detail={"fact": fact.value, "answer": row.answer, "came_back": came_back},
    )
    return row


def _check(asked: Asked, patient: Patient, *, declined: bool, purpose: str, came_back: str) -> None:
    if asked.stance is Stance.BLOCKED:
        raise DomainError(_("Not at this stage: the standard of collection asks for it later."))
    if asked.answer == Answer.GIVEN:
        raise Conflict(_("The patient has answered this already."))
    if not asked.leave.may and not came_back:
        raise DomainError(_("The patient has declined. Only they may come back to it."))
    allowed = collecting.purposes_at(asked.fact, patient.stage, list(words.ID_PURPOSES))
    if asked.stance is Stance.PURPOSE and not declined and purpose not in allowed:
        raise DomainError(_("Choose what it is needed for."))


def _store(patient: Patient, fact: Fact, value: str) -> None:
    if fact is Fact.ID_NUMBER:
        if value != DECLINED:
            contact = selectors.contact_of(patient) or PatientContact(patient=patient)
            contact.set_id_number(value)
            contact.save()
            mark_if_minor(patient=patient, birth_year="", id_number=value)
        return
    clinical = selectors.clinical_of(patient) or PatientClinical(patient=patient)
    setattr(clinical, fact, value)
    clinical.save()
    if fact is Fact.BIRTH_YEAR:
        mark_if_minor(patient=patient, birth_year=value, id_number="")


@transaction.atomic
def remember_noes(
    *, patient: Patient, facts: Iterable[Fact], at: datetime, actor: User, target: str
) -> None:
    """Keep that the patient declined name or phone in a talk of the moment ``at`` (aware; R8).

    A no while an earlier one rested is the same no: it neither prolongs the rest nor is the second.
    So is the no of a talk written down while a later one rests.
    In: ``target`` the talk, as the trail names it.
    """
    Subject.objects.select_for_update(no_key=True).get(pk=patient.pk)
    on = timezone.localdate(at)
    resting = {one.fact for one in [*rests_of(patient, at=at), *rests_of(patient)]}
    for fact in sorted(set(facts) & set(collecting.CONTACT) - resting):
        _answered(patient, fact, Answer.DECLINED, on=on, actor=actor, target=target)


def end_noes(*, patient: Patient, facts: Iterable[Fact], actor: User) -> None:
    """Keep that something declined was told after all, as part of taking it down."""
    for fact in sorted({one.fact for one in noes_of(patient)} & set(facts)):
        _answered(patient, fact, Answer.GIVEN, on=timezone.localdate(), actor=actor)


def _answered(
    patient: Patient, fact: Fact, answer: Answer, *, on: date, actor: User, target: str = ""
) -> None:
    AskedFact.objects.create(patient=patient, fact=fact, answer=answer, asked_on=on, asked_by=actor)
    audit.record(
        PatientEvent.FACT_TAKEN,
        actor=actor,
        subjects=[patient],
        target=target,
        detail={"fact": fact.value, "answer": answer.value, "came_back": ""},
    )


def keep_first_answers(*, patient: Patient, given: Mapping[Fact, str], actor: User) -> None:
    """Note which of the optional facts were told or declined at registration."""
    today = timezone.localdate()
    AskedFact.objects.bulk_create(_first_answers(patient, given, actor, today))


def _first_answers(
    patient: Patient, given: Mapping[Fact, str], actor: User, today: date
) -> Iterable[AskedFact]:
    return [
        AskedFact(
            patient=patient,
            fact=fact,
            answer=Answer.DECLINED if value == DECLINED else Answer.GIVEN,
            asked_on=today,
            asked_by=actor,
        )
        for fact, value in given.items()
        if value
    ]
