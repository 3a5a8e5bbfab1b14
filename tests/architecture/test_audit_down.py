"""No trail, no service: an address that leaves an event answers nobody while none can be written.

And where one can be written it leaves exactly one, so that nothing is counted or told twice. The
fault is put where an event goes to the database; the doors, guards and services are the real ones,
asked as the first role that may.
"""

from collections import Counter

import pytest
from django.db import OperationalError

from privacy.audit import services as audit
from privacy.audit.models import READER, AuditEvent, RowChange, acting_as
from tests.architecture.routes import Route
from tests.architecture.samples import kwargs_for
from tests.architecture.test_permissions import (
    ALL,
    METHODS,
    People,
    allowed,
    ask,
    people,
    reachable,
    undone,
)

__all__ = ["people"]  # the fixture
counted: Counter[str] = Counter()
# Asking for a verification leaves the row that asks for it; without a trail it gets no result.
ASKED_FOR = {"trail:verify": 2}
# Two acts at once, each with its own event: the last open step ends the plan; a finding of the
# review is noted to be an incident, which is declared.
TWO_ACTS = {"POST followup:step-skip", "POST review:incident"}


def cases() -> list[tuple[Route, str]]:
    return [(route, method) for route in ALL for method in METHODS if not route.public_reason]


def events() -> int:
    with acting_as(READER):
        return AuditEvent.objects.count()


def changes() -> int:
    with acting_as(READER):
        return RowChange.objects.count()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("route", "method"), cases(), ids=[f"{method} {route.name}" for route, method in cases()]
)
def test_who_cannot_be_booked_is_not_served(
    route: Route, method: str, people: People, monkeypatch
) -> None:
    role = next(
        (
            role
            for role, user in people.by_role.items()
            if allowed(route, method, user) and reachable(route, user, people)
        ),
        None,
    )
    if role is None or not route.takes(method):
        return
    client, user = people.clients[role], people.by_role[role]
    monkeypatch.setattr(client, "raise_request_exception", False)

    def answer(*, down: bool) -> tuple[int, int, int]:
        with undone():
            world = people.world(user, route)
            kwargs_for(route.kwargs, world)
            booked, noted = events(), changes()
            with pytest.MonkeyPatch.context() as patch:
                if down:
                    patch.setattr(audit, "_insert", fail)
                status = ask(client, route, method, world)
            return status, events() - booked, changes() - noted

    status, booked, _noted = answer(down=False)
    if status >= 400 or not booked:
        counted["leave no event"] += 1
        return
    counted["sensitive"] += 1
    assert booked == (2 if f"{method} {route.name}" in TWO_ACTS else 1)
    status, booked, noted = answer(down=True)
    assert status >= 500, f"{method} {route.pattern} answered {status} without a trail"
    assert booked == 0
    assert noted <= ASKED_FOR.get(route.name, 0)


def fail(_row: AuditEvent) -> None:
    raise OperationalError("no room in the trail")


def test_there_was_something_to_refuse(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\naudit down: {counted['sensitive']} sensitive addresses refused")  # noqa: T201 - a figure to read
