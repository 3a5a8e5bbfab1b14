"""Refused API tokens are booked, without the token, and cannot flood the trail."""

from datetime import timedelta
from hashlib import sha256
from itertools import count

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from crm.staff import services, token_refusals
from crm.staff.models import ApiToken, User
from privacy.access.policy import Permission
from privacy.audit.models import READER, AuditEvent, acting_as

pytestmark = pytest.mark.django_db
ME, LIST, REFUSED = "/api/v1/me/", "/api/v1/patients/", "staff.token_refused"
_hosts = count(1)


@pytest.fixture
def address() -> str:
    """An address that no other test has been refused at in this minute."""
    number = next(_hosts) + int(timezone.now().timestamp() * 1000) % 2**20 * 16
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


@pytest.fixture
def issued(carer: User) -> tuple[ApiToken, str]:
    return services.issue_token(
        user=carer, name="x", scopes=[Permission.VIEW_CONSENTS], lifetime=timedelta(days=1)
    )


def ask(secret: str, address: str, path: str = ME) -> int:
    head = {"Authorization": f"Bearer {secret}"}
    return Client().get(path, headers=head, REMOTE_ADDR=address).status_code


def refused() -> list[AuditEvent]:
    with acting_as(READER):
        return list(AuditEvent.objects.filter(action=REFUSED))


@pytest.mark.parametrize("why", ["revoked", "expired", "suspended"])
def test_a_token_that_ended_is_booked_in_its_owners_name(issued, carer, address, why) -> None:
    token, secret = issued
    past = timezone.now() - timedelta(minutes=1)
    if why == "suspended":
        User.objects.filter(pk=carer.pk).update(is_active=False)
    else:
        field = {"revoked": "revoked_at", "expired": "expires_at"}[why]
        ApiToken.objects.filter(pk=token.pk).update(**{field: past})

    assert ask(secret, address) == 401

    (event,) = refused()
    assert (event.kind, event.outcome, event.reason) == ("denial", "denied", why)
    assert (event.actor, event.target, event.ip) == (carer.pk, f"token:{token.pk}", address)


def test_a_password_that_is_too_old_stops_tokens_until_it_is_changed(
    issued, carer, address, settings
) -> None:
    token, secret = issued
    settings.PASSWORD_POLICY = "complexity"
    old = timezone.now() - timedelta(days=settings.PASSWORD_MAX_AGE_DAYS + 1)
    User.objects.filter(pk=carer.pk).update(password_changed_at=old)

    assert ask(secret, address) == 401

    (event,) = refused()
    assert (event.actor, event.target) == (carer.pk, f"token:{token.pk}")
    assert event.reason == "password_old"
    User.objects.filter(pk=carer.pk).update(password_changed_at=timezone.now())
    assert ask(secret, address) == 200


def test_an_unknown_token_is_booked_by_a_mark_that_is_no_piece_of_it(address) -> None:
    secret = "suian_my-own-password"
    assert [ask(secret, address), ask(secret, address), ask("suian_x", address)] == [401] * 3

    other, again, first = refused()
    assert (first.actor, first.process, first.reason) == (None, "api", "unknown")
    assert first.target == again.target != other.target
    assert len(first.target) == len("token:") + 8
    assert "password" not in str(first.facts())
    # Keyed: whoever holds the trail cannot try a dictionary on it.
    assert sha256(secret.encode()).hexdigest()[:8] not in first.target


def test_a_scope_that_is_missing_is_booked_as_such(issued, carer, address) -> None:
    _token, secret = issued
    assert ask(secret, address, LIST) == 403

    (event,) = refused()
    assert (event.actor, event.target, event.reason) == (carer.pk, LIST, "patients.view")


def test_after_the_limit_nothing_is_booked_and_the_answer_says_wait(address) -> None:
    most = token_refusals.PER_SOURCE
    with time_machine.travel(timezone.now(), tick=False):  # all within one minute
        answers = [ask("suian_wrong", address) for _ in range(most + 3)]

    assert answers == [401] * most + [429] * 3
    assert len(refused()) == most
    assert {"last": 1} in [event.detail for event in refused()]


def test_a_good_token_from_the_same_address_is_served(issued, address) -> None:
    for _ in range(token_refusals.PER_SOURCE + 1):
        ask("suian_wrong", address)
    assert ask(issued[1], address) == 200


def test_scopes_are_limited_by_token_not_by_address(issued, monkeypatch, address) -> None:
    monkeypatch.setattr(token_refusals, "PER_SOURCE", 2)
    with time_machine.travel(timezone.now(), tick=False):
        answers = [ask(issued[1], f"10.200.0.{n}", LIST) for n in range(4)]

    assert answers == [403, 403, 429, 429]
    assert len(refused()) == answers.count(403)


def test_many_addresses_share_a_limit(monkeypatch) -> None:
    monkeypatch.setattr(token_refusals, "IN_ALL", 3)
    with time_machine.travel(timezone.now(), tick=False):
        answers = [ask("suian_wrong", f"10.201.0.{number}") for number in range(6)]

    assert answers[-3:] == [429] * 3
    assert len(refused()) == answers.count(401)
