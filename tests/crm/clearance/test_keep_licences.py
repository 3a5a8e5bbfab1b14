"""Licences are compared by somebody else, expire, and gate the roles that need them."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from crm.clearance import services
from crm.clearance.models import Licence
from crm.staff.models import User
from crm.web.idempotency import FIELD, new_key
from privacy.access.policy import Role
from privacy.errors import AccessDenied, DomainError
from tests.factories.people import UserFactory


@pytest.fixture
def nurse(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.NURSE, cleared_until=None)


def record(staff: User, admin: User, *, days: int = 30, kind: str = "nurse") -> Licence:
    return services.record_licence(
        staff=staff, kind=kind, number="2026-11", actor=admin,
        expires_on=timezone.localdate() + timedelta(days=days),
    )  # fmt: skip


def test_a_nurse_is_cleared_as_long_as_the_licence_lasts(nurse, admin, clear) -> None:
    clear(nurse)
    for licence in nurse.licences.all():
        services.withdraw_licence(licence=licence, actor=admin)
    nurse.refresh_from_db()
    assert nurse.cleared_until is None

    record(nurse, admin)
    assert nurse.cleared_until == timezone.localdate() + timedelta(days=30)


def test_a_consultant_needs_none(trainee, clear) -> None:
    clear(trainee)
    assert trainee.cleared_until == timezone.localdate() + timedelta(days=365)


def test_nobody_checks_their_own(admin) -> None:
    with pytest.raises(AccessDenied):
        record(admin, admin)
    with pytest.raises(IntegrityError), transaction.atomic():
        Licence.objects.create(
            staff=admin, kind="other", number="x", checked_by=admin,
            expires_on=timezone.localdate(),
        )  # fmt: skip


def test_nobody_withdraws_their_own(clinic, admin) -> None:
    other = UserFactory.create(clinic=clinic, role=Role.SYSTEM_ADMIN)
    with pytest.raises(AccessDenied):
        services.withdraw_licence(licence=record(other, admin), actor=other)


def test_an_expired_one_is_not_recorded(nurse, admin) -> None:
    with pytest.raises(DomainError):
        record(nurse, admin, days=-1)


def test_a_record_is_withdrawn_once_and_never_edited(nurse, admin, events) -> None:
    licence = record(nurse, admin)
    rows = Licence.objects.filter(pk=licence.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(expires_on=timezone.localdate() + timedelta(days=999))
    for _ in range(2):
        services.withdraw_licence(licence=licence, actor=admin)
    assert len(events("clearance.licence_withdrawn")) == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(withdrawn_at=None)


def test_the_administrators_page(sign_in_as, nurse, admin, guard, events) -> None:
    address = reverse("clearance:licences", args=[nurse.pk])
    client = sign_in_as(admin)
    assert client.get(address).status_code == 200
    form = {"kind": "nurse", "number": "N-7", "seen": "on"}
    ends = (timezone.localdate() + timedelta(days=9)).isoformat()
    assert client.post(address, {FIELD: new_key(), **form}).status_code == 422
    old = {**form, "expires_on": "2020-01-01"}
    assert client.post(address, {FIELD: new_key(), **old}).status_code == 422
    done = client.post(address, {FIELD: new_key(), **form, "expires_on": ends})
    assert done.status_code == 302
    assert "N-7" in client.get(address).content.decode()
    assert events("clearance.licence_recorded")[-1].target == f"staff:{nurse.staff_no}"

    licence = nurse.licences.get()
    withdraw = reverse("clearance:withdraw", args=[licence.pk])
    assert sign_in_as(guard).post(withdraw, {FIELD: new_key()}).status_code == 403
    assert client.post(withdraw, {FIELD: new_key()}).status_code == 302
    licence.refresh_from_db()
    assert licence.withdrawn_at is not None
    assert client.get(address).status_code == 200


def test_another_clinics_licence_does_not_exist(sign_in_as, stranger, admin, events) -> None:
    boss = UserFactory.create(clinic=stranger.clinic, role=Role.SYSTEM_ADMIN)
    licence = record(stranger, boss, kind="other")
    withdraw = reverse("clearance:withdraw", args=[licence.pk])
    assert sign_in_as(admin).post(withdraw, {FIELD: new_key()}).status_code == 404
    assert events("access.not_found")[-1].target == f"licence:{licence.pk}"
