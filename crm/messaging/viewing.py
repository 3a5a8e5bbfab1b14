"""Opening the outbox and the embedded clinic's ledger: one event each, with all codes shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from crm.messaging.events import MessageEvent
from crm.messaging.models import Message
from crm.messaging.selectors import patients_of_references
from crm.messaging.sms.ledger import LedgerRow, newest_rows
from crm.patients.models import Patient
from crm.patients.rules import mask_phone
from crm.staff.models import User
from privacy.audit import services as audit

ASKED_PER_SHOWN: Final = 20


@transaction.atomic
def book_outbox(*, staff: User, shown: Iterable[Message]) -> None:
    """Book the messages of one page of the outbox."""
    audit.record(
        MessageEvent.VIEWED,
        actor=staff,
        subjects=[message.patient for message in shown],
        target="messages",
    )


@dataclass(frozen=True, slots=True)
class Received:
    """What a patient's phone would have shown; the number masked."""

    patient: Patient
    phone: str
    row: LedgerRow


def open_ledger(*, staff: User, limit: int) -> list[Received] | None:
    """The gateway's newest messages to patients that ``staff`` may see; None if it is away.

    For the embedded clinic, whose gateway runs on the same machine. The gateway is asked
    before the transaction, and for more than is shown: it knows nothing of who may see whom, so
    the newest rows of all may be other people's patients'.
    """
    rows = newest_rows(limit * ASKED_PER_SHOWN)
    if rows is None:
        return None
    with transaction.atomic():
        known = patients_of_references(staff, [row.reference for row in rows])
        shown = [
            Received(known[row.reference], mask_phone(row.phone), row)
            for row in rows
            if row.reference in known
        ][:limit]
        audit.record(
            MessageEvent.LEDGER_VIEWED,
            actor=staff,
            subjects=[one.patient for one in shown],
            fields=["patientcontact.phone"] if shown else [],
            target="ledger",
        )
    return shown
