"""Opening records: one event says what was shown, and its receipt opens exactly that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from consult.consultations import selectors
from consult.consultations.asking import Asking, asking_in
from consult.consultations.choices import Speaker
from consult.consultations.events import ConsultationEvent
from consult.consultations.models import Addendum, Consultation, Turn
from consult.consultations.rules import Outcome
from consult.consultations.services.drafts import OUTCOME_FIELDS
from consult.consultations.services.talk import TALK_FIELDS
from crm.patients.models import Patient
from crm.patients.services.collecting import Asked, rests_of
from crm.patients.services.viewing import book_asked_in_vain
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.errors import Conflict, Unreadable
from privacy.receipts import Receipt

SHOWN = (*OUTCOME_FIELDS, *TALK_FIELDS, "consultation.department", "addendum.text")


@dataclass(frozen=True, slots=True)
class Facts:
    """A talk at a glance; ``covered``: personal numbers hidden before it was stored."""

    count: int
    covered: int
    first_at: datetime | None
    last_at: datetime | None
    # Names whose side nobody has told yet, with a turn that shows the name.
    unknown: Sequence[tuple[str, UUID]]


def _facts(turns: Sequence[Turn], receipt: Receipt) -> Facts:
    moments = [turn.said_at for turn in turns if turn.said_at]
    names: dict[str, UUID] = {}
    for turn in turns:
        if turn.speaker == Speaker.UNKNOWN and turn.label is not None:
            names.setdefault(turn.label.reveal(receipt), turn.pk)
    return Facts(
        count=len(turns),
        covered=sum(turn.covered for turn in turns),
        first_at=min(moments, default=None),
        last_at=max(moments, default=None),
        unknown=list(names.items()),
    )


@dataclass(frozen=True, slots=True)
class Asks:
    """How often name or phone was asked for, and what rests after an earlier talk's no."""

    asking: Asking
    rests: Sequence[Asked]

    @property
    def tells(self) -> bool:
        """Whether the editor has to say something."""
        return self.asking.refused or self.asking.enough or bool(self.rests)


def asks_of(consultation: Consultation, turns: Iterable[Turn], receipt: Receipt) -> Asks:
    """The count of a talk, with the patient's earlier ones (S17, R8); what does not open asks
    nothing. What rested is told as of the talk, whenever it is written down."""
    rests = rests_of(consultation.patient, at=consultation.started_at)
    asking = asking_in(
        ((turn.speaker, _text_of(turn, receipt)) for turn in turns),
        before=selectors.asked_before(consultation),
        resting={one.fact for one in rests},
    )
    return Asks(asking, rests)


def _text_of(turn: Turn, receipt: Receipt) -> str:
    try:
        return turn.text.reveal(receipt) if turn.text is not None else ""
    except Unreadable as error:
        audit.record_crypto_failure(path="turn.text", code=str(error))
        return ""


def facts_of(draft: Consultation, receipt: Receipt) -> Facts:
    """The talk at a glance after a change; ``receipt`` is the change's own."""
    return _facts(list(draft.turns.all()), receipt)


@dataclass(frozen=True, slots=True)
class OpenedTurn:
    """One message for its editor."""

    turn: Turn
    receipt: Receipt

    def initial(self) -> dict[str, str]:
        """What the editor starts from; ``seen`` tells later whether somebody changed it."""
        if self.turn.text is None:
            raise TypeError("a turn has a text, by constraint")
        return {
            "speaker": self.turn.speaker,
            "text": self.turn.text.reveal(self.receipt),
            "seen": self.turn.updated_at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Opened:
    """A record with everything on its page, and the leave to show it."""

    consultation: Consultation
    turns: Sequence[Turn]
    addenda: Sequence[Addendum]
    earlier: Sequence[Consultation]
    receipt: Receipt

    @property
    def facts(self) -> "Facts":
        """What the page says about the talk as a whole."""
        return _facts(self.turns, self.receipt)

    def outcome(self) -> Outcome:
        """The structured result as a form starts from it.

        Raises: Unreadable if a text does not open: a form never starts from a blank instead.
        """
        record = self.consultation
        return Outcome(
            channel=record.channel,
            started_at=record.started_at,
            source=record.source,
            keyword=record.keyword.reveal(self.receipt) if record.keyword else "",
            need_clarity=record.need_clarity,
            worries=record.worries,
            explained=record.explained,
            disposition=record.disposition,
            next_step=record.next_step,
            next_contact_at=record.next_contact_at,
            note=record.note.reveal(self.receipt) if record.note else "",
            unsent=record.unsent.reveal(self.receipt) if record.unsent else "",
        )


@transaction.atomic
def open_consultation(*, consultation: Consultation, actor: User) -> Opened:
    """A submitted record with its addenda."""
    return _open(consultation, actor)


@transaction.atomic
def open_draft(*, draft: Consultation, actor: User) -> Opened:
    """A draft with the last talks of the same patient beside it, so nobody asks twice (S20)."""
    return _open(draft, actor)


def _open(consultation: Consultation, actor: User) -> Opened:
    receipt = audit.record(
        ConsultationEvent.OPENED,
        actor=actor,
        subjects=[consultation.patient],
        fields=SHOWN,
        target=consultation.target,
    )
    return Opened(
        consultation=consultation,
        turns=list(consultation.turns.all()),
        addenda=list(consultation.addenda.select_related("author")),
        earlier=selectors.earlier_than(consultation, actor),
        receipt=receipt,
    )


@transaction.atomic
def open_turn(*, draft: Consultation, actor: User, turn_id: UUID) -> OpenedTurn:
    """One message of a draft.

    Raises: Conflict if it is gone.
    """
    receipt = audit.record(
        ConsultationEvent.OPENED,
        actor=actor,
        subjects=[draft.patient],
        fields=TALK_FIELDS,
        target=draft.target,
    )
    turn = draft.turns.filter(pk=turn_id).first()
    if turn is None:
        raise Conflict(_("This message was removed by somebody else. Reload the page."))
    return OpenedTurn(turn, receipt)


def book_out_of_reach(*, actor: User, consultation_id: UUID) -> None:
    """Book that ``actor`` asked for a record that is beyond their reach, or not there at all.

    The one who asks gets the same "not found" either way.
    """
    record = selectors.beyond_reach(consultation_id)
    book_asked_in_vain(
        staff=actor,
        target=f"consultation:{consultation_id}",
        patient=record.patient if record else None,
    )


@transaction.atomic
def book_listing(*, rows: Sequence[Consultation], actor: User) -> None:
    """One event for a page of the list, with every code on it; nothing sealed is opened."""
    audit.record(
        ConsultationEvent.LISTED,
        actor=actor,
        subjects=[row.patient for row in rows],
        target="consultations",
        detail={"rows": len(rows)},
    )


@transaction.atomic
def open_patient_consultations(
    *, patient: Patient, actor: User
) -> tuple[list[Consultation], Receipt]:
    """One patient's talks, newest first, with the leave to show their notes (S20)."""
    receipt = audit.record(
        ConsultationEvent.LISTED,
        actor=actor,
        subjects=[patient],
        fields=["consultation.note"],
        target="consultations",
    )
    return selectors.of_patient(patient, actor), receipt
