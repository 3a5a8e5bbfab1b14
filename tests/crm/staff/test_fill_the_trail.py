"""Failed sign-ins are booked, and cannot fill the trail."""

from itertools import count

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.staff import failures
from crm.staff.models import TotpDevice, User
from crm.staff.services import open_account
from privacy.access.policy import Role
from privacy.audit.models import READER, AuditEvent, acting_as

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"
MOST = failures.PER_SOURCE
FAILED = ("staff.sign_in_failed", "staff.sign_in_throttled")
_hosts = count(1)


@pytest.fixture(autouse=True)
def _as_in_a_clinic(monkeypatch: pytest.MonkeyPatch):
    """The real limits, and no minute that ends in between."""
    monkeypatch.setattr(failures, "PER_SOURCE", MOST)
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.fixture
def address() -> str:
    """An address at which no other test has failed in this minute."""
    number = next(_hosts) + int(timezone.now().timestamp() * 1000) % 2**20 * 16
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


@pytest.fixture
def lin(clinic) -> User:
    user, _seed = open_account(
        clinic=clinic, staff_no="lin", display_name="林晓", role=Role.NURSE, password=PASSWORD
    )
    return user


def attempt(address: str, **known: str) -> HttpResponse:
    given = {"staff_no": "nobody", "password": "no", "code": "000000"} | known
    return Client().post(reverse("staff:sign-in"), given, REMOTE_ADDR=address)


def comes_in(user: User, address: str) -> bool:
    code = f"{TotpDevice.objects.get(user=user).generator(timezone.now()).token():06d}"
    answer = attempt(address, staff_no=user.staff_no, password=PASSWORD, code=code)
    return answer.status_code == 302


def booked() -> list[AuditEvent]:
    with acting_as(READER):
        return list(AuditEvent.objects.filter(action__in=FAILED))


def test_tries_at_one_locked_name_leave_a_few_events(lin, address) -> None:
    answers = [attempt(address) for _ in range(300)]

    assert [one.status_code for one in answers[:5]] == [422] * 5
    assert {one.status_code for one in answers[5:]} == {429}
    assert all(int(one["Retry-After"]) > 0 for one in answers[5:])
    assert len(booked()) == MOST
    assert [event.detail for event in booked() if event.detail] == [{"last": 1}]
    assert comes_in(lin, "10.202.0.1")


def test_a_new_name_each_time_leaves_as_few(lin, address) -> None:
    answers = [attempt(address, staff_no=f"x{number}") for number in range(MOST + 5)]

    assert [one.status_code for one in answers] == [422] * MOST + [429] * 5
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert len(booked()) == MOST
    # A whole clinic is behind one address: who knows password and code comes in.
    assert attempt(address, staff_no=lin.staff_no).status_code == 429  # known or not, one answer
    assert comes_in(lin, address)


def test_what_is_not_booked_still_locks(lin, address) -> None:
    for number in range(MOST):
        attempt(address, staff_no=f"x{number}")
    for _ in range(5):
        attempt(address, staff_no=lin.staff_no)
    assert not comes_in(lin, address)
    assert comes_in(lin, "10.202.0.1")


def test_many_addresses_share_a_limit(monkeypatch) -> None:
    monkeypatch.setattr(failures, "IN_ALL", 3)
    answers = [attempt(f"10.203.0.{number}", staff_no=f"x{number}") for number in range(6)]

    assert {one.status_code for one in answers[-3:]} == {429}
    assert len(booked()) <= 3
