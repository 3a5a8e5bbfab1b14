"""Nothing that somebody types into an address or a hidden field breaks a page."""

from datetime import date

import pytest

from crm.web.numbers import day_after, natural
from privacy.access.policy import Role
from tests.factories.people import UserFactory

LONG = "9" * 5000
ODD = [
    "since=9999-12-31&until=9999-12-31",
    "since=0001-01-01&until=0001-01-01",
    f"page={LONG}&size=x&at={LONG}&before={LONG}&after=-",
    "page=%00&size=%00&stage=%00&status=%00&lane=%00&state=%00&operator=%00&code=%00&ip=%00"
    "&seen=%00&by=%00&scope=%00&before=%00&after=%00&category=%00&template=%00",
    "page=%ED%A0%80&operator=%ED%A0%80&code=%ED%A0%80&stage=%ED%A0%80&before=%ED%A0%80",
]
PAGES = [
    (Role.FRONT_DESK, ("/", "/patients/", "/estimates/", "/search/", "/api/v1/patients/")),
    (Role.CONSULTANT, ("/consultations/", "/prices/")),
    (Role.NURSE, ("/followups/", "/messages/")),
    (Role.AUDITOR, ("/audit/",)),
    (Role.SYSTEM_ADMIN, ("/audit/own/", "/staff/")),
]


@pytest.mark.django_db
@pytest.mark.parametrize("query", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize(("role", "pages"), PAGES, ids=[role for role, _pages in PAGES])
def test_an_odd_address_is_answered(clinic, sign_in_as, role, pages, query):
    client = sign_in_as(UserFactory.create(clinic=clinic, role=role))

    for page in pages:
        assert client.get(f"{page}?{query}").status_code < 500, page


@pytest.mark.parametrize(
    ("text", "found"),
    [("7", 7), ("0", 0), ("", -1), (None, -1), ("-7", -1), ("²", -1), ("９", -1), (LONG, -1)],
)
def test_only_plain_short_numbers_count(text, found):
    assert natural(text, otherwise=-1) == found


def test_the_last_day_of_the_calendar_has_no_next():
    assert day_after(date(2026, 12, 31)) == date(2027, 1, 1)
    assert day_after(date.max) == date.max
