"""The rooms of a clinic: added, renamed, retired; never deleted, because visits name them (S49)."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.scheduling.events import RoomEvent
from crm.scheduling.models import Room, Visit
from crm.scheduling.rules import State
from crm.scheduling.selectors import rooms_of
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.errors import Conflict, DomainError


class RoomInUse(DomainError):
    """Somebody is in the room."""


def room_of_staff(staff: User, room_id: UUID) -> Room:
    """Raises: Room.DoesNotExist also for another clinic's room, or one that was retired."""
    return rooms_of(staff).get(pk=room_id)


def locked_room(room_id: UUID) -> Room:
    """The room, held until the transaction ends: nobody is called into it while it is retired.

    Raises: Conflict if it was retired meanwhile.
    """
    room = Room.objects.select_for_update().get(pk=room_id)
    if room.retired_at is not None:
        raise Conflict(_("This room is no longer in use. Choose another one."))
    return room


@transaction.atomic
def add_room(*, label: str, actor: User) -> Room:
    """A new room of the actor's clinic. Raises: Conflict if one in use is called so."""
    room = Room(clinic=actor.clinic, label=label)
    _save(room)
    _book(RoomEvent.ADDED, room, actor)
    return room


@transaction.atomic
def rename_room(*, room: Room, label: str, actor: User) -> Room:
    """Another label on the door; past visits show it too.

    Raises: Conflict if one in use is called so, or the room was retired meanwhile.
    """
    held = locked_room(room.pk)
    before, held.label = held.label, label
    if before != label:
        _save(held)
        _book(RoomEvent.RENAMED, held, actor, before=before)
    return held


@transaction.atomic
def retire_room(*, room: Room, actor: User) -> Room:
    """Take a room out of use for good; its label is free again.

    Raises: RoomInUse while somebody is in it; Conflict if it was retired already.
    """
    held = locked_room(room.pk)
    if Visit.objects.filter(room=held, state=State.IN_ROOM).exists():
        raise RoomInUse(
            _("There is somebody in %(label)s. Retire it when the visit has ended.")
            % {"label": held.label}
        )
    held.retired_at = timezone.now()
    _save(held)
    _book(RoomEvent.RETIRED, held, actor)
    return held


def _save(room: Room) -> None:
    try:
        with transaction.atomic():
            room.save()
    except IntegrityError as error:
        raise Conflict(_("A room of this clinic is called so already.")) from error


def _book(event: RoomEvent, room: Room, actor: User, **detail: str) -> None:
    detail = {"label": room.label, **detail}
    audit.record(event, actor=actor, target=f"room:{room.pk}", detail=detail)
