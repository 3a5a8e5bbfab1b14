"""Administrators' consoles open from listed addresses only, by page and API (R36)."""

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from crm.settings.env import networks
from crm.staff import services
from crm.staff.checks import consoles_open_somewhere
from crm.staff.networks import CONSOLES
from privacy.access.policy import Permission, Role
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
LISTED = ["10.1.4.0/24", "fd12:3456::/48", "192.0.2.7"]
ADMINS = sorted(CONSOLES)


@pytest.fixture(autouse=True)
def _listed(settings) -> None:
    settings.ADMIN_NETWORKS = networks(LISTED)


@pytest.fixture
def of_role(clinic, sign_in_as):
    """``of_role(role)``: a person, and their signed-in browser."""

    def make(role: str):
        user = UserFactory.create(clinic=clinic, role=role)
        return user, sign_in_as(user)

    return make


@pytest.mark.parametrize("role", ADMINS)
@pytest.mark.parametrize(
    ("ip", "status"),
    [
        ("10.1.4.1", 200),
        ("::ffff:10.1.4.1", 200),
        ("192.0.2.7", 200),
        ("fd12:3456:0:1::5", 200),
        ("10.1.5.1", 403),
        ("fd12:3457::5", 403),
        ("192.0.2.8", 403),
        ("nonsense", 403),
    ],
)
def test_pages_open_from_listed_addresses_only(of_role, booked, role, ip, status) -> None:
    user, client = of_role(role)

    for name in ("staff:list", "staff:account"):
        answer = client.get(reverse(name), REMOTE_ADDR=ip)
        assert answer.status_code == status
    denials = booked("access.denied")
    assert [(one.actor, one.reason) for one in denials] == (
        [(user.pk, "outside_networks")] * 2 if status == 403 else []
    )
    if status == 403:
        assert [one.target for one in denials] == ["staff:account", "staff:list"]
        page = answer.content.decode()
        assert reverse("staff:sign-out") in page
        assert "<nav" not in page


@pytest.mark.parametrize("role", ADMINS)
def test_a_refused_administrator_signs_out_there(of_role, role) -> None:
    _user, client = of_role(role)

    assert client.post(reverse("staff:sign-out"), REMOTE_ADDR="10.1.5.1").status_code == 302
    assert client.get(reverse("staff:list"), REMOTE_ADDR="10.1.4.1").status_code == 302


def test_a_list_leaves_the_other_roles_alone(of_role) -> None:
    for role in set(Role) - CONSOLES:
        _user, client = of_role(role)
        assert client.get(reverse("staff:account"), REMOTE_ADDR="10.1.5.1").status_code == 200


def test_without_a_list_they_open_everywhere(of_role, settings) -> None:
    settings.ADMIN_NETWORKS = []
    _user, client = of_role(Role.AUDITOR)
    assert client.get(reverse("staff:list"), REMOTE_ADDR="203.0.113.9").status_code == 200


@pytest.mark.parametrize(
    ("trusted", "forwarded", "status"),
    [
        (0, "10.1.4.1", 403),  # what a client says of itself
        (1, "10.1.4.1", 200),
        (1, "10.1.4.1, 203.0.113.9", 403),
        (1, "203.0.113.9, 10.1.4.1", 200),
        (2, "10.1.4.1, 203.0.113.9", 200),
        (2, "10.1.4.1", 403),
    ],
)
def test_behind_a_proxy_the_hop_that_is_ours_counts(
    of_role, settings, trusted, forwarded, status
) -> None:
    settings.TRUSTED_PROXIES = trusted
    _user, client = of_role(Role.SECURITY_ADMIN)
    answer = client.get(
        reverse("staff:list"), headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="203.0.113.1"
    )
    assert answer.status_code == status


def test_the_api_asks_the_same_of_sessions_and_tokens(of_role, booked, client) -> None:
    user, browser = of_role(Role.AUDITOR)
    _token, secret = services.issue_token(
        user=user, name="x", scopes=[Permission.VIEW_AUDIT], lifetime=timedelta(days=1)
    )
    me = reverse("staff:api-me")
    bearer = {"Authorization": f"Bearer {secret}"}
    for ip, status in (("10.1.4.1", 200), ("10.1.5.1", 403)):
        assert browser.get(me, REMOTE_ADDR=ip).status_code == status
        assert client.get(me, headers=bearer, REMOTE_ADDR=ip).status_code == status
    assert "10.1.5.1" in client.get(me, headers=bearer, REMOTE_ADDR="10.1.5.1").json()["detail"]
    assert {one.reason for one in booked("access.denied")} == {"outside_networks"}
    assert len(booked("access.denied")) == 3


def test_a_page_that_asks_by_itself_is_booked_once_a_network(of_role, booked) -> None:
    """Its word for it is a header that whoever holds the session may set."""
    user, client = of_role(Role.AUDITOR)

    def ask(ip: str, **headers: str) -> int:
        for name in ("staff:api-me", "trail:list"):
            answer = client.get(reverse(name), headers=headers, REMOTE_ADDR=ip)
            assert answer.status_code == 403
        return len(booked("access.denied"))

    poll = {"X-Poll": "1"}
    assert ask("10.1.5.1", **poll) == 1
    assert ask("10.1.5.2", **poll) == 1
    assert ask("10.2.5.1", **poll) == 2
    assert ask("10.2.5.1") == 4  # a person's own doing is, each time
    assert ask("10.2.5.1", **poll) == 4
    assert {one.actor for one in booked("access.denied")} == {user.pk}


def test_a_token_has_no_page_that_asks_by_itself(of_role, booked, client) -> None:
    user, _browser = of_role(Role.AUDITOR)
    _token, secret = services.issue_token(
        user=user, name="x", scopes=[Permission.VIEW_AUDIT], lifetime=timedelta(days=1)
    )
    headers = {"Authorization": f"Bearer {secret}", "X-Poll": "1"}
    for _ in range(2):
        client.get(reverse("staff:api-me"), headers=headers, REMOTE_ADDR="10.1.5.1")
    assert len(booked("access.denied")) == 2


def test_signing_in_is_open_and_leads_to_the_refusal(of_role) -> None:
    _user, client = of_role(Role.SYSTEM_ADMIN)
    page = client.get("/", REMOTE_ADDR="10.1.5.1", headers={"HX-Request": "true"})
    assert (page.status_code, "10.1.5.1" in page.headers["HX-Trigger"]) == (403, True)
    assert client.get(reverse("staff:sign-in"), REMOTE_ADDR="10.1.5.1").status_code != 403


@pytest.mark.parametrize("wrong", ["10.1.4.0/33", "the office", "10.1.4"])
def test_a_list_that_cannot_be_read_stops_the_start(wrong) -> None:
    with pytest.raises(ImproperlyConfigured):
        networks(["10.1.4.0/24", wrong])


def test_a_deployment_without_a_list_is_told(settings) -> None:
    assert consoles_open_somewhere() == []
    settings.ADMIN_NETWORKS = []
    (told,) = consoles_open_somewhere()
    assert told.id == "suian.W002"
