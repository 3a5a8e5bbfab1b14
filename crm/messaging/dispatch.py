"""The one dispatch function: the only way a message leaves the house (S74)."""

import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from crm.messaging import answers
from crm.messaging.events import MessageEvent
from crm.messaging.gate import Decision, Gate, Verdict
from crm.messaging.models import Attempt, Message, Reason
from crm.messaging.rules import Status
from crm.messaging.signals import messages_moved
from crm.messaging.sms.current import provider_connection
from crm.messaging.sms.provider import Answer, Provider
from crm.patients.models import Patient
from privacy.audit import services as audit
from privacy.errors import Unreadable
from privacy.receipts import Receipt

logger = logging.getLogger(__name__)
PROCESS = "dispatch"
PHONE = "patientcontact.phone"


@dataclass(frozen=True, slots=True)
class HandOver:
    """A message that is committed as handed over, and what the call to the provider needs."""

    reference: str
    phone: str
    template: str
    until: float  # monotonic seconds; past it another worker may already be asking after it

    def __repr__(self) -> str:
        return f"<HandOver {self.reference}>"  # never the phone


def dispatch_due(limit: int) -> int:
    """Send what is due, at most ``limit`` messages. Returns how many were taken from the queue.

    One transaction decides and commits the hand-overs, never more than there are lanes: each is
    called at once, so none is called long after a withdrawal. The answers are written in
    transactions of their own. A worker that dies in between leaves rows in ``handed_over`` whose
    lease runs out; ``reconcile`` asks after them.
    """
    with provider_connection() as provider:
        if not provider.is_reachable():
            logger.warning("the SMS provider does not answer: messages wait in the queue")
            return 0
        taken, lanes = 0, settings.MESSAGE_LANES
        while taken < limit:
            came, batch = claim(min(lanes, limit - taken))
            push(batch, provider)
            taken += came
            if came < lanes:
                break
    return taken


@transaction.atomic
def claim(limit: int) -> tuple[int, list[HandOver]]:
    """Take due messages, decide each under the locks of the gate, write what was decided."""
    now = timezone.now()
    due = Message.objects.due(now).select_related("template")
    messages = list(due.select_for_update(skip_locked=True, of=("self",))[:limit])
    if not messages:
        return 0, []
    gate = Gate.opened(messages, now=now)
    decided = [(message, gate.judge(message)) for message in messages]
    cleared = [message for message, one in decided if one.verdict is Verdict.SEND]
    batch, unreadable = _hand_over(cleared, gate.patients, now)
    kept = [(message, one) for message, one in decided if one.verdict is not Verdict.SEND]
    kept += [(message, Decision(Verdict.SUPPRESS, Reason.UNREADABLE)) for message in unreadable]
    ended = [message for message, one in kept if _keep_back(message, one, gate.patients)]
    messages_moved.send(sender=Message, messages=[*ended, *cleared])
    return len(messages), batch


def _hand_over(
    messages: list[Message], patients: Mapping[UUID, Patient], now: datetime
) -> tuple[list[HandOver], list[Message]]:
    """Open the phones against one event, write attempts and state.

    Returns the hand-overs, and the messages whose phone does not open (nothing is written).
    """
    if not messages:
        return [], []
    receipt = book_opening(MessageEvent.SENT, messages, patients)
    until = end_of_lease()
    batch: list[HandOver] = []
    attempts: list[Attempt] = []
    unreadable: list[Message] = []
    for message in messages:
        try:
            phone = open_phone(patients[message.patient_id], receipt)
        except Unreadable:
            unreadable.append(message)
            continue
        attempt = Attempt(message=message, handed_over_at=now, event_id=receipt.event_id)
        attempts.append(attempt)
        batch.append(HandOver(attempt.reference, phone, message.template.provider_code, until))
    Attempt.objects.bulk_create(attempts)
    leaving = {attempt.message_id for attempt in attempts}
    changes = {
        "state": Status.HANDED_OVER,
        "reason": "",
        "handed_over_at": now,
        "check_at": now + timedelta(seconds=settings.MESSAGE_LEASE_SECONDS),
        "updated_at": now,
    }
    answers.change([one for one in messages if one.pk in leaving], changes)
    return batch, unreadable


def book_opening(
    event: MessageEvent, messages: Sequence[Message], patients: Mapping[UUID, Patient]
) -> Receipt:
    """The event that says why phones are opened; its receipt opens those and no others."""
    alone = f"message:{messages[0].pk}" if len(messages) == 1 else "messages"
    return audit.record(
        event,
        process=PROCESS,
        subjects=[patients[message.patient_id] for message in messages],
        fields=[PHONE],
        purpose=messages[0].purpose if len({one.purpose for one in messages}) == 1 else "",
        target=alone,
    )


def open_phone(patient: Patient, receipt: Receipt) -> str:
    """The phone in plain text. Raises: Unreadable if it is gone or does not open."""
    sealed = patient.contact.phone
    if sealed is None:
        raise Unreadable("no phone")
    return str(sealed.reveal(receipt))


def end_of_lease() -> float:
    """Until when a call may begin: it must be over before the lease is."""
    lasts: float = settings.MESSAGE_LEASE_SECONDS - settings.SMS_TIMEOUT_SECONDS
    return time.monotonic() + lasts


def _keep_back(message: Message, decision: Decision, patients: Mapping[UUID, Patient]) -> bool:
    """Hold, suppress or cancel. Returns whether the message has come to an end."""
    message.reason = decision.reason or ""
    if decision.verdict is Verdict.HOLD and decision.until is not None:
        message.not_before = decision.until
        message.save(update_fields=["not_before", "reason", "updated_at"])
        return False
    cancelled = decision.verdict is Verdict.CANCEL
    message.state = Status.CANCELLED if cancelled else Status.SUPPRESSED
    message.save(update_fields=["state", "reason", "updated_at"])
    audit.record(
        MessageEvent.NOT_SENT,
        process=PROCESS,
        subjects=[patients[message.patient_id]],
        purpose=message.purpose,
        reason=message.reason,
        target=f"message:{message.pk}",
        outcome="stopped",
    )
    return True


def push(batch: Sequence[HandOver], provider: Provider) -> None:
    """Call the provider for each hand-over, all at once; write the answers as they come.

    Answers that came in the meantime are written together; the calls do not wait for it.
    """
    with ThreadPoolExecutor(max_workers=settings.MESSAGE_LANES) as lanes:
        calls = {lanes.submit(_call, provider, one): one.reference for one in batch}
        waiting: set[Future[Answer | None]] = set(calls)
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            came = ((calls[call], call.result()) for call in done)
            answers.take_answers({reference: one for reference, one in came if one is not None})


def _call(provider: Provider, one: HandOver) -> Answer | None:
    """None, and no call, once the lease is so far gone that somebody may be asking after it."""
    if time.monotonic() > one.until:
        return None
    return provider.send(phone=one.phone, template=one.template, reference=one.reference)
