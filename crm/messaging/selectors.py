"""Reading the outbox, through the eyes of one viewer."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from crm.messaging.models import Attempt, Message, MessageQuerySet
from crm.messaging.rules import Status
from crm.patients.models import Patient
from crm.staff.models import User

PERSON = "person"  # a filter beside the states: waiting for a person


def messages_visible_to(staff: User, *, state: str = "") -> MessageQuerySet:
    """Messages to the patients that ``staff`` may see, the newest first."""
    found = (
        Message.objects.filter(patient__in=Patient.objects.visible_to(staff))
        .select_related("patient__subject", "template")
        .order_by("-due_at", "pk")
    )
    if state == PERSON:
        return found.waiting_for_person()
    return found.filter(state=state) if state else found


def next_due(staff: User) -> datetime | None:
    """When the next message leaves, as far as ``staff`` may see (UTC); None if none waits."""
    queued = messages_visible_to(staff, state=Status.QUEUED)
    return queued.order_by("due_at").values_list("due_at", flat=True).first()


def message_of_staff(staff: User, message_id: UUID) -> Message:
    """One message. Raises: Message.DoesNotExist also when ``staff`` may not know it."""
    return messages_visible_to(staff).get(pk=message_id)


def waiting_for_person(staff: User) -> MessageQuerySet:
    """The messages that wait for a person: the number in the side column."""
    return messages_visible_to(staff).waiting_for_person()


def patients_of_references(staff: User, references: Iterable[str]) -> dict[str, Patient]:
    """Who the messages with these references went to, as far as ``staff`` may see them."""
    attempts = Attempt.objects.filter(
        reference__in=list(references), message__patient__in=Patient.objects.visible_to(staff)
    ).select_related("message__patient__subject")
    return {one.reference: one.message.patient for one in attempts}
