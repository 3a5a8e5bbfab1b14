"""Signs that one human holds offices under two accounts: the name, and the browser."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from crm.separation import services
from crm.staff.events import StaffEvent
from crm.staff.models import User
from privacy.access.policy import Role
from privacy.access.separation import Breach
from privacy.audit import services as audit
from privacy.audit.context import Origin, acting_from
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)


def signs_in(who: User, address: str, agent: str) -> None:
    with acting_from(Origin(ip=address, agent=agent, request_id=uuid4())), transaction.atomic():
        audit.record(StaffEvent.SIGNED_IN, actor=who)


def test_the_name_when_the_second_account_is_opened(keeper, clinic, time_machine) -> None:
    time_machine.move_to(timezone.now() + timedelta(days=9))
    named = {"clinic": clinic, "display_name": f" {keeper.display_name}"}
    UserFactory.create(**named, role=Role.SECURITY_ADMIN)
    UserFactory.create(display_name=keeper.display_name, role=Role.AUDITOR)  # elsewhere
    for role in (Role.NURSE, Role.CONSULTANT):
        UserFactory.create(clinic=clinic, role=role, display_name="王芳")
    second = UserFactory.create(**named, role=Role.AUDITOR)
    time_machine.move_to(timezone.now() + timedelta(seconds=1))
    found = services.search(process="separation")
    assert Breach("person", second.pk, f"staff:{keeper.staff_no}") in found
    assert {(one.pair, one.person) for one in found} == {("person", second.pk)}
    time_machine.move_to(timezone.now() + timedelta(days=2))
    assert services.search(process="separation") == []


@pytest.mark.parametrize(
    ("minutes", "at", "role", "seen"),
    [
        (9, ("10.0.0.7", "Firefox"), Role.AUDITOR, True),
        (11, ("10.0.0.7", "Firefox"), Role.AUDITOR, False),
        (9, ("10.0.0.8", "Firefox"), Role.AUDITOR, False),
        (9, ("10.0.0.7", "Edge"), Role.AUDITOR, False),
        (9, ("10.0.0.7", "Firefox"), Role.SECURITY_ADMIN, False),
        (9, ("10.0.0.7", "Firefox"), Role.NURSE, False),
    ],
)
def test_one_browser_within_ten_minutes(
    keeper, clinic, time_machine, minutes, at, role, seen
) -> None:
    other = UserFactory.create(clinic=clinic, role=role)
    signs_in(keeper, "10.0.0.7", "Firefox")
    time_machine.move_to(timezone.now() + timedelta(minutes=minutes))
    signs_in(other, *at)
    signs_in(other, *at)
    time_machine.move_to(timezone.now() + timedelta(seconds=1))
    expected = [Breach("person", other.pk, f"staff:{keeper.staff_no}")] if seen else []
    assert services.search(process="separation") == expected
    assert services.search(process="separation") == []  # told already


def test_the_servers_own_address_tells_nothing(keeper, clinic) -> None:
    for who in (keeper, UserFactory.create(clinic=clinic, role=Role.AUDITOR)):
        signs_in(who, "127.0.0.1", "Firefox")
    assert services.search(process="separation") == []
