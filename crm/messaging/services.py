"""Putting messages into the outbox, taking them out of it, and settling what stays unknown."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.messaging import answers
from crm.messaging.events import MessageEvent
from crm.messaging.models import Message, MessageTemplate, Reason
from crm.messaging.rules import Status, neutral
from crm.messaging.shipped import WORDINGS
from crm.patients.models import Patient
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.consent.models import Channel, ConsentState
from privacy.consent.rules import Answer
from privacy.errors import Conflict, DomainError

PROCESS = "outbox"


class NotNeutral(DomainError):
    """The wording would tell a reader over the patient's shoulder what it is about."""


@transaction.atomic
def queue_message(
    *,
    patient: Patient,
    template: MessageTemplate,
    due_at: datetime,
    idempotency_key: str,
    source: str = "",
) -> Message:
    """Put one SMS into the outbox; it goes out when due, if the gate lets it.

    In: ``due_at`` aware; ``idempotency_key`` names the occasion: the same key gives the same
    message, never a second one. ``source`` tells the floor above which of its rows asked.
    Raises: Conflict if the key was used for something else.
    """
    message, made = Message.objects.get_or_create(
        idempotency_key=idempotency_key,
        defaults={
            "patient": patient,
            "template": template,
            "purpose": template.purpose,
            "channel": Channel.SMS,
            "due_at": due_at,
            "not_before": due_at,
            "time_critical": template.time_critical,
            "source": source,
        },
    )
    if not made and (message.patient_id, message.template_id) != (patient.pk, template.pk):
        raise Conflict(_("This message was already queued with another content."))
    if made:
        audit.record(
            MessageEvent.QUEUED,
            process=PROCESS,
            subjects=[patient],
            purpose=template.purpose,
            target=f"message:{message.pk}",
            detail={"template": str(template)},
        )
    return message


@transaction.atomic
def cancel_for_sources(*, sources: Iterable[str], reason: Reason = Reason.PLAN_CHANGED) -> int:
    """Take queued messages of these sources out. Returns how many were cancelled.

    One that a dispatcher holds is passed over: the dispatcher asks the guard of the source.
    """
    waiting = Message.objects.select_for_update(skip_locked=True).filter(
        source__in=list(sources), state=Status.QUEUED
    )
    return _cancel(list(waiting.order_by("pk")), reason)


def follow_consent(sender: type[ConsentState], *, state: ConsentState, **_kwargs: object) -> None:
    """A listener of ``consent_changed``, inside its transaction.

    A withdrawal takes queued messages out. It does not wait for one that a dispatcher holds:
    that one waits for the cell, and is cancelled when it reads the withdrawal there. A patient
    who resumes gets what was held, if it is still useful.
    """
    queued = Message.objects.select_for_update(skip_locked=True).filter(
        patient_id=state.subject_id,
        purpose=state.purpose,
        channel=state.channel,
        state=Status.QUEUED,
    )
    if state.status in (Answer.WITHDRAWN, Answer.REFUSED):
        _cancel(list(queued.order_by("pk")), Reason.WITHDRAWN)
    elif state.status == Answer.GRANTED:
        held = queued.filter(reason=Reason.PAUSED).values_list("pk", flat=True)
        Message.objects.filter(pk__in=list(held)).update(not_before=F("due_at"), reason="")


def _cancel(messages: list[Message], reason: Reason) -> int:
    return len(answers.move(messages, Status.CANCELLED, reason))


@transaction.atomic
def settle_by_person(*, message: Message, received: bool, actor: User) -> Message:
    """A person asked, and knows whether the patient got it.

    Raises: Conflict if the fate is known by now.
    """
    locked = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if locked.state != Status.UNKNOWN:
        raise Conflict(_("The provider has answered in the meantime. Please look again."))
    state = Status.DELIVERED if received else Status.FAILED
    answers.move([locked], state, Reason.BY_PERSON)
    audit.record(
        MessageEvent.SETTLED,
        actor=actor,
        subjects=[message.patient],
        purpose=locked.purpose,
        target=f"message:{locked.pk}",
        detail={"received": int(received)},
    )
    return locked


@transaction.atomic
def approve_template(*, template: MessageTemplate, actor: User | None) -> MessageTemplate:
    """Let a wording be sent from now on; it can never be changed again (a trigger).

    ``actor`` None: shipped with the product. Raises: NotNeutral.
    """
    if not neutral(template.text):
        raise NotNeutral(_("This wording gives away what the message is about."))
    template.approved_at = timezone.now()
    template.save()
    audit.record(
        MessageEvent.TEMPLATE_APPROVED,
        actor=actor,
        process="" if actor else PROCESS,
        target=f"template:{template.code}/{template.version}",
    )
    return template


@transaction.atomic
def ensure_shipped_templates() -> int:
    """Add the product's own wordings that are not there yet. Returns how many were added."""
    known = set(MessageTemplate.objects.values_list("code", "version"))
    missing = [one for one in WORDINGS if (one.code, one.version) not in known]
    for one in missing:
        template = MessageTemplate(
            code=one.code,
            version=one.version,
            purpose=one.purpose,
            text=one.text,
            time_critical=one.time_critical,
        )
        approve_template(template=template, actor=None)
    return len(missing)
