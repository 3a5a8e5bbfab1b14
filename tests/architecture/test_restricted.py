"""Every address about a patient, while the record is restricted: what is open stands here (R15)."""

import pytest

from tests.architecture.routes import Route
from tests.architecture.samples import OF_A_PATIENT, kwargs_for
from tests.architecture.test_permissions import (
    ALL,
    METHODS,
    People,
    allowed,
    ask,
    people,
    undone,
)
from tests.factories.restrictions import restricted

__all__ = ["people"]
# What a restriction leaves open, and why (ADR 0040).
LEFT_OPEN = {
    "patients:page": "the code, and that it is so",
    "patients:consents": "a no is always taken",
    "patients:consents-stop": "a no is always taken",
    "patients:consent": "a no is always taken; a yes is refused by the service",
    "api:patient-consent-list": "a no is always taken; a yes is refused by the service",
    "access:decide": "quality control reads requests by code; nobody approves one",
    "access:judge": "break-glass is judged",
    "access:withdraw": "one's own request, by code",
    "access:end": "what is open ends earlier",
    "custody:erasure": "erasing goes on as the law allows",
    "custody:confirm-erasure": "erasing goes on as the law allows",
    "custody:carry-out-erasure": "erasing goes on as the law allows",
    "custody:call-off-erasure": "erasing goes on as the law allows",
    "patients:lift-guard": "quality control keeps guards by code",
    "patients:settle-double": "quality control keeps guards by code",
    "scheduling:finish": "who is in the house may leave",
    "scheduling:leave": "who is in the house may leave",
    "scheduling:undo": "a slip of the desk is taken back",
}
ABOUT = [
    route for route in ALL if (OF_A_PATIENT - {"outgoing_id", "restriction_id"}) & set(route.kwargs)
]


@pytest.mark.django_db
@pytest.mark.parametrize("route", ABOUT, ids=lambda route: route.name or route.pattern)
def test_nobody_uses_a_restricted_record(route: Route, people: People) -> None:
    for role, user in people.by_role.items():
        methods = [one for one in METHODS if allowed(route, one, user)]
        if not methods or route.name in LEFT_OPEN:
            continue
        with undone():
            world = people.world(user, route)
            kwargs_for(route.kwargs, world)
            restricted(people.patient)
            for method in methods:
                status = ask(people.clients[role], route, method, world)
                assert status in {403, 404, 405}, f"{method} {route.pattern} as {role}: {status}"
