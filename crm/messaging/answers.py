"""What the provider says, applied to the message: along the table of states and never back."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

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
def take_answers(
    given: Mapping[str, Answer], *, source: DeliveryAnswer.Source = Source.SEND
) -> int:
    """Book answers by reference and move their messages, as far as the states allow.

    Returns how many of the references are ours. A NOT_FOUND moves nothing: see ``reconcile``.
    """
    messages = {
        message.pk: message
        for message in Message.objects.select_for_update(of=("self",))
        .filter(attempts__reference__in=given)
        .order_by("pk")
    }
    attempts = list(Attempt.objects.filter(reference__in=given))
    DeliveryAnswer.objects.bulk_create(
        DeliveryAnswer(
            attempt=one,
            source=source,
            code=given[one.reference].code,
            provider_id=given[one.reference].provider_id,
        )
        for one in attempts
    )
    _note(attempts, given)
    moves: dict[Fate, list[Message]] = defaultdict(list)
    for attempt in attempts:
        moves[given[attempt.reference].fate].append(messages[attempt.message_id])
    for fate, theirs in moves.items():
        if fate in _STATES:
            move(theirs, _STATES[fate], _REASONS.get(fate))
    return len(attempts)


@transaction.atomic
def take_receipt(*, reference: str, answer: Answer, digest: str) -> bool:
    """Book a delivery receipt, once: ``digest`` tells a repeated or replayed one.

    Returns whether it was new and about a message of ours.
    """
    message = (
        Message.objects.select_for_update(of=("self",))
        .filter(attempts__reference=reference)
        .first()
    )
    if message is None or DeliveryAnswer.objects.filter(digest=digest).exists():
        return False
    attempt = Attempt.objects.get(reference=reference)
    DeliveryAnswer(attempt=attempt, source=Source.RECEIPT, code=answer.code, digest=digest).save(
        force_insert=True
    )
    _note([attempt], {reference: answer})
    move([message], _STATES[answer.fate], _REASONS.get(answer.fate))
    return True


def _note(attempts: list[Attempt], given: Mapping[str, Answer]) -> None:
    """The last answer beside the attempt: one statement for each code that came."""
    codes: dict[str, list[UUID]] = defaultdict(list)
    for one in attempts:
        if given[one.reference].fate is not Fate.NOT_FOUND:
            codes[given[one.reference].code].append(one.pk)
    now = timezone.now()
    for code, keys in codes.items():
        Attempt.objects.filter(pk__in=keys).update(answer=code, answered_at=now, updated_at=now)


def move(messages: Sequence[Message], state: Status, reason: Reason | None = None) -> list[Message]:
    """Move locked messages on, as far as the table allows; tells the floors above.

    Returns those that moved.
    """
    able = [message for message in messages if may_become(Status(message.state), state)]
    if not able:
        return []
    now = timezone.now()
    changes: dict[str, Any] = {
        "state": state,
        "reason": reason or "",
        "check_at": None,
        "updated_at": now,
    }
    if state is Status.UNKNOWN:
        changes |= {"unknown_since": now, "check_at": first_question(now)}
    else:
        changes["needs_person_at"] = None
    change(able, changes)
    messages_moved.send(sender=Message, messages=able)
    return able


def change(messages: Sequence[Message], changes: Mapping[str, Any]) -> None:
    """The same changes for all these locked messages: one statement, and the objects, too."""
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(**changes)
    for message in messages:
        for name, value in changes.items():
            setattr(message, name, value)


def first_question(since: datetime) -> datetime:
    """When to ask the provider for the first time about a message unknown since then."""
    return since + timedelta(seconds=settings.MESSAGE_CHECK_SECONDS[0])
