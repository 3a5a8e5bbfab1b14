"""A session that goes on from another network shows its second factor first (ADR 0038)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from crm.staff import services
from crm.staff.models import User
from crm.staff.rules import network_of
from crm.staff.session_store import NETWORKS
from crm.web.idempotency import FIELD, new_key
from privacy.access.policy import Permission, Role
from tests.factories.people import PASSWORD

pytestmark = pytest.mark.django_db
HOME, NEAR, FAR, FAR6 = "10.1.4.21", "10.1.200.7", "203.0.113.9", "2001:db8:1::9"
ACCOUNT, CONFIRM = "/account/", "/account/confirm/"


@pytest.fixture
def lin(clinic) -> User:
    user, _seed = services.open_account(
        clinic=clinic, staff_no="lin", display_name="林晓", role=Role.CONSULTANT,
        password=PASSWORD,
    )  # fmt: skip
    return user


def code_of(user: User, step: int = 1) -> str:
    return f"{services.codes_around(user.totp)[step][1]:06d}"


@pytest.fixture
def browser(lin) -> Client:
    """Signed in at home, by the door."""
    client = Client(REMOTE_ADDR=HOME)
    typed = {"staff_no": "lin", "password": PASSWORD, "code": code_of(lin, 0)}
    assert client.post(reverse("staff:sign-in"), typed).status_code == 302
    return client


def confirm(browser: Client, lin: User, ip: str):
    return browser.post(CONFIRM, {"factor_code": code_of(lin), "next": ACCOUNT}, REMOTE_ADDR=ip)


def test_within_a_network_nobody_is_asked(browser, booked) -> None:
    for ip in (HOME, NEAR, f"::ffff:{NEAR}"):
        assert browser.get(ACCOUNT, REMOTE_ADDR=ip).status_code == 200
    assert not booked("staff.session_moved")


@pytest.mark.parametrize("ip", [FAR, FAR6, "nonsense"])
def test_elsewhere_the_factor_is_asked_and_the_move_booked_once(browser, lin, booked, ip) -> None:
    for _again in range(2):
        answer = browser.get(ACCOUNT, REMOTE_ADDR=ip)
        assert answer.headers["Location"] == f"{CONFIRM}?next=%2Faccount%2F"
    (event,) = booked("staff.session_moved")
    assert (event.actor, event.target) == (lin.pk, "staff:lin")
    assert event.detail == {"from": "10.1.0.0/16", "to": network_of(event.ip)}

    assert browser.get(CONFIRM, REMOTE_ADDR=ip).status_code == 200
    assert confirm(browser, lin, ip).headers["Location"] == ACCOUNT
    assert browser.get(ACCOUNT, REMOTE_ADDR=ip).status_code == 200
    assert browser.get(ACCOUNT, REMOTE_ADDR=HOME).status_code == 200  # both are known now
    assert len(booked("staff.session_moved")) == 1


def test_a_stolen_cookie_without_the_factor_reaches_nothing(browser) -> None:
    for name in ("patients:list", "staff:tokens"):
        assert browser.get(reverse(name), REMOTE_ADDR=FAR).headers["Location"].startswith(CONFIRM)
    wrong = browser.post(CONFIRM, {"factor_code": "000000", "next": ACCOUNT}, REMOTE_ADDR=FAR)
    assert wrong.status_code == 422
    assert browser.get(ACCOUNT, REMOTE_ADDR=FAR).status_code == 302
    assert browser.get(ACCOUNT, REMOTE_ADDR=HOME).status_code == 200  # its owner goes on


def test_what_was_typed_is_carried_through(browser, lin) -> None:
    keys = reverse("staff:keys")
    typed = {FIELD: new_key(), "single_keys": "on"}
    asked = browser.post(keys, typed, REMOTE_ADDR=FAR)
    assert asked.status_code == 422
    assert ("single_keys", "on") in asked.context["carried"]
    done = browser.post(keys, typed | {"factor_code": code_of(lin)}, REMOTE_ADDR=FAR)
    assert done.status_code == 302
    assert done.headers["Location"] != CONFIRM
    assert browser.get(ACCOUNT, REMOTE_ADDR=FAR).status_code == 200


def test_half_filled_pages_and_programs_are_told_without_losing_anything(browser) -> None:
    for path, head in (
        (ACCOUNT, {"X-Keeps-Page": "1", "HX-Request": "true"}),
        (reverse("staff:api-me"), {}),
        (reverse("staff:api-me"), {"X-Poll": "1"}),
    ):
        assert browser.get(path, headers=head, REMOTE_ADDR=FAR).status_code == 403
    told = browser.get(reverse("staff:api-me"), REMOTE_ADDR=FAR).json()
    assert told["code"] == "moved"


def test_the_way_out_and_the_open_doors_stay_open(browser, booked) -> None:
    assert browser.get(reverse("web:live"), REMOTE_ADDR=FAR).status_code == 200
    assert browser.post(reverse("staff:sign-out"), REMOTE_ADDR=FAR).status_code == 302
    assert not booked("staff.session_moved")


def test_a_token_has_no_session_that_moves(lin) -> None:
    _token, secret = services.issue_token(
        user=lin, name="x", scopes=[Permission.VIEW_PATIENTS], lifetime=timedelta(days=1)
    )
    for ip in (HOME, FAR):
        head = {"Authorization": f"Bearer {secret}"}
        answer = Client().get(reverse("staff:api-me"), headers=head, REMOTE_ADDR=ip)
        assert answer.status_code == 200


def test_a_session_from_before_the_rule_goes_on(lin, sign_in_as) -> None:
    client = sign_in_as(lin)
    assert NETWORKS not in client.session
    assert client.get(ACCOUNT, REMOTE_ADDR=FAR).status_code == 200


@given(st.ip_addresses(v=4), st.ip_addresses(v=6))
def test_networks_hold_their_addresses(four, six) -> None:
    for one, length in ((four, 16), (six, 32)):
        network = network_of(str(one))
        assert network.endswith(f"/{length}")
        assert network_of(network.split("/")[0]) == network
    assert network_of(None) == ""
