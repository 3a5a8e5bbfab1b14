"""Doors that an open session alone does not pass: the second factor is asked for again (R29)."""

import pytest
from django.urls import reverse

from crm.staff.models import Clinic, User
from crm.staff.step_up import FULL_MINUTES, MINUTES
from privacy.access.policy import Role, can
from tests.architecture.routes import Route, routes
from tests.architecture.samples import World, kwargs_for
from tests.factories.people import PASSWORD, UserFactory
from tests.factories.sessions import age_factor

pytestmark = pytest.mark.django_db
ASKS = "crm/staff/confirm.html"
# Accounts and factors, keys, tokens, what leaves the house, what binds somebody, who is let in
# to whom, and the traps (ADR 0016).
DOORS = {
    "access:break-glass",
    "access:decide",
    "access:judge",
    "access:lift",
    "clearance:come-back",
    "clearance:leave",
    "clearance:licences",
    "clearance:publish",
    "clearance:withdraw",
    "custody:ask-erasure",
    "custody:ask-lift",
    "custody:carry-out-erasure",
    "custody:confirm-erasure",
    "custody:lift-restriction",
    "custody:restrict",
    "custody:retire",
    "custody:rewrap",
    "custody:rotate",
    "exports:decide",
    "exports:download",
    "exports:password",
    "exports:trace",
    "honey:plant",
    "honey:retire",
    "incidents:codes",
    "inventory:export",
    "patients:lift-guard",
    "patients:team-add",
    "review:sign",
    "staff:open-account",
    "staff:passkey-add",
    "staff:passkey-revoke",
    "staff:recovery-codes",
    "staff:reset-factor",
    "staff:superior",
    "staff:reset-password",
    "staff:session-end",
    "staff:sessions-end-others",
    "staff:suspend",
    "staff:tokens",
    "trail:approve-retirement",
    "trail:ask-retirement",
    "trail:export",
    "trail:month-export",
}
# Of one's own factors: the password is asked for as well, and sooner (ASVS 7.5.1).
FULL = {"staff:passkey-add", "staff:passkey-revoke", "staff:recovery-codes"}
# What cannot be undone asks sooner as well.
SOON = FULL | {
    "custody:carry-out-erasure", "custody:confirm-erasure", "custody:lift-restriction",
}  # fmt: skip
BY_NAME = {route.name: route for route in routes()}


def somebody_who_may(route: Route, clinic: Clinic) -> User:
    """Of the first role that the door opens for."""
    people = (UserFactory.build(clinic=clinic, role=role, password=PASSWORD) for role in Role)
    needed = route.needs("POST")
    role = next(one.role for one in people if not needed or any(can(one, p) for p in needed))
    return UserFactory.create(clinic=clinic, role=role)


@pytest.mark.parametrize("name", sorted(DOORS))
def test_after_a_while_the_door_asks_again(name, clinic, patient, carer, sign_in_as) -> None:
    route = BY_NAME[name]
    user = somebody_who_may(route, clinic)
    patient.care_team.get_or_create(staff=user)
    world = World(viewer=user, patient=patient, author=carer, address=name)
    address = reverse(name, kwargs=kwargs_for(route.kwargs, world))
    client = sign_in_as(user)

    minutes = FULL_MINUTES if name in SOON else MINUTES

    age_factor(client, minutes=minutes - 1)
    assert ASKS not in [one.name for one in client.post(address).templates]
    age_factor(client, minutes=minutes + 1)
    answer = client.post(address)

    assert answer.status_code == 422
    assert ASKS in [one.name for one in answer.templates]
    assert ("factor_password" in answer.context["form"].fields) is (name in FULL)
