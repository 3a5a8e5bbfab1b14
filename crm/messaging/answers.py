"""What the provider says, applied to the message: along the table of states and never back."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from crm.messaging.models import Attempt, DeliveryAnswer, Message, Reason
from crm.messaging.rules import Status, may_become
from crm.messaging.signals import messages_moved
from crm.messaging.sms.provider import Answer, Fate

_STATES: Final = {
    Fate.ACCEPTED: Status.ACCEPTED,
    Fate.DELIVERED: Status.DELIVERED,
    Fate.FAILED: Status.FAILED,
    Fate.REFUSED: Status.FAILED,
    Fate.UNKNOWN: Status.UNKNOWN,
}
_REASONS: Final = {
    Fate.FAILED: Reason.NOT_RECEIVED,
    Fate.REFUSED: Reason.REFUSED,
    Fate.UNKNOWN: Reason.NO_ANSWER,
}
Source = DeliveryAnswer.Source


@transaction.atomic
def take_answer(
    *,
    reference: str,
    answer: Answer,
    source: DeliveryAnswer.Source = Source.SEND,
    digest: str | None = None,
) -> Message | None:
    """Book an answer and move the message, if its state allows.

    In: ``reference`` as it went out; ``digest`` of a receipt, so that one pushed twice or
    replayed is kept once. Returns the message, or None if the reference or receipt is not new
    to us in the way it should be. A NOT_FOUND moves nothing: see ``reconcile``.
    """
    message = (
        Message.objects.select_for_update(of=("self",))
        .filter(attempts__reference=reference)
        .first()
    )
    if message is None:
        return None
    attempt = Attempt.objects.get(reference=reference)
    if digest and DeliveryAnswer.objects.filter(digest=digest).exists():
        return None
    DeliveryAnswer(attempt=attempt, source=source, code=answer.code, digest=digest).save()
    _note(attempt, answer)
    if answer.fate in _STATES:
        move(message, _STATES[answer.fate], _REASONS.get(answer.fate))
    return message


def _note(attempt: Attempt, answer: Answer) -> None:
    if answer.fate is Fate.NOT_FOUND:
        return
    attempt.answer = answer.code
    attempt.provider_id = answer.provider_id or attempt.provider_id
    attempt.answered_at = timezone.now()
    attempt.save(update_fields=["answer", "provider_id", "answered_at", "updated_at"])


def move(message: Message, state: Status, reason: Reason | None = None) -> bool:
    """Move a locked message on, if the table allows; tells the floors above. Whether it moved."""
    if not may_become(Status(message.state), state):
        return False
    message.state = state
    message.reason = reason or ""
    message.check_at = None
    if state is Status.UNKNOWN:
        message.unknown_since = timezone.now()
        message.check_at = first_question(message.unknown_since)
    else:
        message.needs_person_at = None
    message.save(
        update_fields=[
            "state", "reason", "check_at", "unknown_since", "needs_person_at", "updated_at"
        ]
    )  # fmt: skip
    messages_moved.send(sender=Message, messages=[message])
    return True


def first_question(since: datetime) -> datetime:
    """When to ask the provider for the first time about a message unknown since then."""
    return since + timedelta(seconds=settings.MESSAGE_CHECK_SECONDS[0])
