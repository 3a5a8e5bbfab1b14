"""Registering a patient: three facts, a warning of doubles that blocks nobody, two codes (W3)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.patients import selectors, words
from crm.patients.collecting import Fact, purposes_at
from crm.patients.duplicates import Likeness, Person, likeness
from crm.patients.events import PatientEvent
from crm.patients.models import Patient, PatientClinical, PatientContact, SealedText
from crm.patients.rules import DECLINED, name_tokens
from crm.patients.services.collecting import keep_first_answers
from crm.patients.services.guarding import mark_if_minor, tell_care_team
from crm.patients.services.looking_up import count_lookup
from crm.patients.team_models import CareTeamMember
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.errors import DomainError, Unreadable
from privacy.minimisation.reasons import refuse_numbers
from privacy.pseudonyms.models import VisitCode
from privacy.pseudonyms.services import issue_subject
from privacy.pseudonyms.services import issue_visit_code as next_visit_code
from privacy.receipts import Receipt

COMPARED = (
    "patientcontact.name",
    "patientcontact.phone",
    "patientcontact.id_number",
    "patientclinical.birth_year",
)


@dataclass(frozen=True, slots=True)
class Registration:
    """What the desk took down. Only the first three are asked of everybody (S12-S14).

    ``phone`` and ``id_number`` are canonical; "" means not given. ``sex``, ``birth_year`` and
    ``marital_status`` may be "declined", which is an answer. ``id_purpose`` says why an ID number
    was taken down.
    """

    name: str
    phone: str
    chief_complaint: str
    sex: str = ""
    birth_year: str = ""
    marital_status: str = ""
    id_number: str = ""
    id_purpose: str = ""
    same_sex_staff: bool = False
    care_team: Sequence[User] = ()

    @property
    def optional(self) -> dict[Fact, str]:
        """What was told or declined beyond the three facts."""
        return {
            Fact.SEX: self.sex,
            Fact.BIRTH_YEAR: self.birth_year,
            Fact.MARITAL_STATUS: self.marital_status,
            Fact.ID_NUMBER: self.id_number,
        }

    @property
    def person(self) -> Person:
        """The facts that doubles are recognised by."""
        year = int(self.birth_year) if self.birth_year not in {"", DECLINED} else None
        return Person(self.name, self.phone, self.id_number, year)


@dataclass(frozen=True, slots=True)
class Double:
    """A registered patient who may be the same person, and why."""

    patient: Patient
    contact: PatientContact
    likeness: Likeness

    @property
    def reasons(self) -> list[words.Words]:
        """What they have in common, in words, strongest first."""
        return [words.SIMILARITIES[reason] for reason in self.likeness.reasons]


@dataclass(frozen=True, slots=True)
class Doubles:
    """All who may be the same person; ``receipt`` lets their masked names be shown."""

    found: tuple[Double, ...] = ()
    receipt: Receipt | None = None
    hidden: tuple[Patient, ...] = ()  # guarded or restricted: never told to who registers

    @property
    def codes(self) -> list[str]:
        return [one.patient.code for one in self.found]

    def besides(self, set_aside: Collection[str]) -> bool:
        """Whether anybody is left whom the desk has not looked at and set aside."""
        return any(code not in set_aside for code in self.codes)


@transaction.atomic
def find_doubles(*, person: Person, actor: User) -> Doubles:
    """Who of the clinic may be this person already.

    The comparison is a job's event on all candidates (fingerprints are short, most candidates
    are strangers); only those shown are booked as seen by ``actor``, who is booked as having asked
    where nobody is shown. Guarded patients are compared like all others and shown to nobody, so
    the answer is the same whether one is among them (T1).
    Raises: TooManyLookups (T18).
    """
    if not selectors.tells_who(person):
        return Doubles()
    count_lookup(actor)
    candidates = selectors.possible_doubles(actor, person)
    if not candidates:
        return _nobody(actor)
    compared = audit.record(
        PatientEvent.COMPARED,
        process="doubles",
        subjects=[one.patient for one in candidates],
        fields=COMPARED,
    )
    likes = [(one, likeness(person, _opened(one, compared))) for one in candidates]
    seen = selectors.seen_among(actor, candidates)
    hidden = tuple(one.patient for one, like in likes if like.warns and one.patient_id not in seen)
    found = sorted(
        (
            Double(one.patient, one, like)
            for one, like in likes
            if like.warns and one.patient_id in seen
        ),
        key=lambda double: -double.likeness.score,
    )
    if not found:
        return _nobody(actor, hidden)
    receipt = audit.record(
        PatientEvent.SIMILAR_SHOWN,
        actor=actor,
        subjects=[one.patient for one in found],
        fields=selectors.CONTACT_FIELDS,
        detail={"best": found[0].likeness.score},
    )
    return Doubles(tuple(found), receipt, hidden)


def _nobody(actor: User, hidden: tuple[Patient, ...] = ()) -> Doubles:
    audit.record(PatientEvent.NOBODY_SIMILAR, actor=actor)
    return Doubles(hidden=hidden)


def _opened(contact: PatientContact, receipt: Receipt) -> Person:
    clinical = getattr(contact.patient, "clinical", None)
    year = _text(clinical.birth_year, receipt) if clinical else ""
    return Person(
        name=_text(contact.name, receipt),
        phone=_text(contact.phone, receipt),
        id_number=_text(contact.id_number, receipt),
        birth_year=int(year) if year.isdecimal() else None,
    )


def _text(sealed: SealedText, receipt: Receipt) -> str:
    """The text for comparing; what does not open is like nothing, and is booked."""
    if sealed is None:
        return ""
    try:
        return sealed.reveal(receipt)
    except Unreadable as error:
        audit.record_crypto_failure(path=sealed.path, code=str(error))
        return ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Either the new patient, or the doubles to look at first."""

    patient: Patient | None
    doubles: Doubles


