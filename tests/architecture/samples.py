"""Makes what addresses ask for: one object a keyword, for the given viewer and patient.

A feature adds a maker for each new keyword of its addresses. A maker gets the world and hands
back the value that stands in the address; the object must belong to ``world.patient`` and be
one the viewer could reach.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from crm.patients.models import Patient
from crm.scheduling.models import Visit
from crm.scheduling.rules import State
from crm.scheduling.services import expect_today
from crm.staff.models import User
from crm.staff.services import issue_token
from privacy.access.policy import ROLE_PERMISSIONS, Permission, Role
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from tests.factories.people import UserFactory


@dataclass
class World:
    """Who asks, and about whom."""

    viewer: User
    patient: Patient
    kept: dict[str, Any] = field(default_factory=dict)


Maker = Callable[[World], Any]


def _event(world: World) -> Any:
    with transaction.atomic():
        return audit.record(AuditTrailEvent.VIEWED, actor=world.viewer).event_id


def _token(world: World) -> Any:
    held = ROLE_PERMISSIONS[world.viewer.role]
    if Permission.MANAGE_TOKENS not in held:
        return uuid4()
    token, _secret = issue_token(
        user=world.viewer, name="x", scopes=[min(held)], lifetime=timedelta(days=1)
    )
    return token.pk


def _colleague(world: World) -> Any:
    return UserFactory.create(clinic=world.viewer.clinic).pk


def _member(world: World) -> Any:
    row = world.patient.care_team.filter(staff__role=Role.DOCTOR).first()
    return (row or world.patient.care_team.create(staff=world.viewer)).pk


def _visit(world: World) -> Any:
    """A patient who waits, on the board of the patient's own clinic."""
    desk = UserFactory.create(clinic=world.patient.clinic, role=Role.FRONT_DESK)
    visit = expect_today(patient=world.patient, purpose=Visit.Purpose.FIRST, actor=desk)
    now = timezone.now()
    Visit.objects.filter(pk=visit.pk).update(
        state=State.WAITING, previous=State.EXPECTED, arrived_at=now, changed_at=now
    )
    return visit.pk


# By keyword of the address.
MAKERS: dict[str, Maker] = {
    "code": lambda world: world.patient.code,
    "event_id": _event,
    "token_id": _token,
    "staff_id": _colleague,
    "member_id": _member,
    "visit_id": _visit,
    "cell": lambda _world: "follow_up-sms",
}


def kwargs_for(names: tuple[str, ...], world: World) -> dict[str, Any]:
    """Values for all keywords of one address, from left to right; later makers see earlier ones.

    Raises: LookupError naming the keyword that nobody makes.
    """
    for name in names:
        if name not in MAKERS:
            raise LookupError(f"add a maker for <{name}> to tests/architecture/samples.py")
        world.kept[name] = MAKERS[name](world)
    return {name: world.kept[name] for name in names}
