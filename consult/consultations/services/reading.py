"""Opening records: one event says what was shown, and its receipt opens exactly that."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from consult.consultations import selectors
from consult.consultations.events import ConsultationEvent
from consult.consultations.models import Addendum, Consultation, Turn
from consult.consultations.rules import Outcome
from consult.consultations.services.drafts import OUTCOME_FIELDS
from consult.consultations.services.talk import TALK_FIELDS
from crm.patients.models import Patient
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.receipts import Receipt

SHOWN = (*OUTCOME_FIELDS, *TALK_FIELDS, "consultation.department", "addendum.text")


@dataclass(frozen=True, slots=True)
class Opened:
    """A record with everything on its page, and the leave to show it."""

    consultation: Consultation
    turns: Sequence[Turn]
    addenda: Sequence[Addendum]
    earlier: Sequence[Consultation]
    receipt: Receipt

    @property
    def covered(self) -> int:
        """How many personal numbers were hidden before the talk was stored."""
        return sum(turn.covered for turn in self.turns)

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