def register_or_warn(
    *,
    registration: Registration,
    actor: User,
    set_aside: Collection[str] = (),
    reason: str = "",
) -> Outcome:
    """Register, unless somebody similar exists whom the desk has not set aside with a reason.

    In: ``set_aside`` codes of patients the desk has seen and says are somebody else.
    """
    doubles = find_doubles(person=registration.person, actor=actor)
    if doubles.found and (not reason or doubles.besides(set_aside)):
        return Outcome(None, doubles)
    patient = register_patient(
        registration=registration,
        actor=actor,
        others=[one.patient for one in doubles.found],
        reason=reason,
        hidden=doubles.hidden,
    )
    return Outcome(patient, doubles)


@transaction.atomic
def register_patient(
    *,
    registration: Registration,
    actor: User,
    others: Sequence[Patient] = (),
    reason: str = "",
    hidden: Sequence[Patient] = (),
) -> Patient:
    """A new patient with a random code and today's code; provisional without a phone.

    In: ``others`` are similar patients decided to be somebody else, ``reason`` why; ``hidden`` are
    guarded ones, whose care team is told. Somebody under 18 is guarded from the start (R18).
    Raises: DomainError for an ID number without a purpose (S14), and for a number or account in
        the complaint (S12).
    """
    refuse_numbers(registration.chief_complaint)
    purposes = purposes_at(Fact.ID_NUMBER, Patient.Stage.NEW, list(words.ID_PURPOSES))
    if registration.id_number and registration.id_purpose not in purposes:
        raise DomainError(_("An ID number is taken down for a named purpose only."))
    subject = issue_subject()
    status = Patient.Status.ACTIVE if registration.phone else Patient.Status.PROVISIONAL
    patient = Patient.objects.create(
        pk=subject.pk,
        subject=subject,
        clinic=actor.clinic,
        status=status,
        same_sex_staff=registration.same_sex_staff,
        registered_by=actor,
    )
    taken = _seal(patient, registration)
    _put_together(patient, registration.care_team, actor)
    audit.record(
        PatientEvent.REGISTERED,
        actor=actor,
        subjects=[patient],
        fields=taken,
        purpose=registration.id_purpose,
        detail={"status": status, "team": len(registration.care_team)},
    )
    if others:
        audit.record(
            PatientEvent.SET_ASIDE,
            actor=actor,
            subjects=[patient, *others],
            purpose=reason,
            detail={"new": patient.code},
        )
    issue_visit_code(patient=patient, actor=actor)
    _follow(patient, registration, actor, hidden)
    return patient


def _follow(
    patient: Patient, registration: Registration, actor: User, hidden: Sequence[Patient]
) -> None:
    """What goes with every registration: the age, what was declined, who may be doubled."""
    mark_if_minor(
        patient=patient, birth_year=registration.birth_year, id_number=registration.id_number
    )
    keep_first_answers(patient=patient, given=registration.optional, actor=actor)
    tell_care_team(newcomer=patient, resembled=hidden)


def _put_together(patient: Patient, team: Sequence[User], actor: User) -> None:
    CareTeamMember.objects.bulk_create(
        CareTeamMember(patient=patient, staff=one, added_by=actor) for one in dict.fromkeys(team)
    )


def _seal(patient: Patient, registration: Registration) -> list[str]:
    """Store the sealed values; returns the paths of those that were given."""
    contact = PatientContact(patient=patient)
    contact.set_name(registration.name, name_tokens(registration.name))
    contact.set_phone(registration.phone)
    contact.set_id_number(registration.id_number)
    contact.save()
    clinical = PatientClinical(
        patient=patient,
        chief_complaint=registration.chief_complaint,
        sex=registration.sex,
        birth_year=registration.birth_year,
        marital_status=registration.marital_status,
    )
    clinical.save()
    given: tuple[SealedText, ...] = (
        contact.name,
        contact.phone,
        contact.id_number,
        clinical.chief_complaint,
        clinical.sex,
        clinical.birth_year,
        clinical.marital_status,
    )
    return [one.path for one in given if one is not None]


@transaction.atomic
def issue_visit_code(*, patient: Patient, actor: User) -> VisitCode:
    """Today's code at the actor's site; the same one if asked again (S53)."""
    known = selectors.visit_code_today(patient, actor)
    code = next_visit_code(subject=patient.subject, site=actor.clinic_id, day=timezone.localdate())
    if not known:
        audit.record(
            PatientEvent.CODE_ISSUED, actor=actor, subjects=[patient], detail={"n": code.number}
        )
    return code
