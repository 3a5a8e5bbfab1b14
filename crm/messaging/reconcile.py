"""Messages of unknown fate: asked after by reference, never blindly sent again."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from crm.messaging import answers
from crm.messaging.dispatch import HandOver, book_opening, end_of_lease, open_phone, push
from crm.messaging.events import MessageEvent
from crm.messaging.gate import Gate, Verdict
from crm.messaging.models import Attempt, DeliveryAnswer, Message, Reason
from crm.messaging.rules import CLINIC_ZONE, NextMove, Status
from crm.messaging.rules import reconcile as next_move
from crm.messaging.signals import messages_moved
from crm.messaging.sms.current import provider_connection
from crm.messaging.sms.provider import Answer, Fate, Provider
from crm.patients.models import Patient
from privacy.errors import Unreadable

SURE_AFTER: Final = 2  # "not found" answers before a message counts as never arrived


@dataclass(frozen=True, slots=True)
class Question:
    """One question to the provider; the phone is what it looks messages up by."""

    message_id: UUID
    reference: str
    phone: str
    day: date


def reconcile(limit: int) -> int:
    """Look after messages nobody answered for. Returns how many were looked at.

    Leases that ran out become ``unknown``; unknown ones are asked after at the moments of the
    rules; a person gets those that stay unknown.
    """
    overdue = expire_leases(limit)
    with provider_connection() as provider:
        reachable = provider.is_reachable()
        ids = Message.objects.to_check(timezone.now()).filter(state=Status.UNKNOWN)
        waiting = list(ids.values_list("pk", flat=True)[:limit])
        for message_id in waiting:
            question = _prepare(message_id, reachable=reachable)
            if question is not None:
                answer = provider.lookup(
                    phone=question.phone, day=question.day, reference=question.reference
                )
                _follow(question, answer, provider)
    return overdue + len(waiting)


@transaction.atomic
def expire_leases(limit: int) -> int:
    """A worker died, or lost its network, after committing these: their fate is unknown."""
    lapsed = Message.objects.to_check(timezone.now()).filter(state=Status.HANDED_OVER)
    messages = list(lapsed.select_for_update(skip_locked=True)[:limit])
    answers.move(messages, Status.UNKNOWN, Reason.NO_ANSWER)
    return len(messages)


@transaction.atomic
def _prepare(message_id: UUID, *, reachable: bool) -> Question | None:
    """Decide what to do about one message now; a Question if the provider is to be asked."""
    now = timezone.now()
    message = _locked(message_id, skip=True)
    if message is None or message.unknown_since is None or message.check_at is None:
        return None
    if message.check_at > now:
        return None  # another worker has just asked
    attempt = message.attempts.get()
    step = next_move(
        unknown_since=message.unknown_since,
        asked=attempt.asked,
        now=now,
        after=[timedelta(seconds=wait) for wait in settings.MESSAGE_CHECK_SECONDS],
        human_after=timedelta(seconds=settings.MESSAGE_PERSON_SECONDS),
    )
    if step.move is NextMove.HUMAN_TASK:
        _give_to_person(message, now)
        return None
    unasked = step.move is NextMove.ASK_PROVIDER and not reachable
    message.check_at = answers.first_question(now) if unasked else step.look_again_at
    message.save(update_fields=["check_at", "updated_at"])
    if unasked or step.move is NextMove.WAIT:
        return None
    attempt.asked += 1
    attempt.save(update_fields=["asked", "updated_at"])
    try:
        phone = _opened(message, message.patient, MessageEvent.LOOKED_UP)
    except Unreadable:
        _give_to_person(message, now)
        return None
    last = attempt.sent_again_at or attempt.handed_over_at
    return Question(message.pk, attempt.reference, phone, last.astimezone(CLINIC_ZONE).date())


def _locked(message_id: UUID, *, skip: bool = False) -> Message | None:
    """The message under lock if it is still unknown.

    ``skip``: None at once if another worker is at it. Only before a question: an answer that is
    here must be counted, so it waits for its turn.
    """
    return (
        Message.objects.select_for_update(skip_locked=skip, of=("self",))
        .select_related("template", "patient__subject", "patient__contact")
        .filter(pk=message_id, state=Status.UNKNOWN, needs_person_at__isnull=True)
        .first()
    )


def _give_to_person(message: Message, now: datetime) -> None:
    message.needs_person_at = now
    message.check_at = None
    message.save(update_fields=["needs_person_at", "check_at", "updated_at"])
    messages_moved.send(sender=Message, messages=[message])


def _follow(question: Question, answer: Answer, provider: Provider) -> None:
    """Act on the provider's answer to one question."""
    if answer.fate is Fate.UNKNOWN:
        _ask_again_soon(question.message_id)
        return
    answers.take_answers({question.reference: answer}, source=DeliveryAnswer.Source.LOOKUP)
    if answer.fate is Fate.NOT_FOUND:
        again = _not_found(question.message_id)
        if again is not None:
            push([again], provider)


@transaction.atomic
def _ask_again_soon(message_id: UUID) -> None:
    """No answer to the question: it does not count as asked."""
    message = _locked(message_id)
    if message is None:
        return
    Attempt.objects.filter(message=message, asked__gt=0).update(asked=F("asked") - 1)
    message.check_at = answers.first_question(timezone.now())
    message.save(update_fields=["check_at", "updated_at"])


@transaction.atomic
def _not_found(message_id: UUID) -> HandOver | None:
    """Count a "not found". The second one settles it: sent again once if a day would be lost.

    The gate decides again, at this instant and under its locks: consent may be gone by now.
    """
    message = _locked(message_id)
    if message is None:
        return None
    attempt = message.attempts.get()
    attempt.not_found += 1
    attempt.save(update_fields=["not_found", "updated_at"])
    if attempt.not_found < SURE_AFTER or attempt.sent_again_at is not None:
        return None
    if not message.time_critical:
        answers.move([message], Status.FAILED, Reason.NOT_FOUND)
        return None
    return _send_again(message, attempt)


def _send_again(message: Message, attempt: Attempt) -> HandOver | None:
    now = timezone.now()
    gate = Gate.opened([message], now=now)
    decision = gate.judge(message)
    if decision.verdict is Verdict.HOLD:
        return None  # its next question, or a person, comes first
    if decision.verdict is not Verdict.SEND:
        answers.move([message], Status.FAILED, decision.reason)
        return None
    # Not ``message.patient``: that was read before the gate's lock.
    phone = _opened(message, gate.patients[message.patient_id], MessageEvent.SENT_AGAIN)
    attempt.sent_again_at = now
    attempt.save(update_fields=["sent_again_at", "updated_at"])
    return HandOver(attempt.reference, phone, message.template.provider_code, end_of_lease())


def _opened(message: Message, patient: Patient, event: MessageEvent) -> str:
    receipt = book_opening(event, [message], {patient.pk: patient})
    return open_phone(patient, receipt)
