"""The one dispatch function: the only way a message leaves the house (security.md 7, S74)."""

import logging
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta

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

    One transaction decides and commits the hand-overs; the provider is called only after it,
    and its answers are written in transactions of their own. A worker that dies in between
    leaves rows in ``handed_over`` whose lease runs out; ``reconcile`` asks after them.
    """
    with provider_connection() as provider:
        if not provider.is_reachable():
            logger.warning("the SMS provider does not answer: messages wait in the queue")
            return 0
        taken, batch = claim(limit)
        push(batch, provider)
    return taken


@transaction.atomic
def claim(limit: int) -> tuple[int, list[HandOver]]:
    """Take due messages, decide each under the locks of the gate, write what was decided."""
    now = timezone.now()
    until = time.monotonic() + settings.MESSAGE_LEASE_SECONDS - settings.SMS_TIMEOUT_SECONDS
    due = Message.objects.due(now).select_related("template")
    messages = list(due.select_for_update(skip_locked=True, of=("self",))[:limit])
    if not messages:
        return 0, []
    gate = Gate.opened(messages, now=now)
    batch: list[HandOver] = []
    moved: list[Message] = []
    for message in messages:
        decision = gate.judge(message)
        if decision.verdict is Verdict.SEND:
            patient = gate.patients[message.patient_id]
            opened = _hand_over(message, patient, now=now, until=until)
            if opened is None:
                decision = Decision(Verdict.SUPPRESS, Reason.UNREADABLE)
            else:
                batch.append(opened)
                moved.append(message)
                continue
        if _keep_back(message, decision, gate.patients[message.patient_id]):
            moved.append(message)
    messages_moved.send(sender=Message, messages=moved)
    return len(messages), batch


def _hand_over(
    message: Message, patient: Patient, *, now: datetime, until: float
) -> HandOver | None:
    """Write the attempt and open the phone; None, and nothing written, if it does not open."""
    attempt = Attempt(message=message, handed_over_at=now)
    try:
        with transaction.atomic():
            phone = open_phone(message, patient, MessageEvent.SENT)
            attempt.save(force_insert=True)
    except Unreadable:
        return None
    message.state = Status.HANDED_OVER
    message.reason = ""
    message.handed_over_at = now
    message.check_at = now + timedelta(seconds=settings.MESSAGE_LEASE_SECONDS)
    message.save(update_fields=["state", "reason", "handed_over_at", "check_at", "updated_at"])
    return HandOver(attempt.reference, phone, message.template.provider_code, until)


def open_phone(message: Message, patient: Patient, event: MessageEvent) -> str:
    """The phone in plain text, against the event that says why.

    Raises: Unreadable if the sealed value does not open.
    """
    receipt = audit.record(
        event,
        process=PROCESS,
        subjects=[patient],
        fields=[PHONE],
        purpose=message.purpose,
        target=f"message:{message.pk}",
    )
    sealed = patient.contact.phone
    if sealed is None:
        raise Unreadable("no phone")
    return str(sealed.reveal(receipt))


def _keep_back(message: Message, decision: Decision, patient: Patient) -> bool:
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
        subjects=[patient],
        purpose=message.purpose,
        reason=message.reason,
        target=f"message:{message.pk}",
        outcome="stopped",
    )
    return True


def push(batch: Iterable[HandOver], provider: Provider) -> None:
    """Call the provider for each hand-over, a few at a time; write each answer as it comes."""
    with ThreadPoolExecutor(max_workers=settings.MESSAGE_LANES) as lanes:
        calls = {lanes.submit(_call, provider, one): one.reference for one in batch}
        for call in as_completed(calls):
            answer = call.result()
            if answer is not None:
                answers.take_answer(reference=calls[call], answer=answer)


def _call(provider: Provider, one: HandOver) -> Answer | None:
    """None, and no call, once the lease is so far gone that somebody may be asking after it."""
    if time.monotonic() > one.until:
        return None
    return provider.send(phone=one.phone, template=one.template, reference=one.reference)
