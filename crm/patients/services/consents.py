"""The consent desk: one question at a time, in the words that were shown (R4-R7, S74)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.patients.collecting import Leave, leave_to_ask, noes_apart
from crm.patients.models import Patient
from crm.patients.services.writing import refuse_restricted
from crm.staff.models import User
from privacy.access.policy import Permission, can, roles_with
from privacy.audit import services as audit
from privacy.consent import selectors
from privacy.consent import services as consent
from privacy.consent.events import ConsentTrailEvent
from privacy.consent.models import ConsentEntry, ConsentText, Manner
from privacy.consent.rules import Answer
from privacy.consent.selectors import Cell
from privacy.errors import AccessDenied, Conflict, DomainError
from privacy.pseudonyms.models import Subject

NOES: Final = frozenset({Answer.REFUSED, Answer.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Question(Cell):
    """One row of the desk, and whether staff may ask it today (R8)."""

    leave: Leave
    said_no_on: date | None = None  # clinic day of the last no that no yes came after

    @property
    def rests(self) -> bool:
        """Whether the patient said no, and only they may come back to it."""
        return not self.leave.may


@dataclass(frozen=True, slots=True)
class Desk:
    """Every cell with its text and last answer, and the ledger, newest first."""

    cells: list[Question]
    ledger: list[ConsentEntry]

    @property
    def answered(self) -> int:
        return sum(cell.state is not None for cell in self.cells)

    @property
    def stands(self) -> bool:
        """Whether any consent to contact could be paused or stopped now."""
        return any(
            cell.state is not None
            and cell.state.status in {Answer.GRANTED, Answer.PAUSED}
            and not cell.expired
            for cell in self.cells
        )


def desk_of(patient: Patient) -> Desk:
    """The desk as it stands, for showing again after an answer."""
    language = get_language() or "zh-hans"
    ledger = selectors.ledger_of(patient)
    return Desk([_question(one, ledger) for one in selectors.cells_of(patient, language)], ledger)


def _question(cell: Cell, ledger: Iterable[ConsentEntry]) -> Question:
    """The rule of what is asked for (``collecting``) on the noes since the last yes; a withdrawal
    is a no like a refusal."""
    days = []
    for entry in ledger:  # newest first
        if (entry.purpose, entry.channel) == (cell.purpose, cell.channel):
            if entry.answer not in NOES:
                break
            days.append(timezone.localdate(entry.created_at))
    leave = leave_to_ask(noes_apart(days), today=timezone.localdate())
    return Question(
        cell.purpose, cell.channel, cell.state, cell.text, leave, max(days, default=None)
    )


@transaction.atomic
def open_desk(*, patient: Patient, actor: User) -> Desk:
    """Book that the consents of a patient were looked at."""
    audit.record(ConsentTrailEvent.VIEWED, actor=actor, subjects=[patient])
    return desk_of(patient)


def cell_of(patient: Patient, key: str) -> Question:
    """One cell by its key, "follow_up-sms".

    Raises: DomainError if nothing of that name is asked.
    """
    found = next((cell for cell in desk_of(patient).cells if cell.key == key), None)
    if found is None:
        raise DomainError(_("This clinic does not ask that question."))
    return found


@transaction.atomic
def answer(  # noqa: PLR0913 - one argument a column of the ledger, all by keyword
    *,
    patient: Patient,
    cell: Cell,
    given: Answer,
    manner: Manner,
    actor: User,
    text_shown: str = "",
    pause_until: date | None = None,
    unasked: bool = False,
) -> None:
    """Write one answer to the ledger.

    In: ``text_shown`` is the hash of the text on the screen; ``pause_until`` the first day on
    which contact is welcome again (clinic time), None for "until they say so". ``unasked``: the
    patient said by themselves that they agree; it is kept with the answer.
    Raises: AccessDenied for whoever audits the ledger, and of a yes for who only takes down a no;
        Restricted (booked) for a yes while the record is restricted: a no is always taken;
        Conflict if the text has changed since it was shown; DomainError for a day not ahead, and
        while a no rests unless the patient came back to it (R8).
    """
    _check_hand(actor, given)
    if given == Answer.GRANTED:
        refuse_restricted(patient=patient, actor=actor)
    # Of two desks at once the second sees the first one's answer, and so the rest it begins.
    Subject.objects.select_for_update(no_key=True).get(pk=patient.pk)
    cell = cell_of(patient, cell.key)
    if cell.rests and (given == Answer.REFUSED or (given == Answer.GRANTED and not unasked)):
        raise DomainError(_("The patient has declined. Only they may come back to it."))
    paused = cell.state is not None and cell.state.status == Answer.PAUSED
    resumes = given == Answer.GRANTED and paused and not cell.expired
    text = _text_agreed_to(patient, cell) if resumes else cell.text
    if given == Answer.GRANTED and not resumes and (text is None or text.sha256 != text_shown):
        raise Conflict(_("The text of this question has changed. Please read it out again."))
    consent.record_answer(
        subject=patient,
        purpose=cell.purpose,
        channel=cell.channel,
        answer=given,
        actor=actor,
        manner=manner,
        text=text if given in {Answer.GRANTED, Answer.REFUSED} else None,
        paused_until=_start_of(pause_until) if pause_until else None,
        unasked=unasked and cell.rests,
    )


def _text_agreed_to(patient: Patient, cell: Cell) -> ConsentText | None:
    """Resuming goes on with the words agreed to before, not with newer ones (R6)."""
    for entry in selectors.ledger_of(patient):
        same = (entry.purpose, entry.channel) == (cell.purpose, cell.channel)
        if same and entry.answer == Answer.GRANTED:
            return entry.text
    return cell.text


def _start_of(day: date) -> datetime:
    if day <= timezone.localdate():
        raise DomainError(_("Choose a day from tomorrow on."))
    return timezone.make_aware(datetime.combine(day, time.min))


def stop_all(*, patient: Patient, actor: User, pause: bool) -> int:
    """One tap: pause, or end, every contact that was agreed to; returns how many (S74)."""
    _refuse_auditors(actor)
    return consent.stop_all_contact(subject=patient, actor=actor, pause=pause)


def _check_hand(actor: User, given: Answer) -> None:
    """Whoever hears a no takes it down; a yes is asked for, and taken down, by who asks (ADR 0041).

    Raises: AccessDenied.
    """
    _refuse_auditors(actor)
    if given == Answer.GRANTED and not can(actor, Permission.RECORD_CONSENT):
        raise AccessDenied(_("Your role takes down a no; a yes is recorded by who asks for it."))


def _refuse_auditors(actor: User) -> None:
    """Raises: AccessDenied for whoever audits the ledger; the table refuses them too (ADR 0026)."""
    if actor.role in roles_with(Permission.VIEW_AUDIT):
        raise AccessDenied(_("Whoever reads the trail records no consents."))
