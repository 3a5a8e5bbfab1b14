"""Bounds, ages, strikes: the rules by themselves."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.access_requests import rules
from crm.access_requests.rules import Standing

ZONE = timezone(timedelta(hours=8))
MOMENTS = st.integers(min_value=1_577_836_800, max_value=2_208_988_800).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


@given(MOMENTS, st.integers(min_value=-40, max_value=40))
def test_an_access_ends_after_now_within_its_day_and_within_fourteen_days(now, ahead):
    day = now.astimezone(ZONE).date() + timedelta(days=ahead)

    end = rules.last_moment(day, now=now, zone=ZONE)

    assert (end is None) is not (0 <= ahead <= 14)
    if end is not None:
        assert now < end <= now + rules.LONGEST
        assert rules.last_day(end, zone=ZONE) <= day


def test_a_day_ends_at_midnight_of_clinic_time():
    now = datetime(2026, 3, 1, 2, tzinfo=UTC)

    end = rules.last_moment(date(2026, 3, 2), now=now, zone=ZONE)

    assert end == datetime(2026, 3, 2, 16, tzinfo=UTC)


@given(st.lists(st.booleans(), max_size=5))
def test_any_mark_asks_for_two(marks):
    assert rules.approvals_needed(*marks) == (2 if True in marks else 1)


@given(st.lists(MOMENTS, max_size=2), st.none() | MOMENTS)
def test_two_strikes_suspend_nobody(strikes, lifted):
    assert not rules.is_suspended(strikes, lifted_at=lifted)


@given(MOMENTS, st.lists(st.integers(0, 365), min_size=3, max_size=8), st.randoms())
def test_three_within_a_year_suspend_until_lifted(first, days, random):
    strikes = [first + timedelta(days=one) for one in days]
    random.shuffle(strikes)

    assert rules.is_suspended(strikes, lifted_at=None)
    assert rules.is_suspended(strikes, lifted_at=first - timedelta(days=1))
    assert not rules.is_suspended(strikes, lifted_at=max(strikes))


def test_strikes_far_apart_do_not_add_up():
    first = datetime(2024, 1, 1, tzinfo=UTC)

    assert not rules.is_suspended(
        [first + timedelta(days=one) for one in (0, 183, 366)], lifted_at=None
    )


@pytest.mark.parametrize(
    ("state", "until", "wanted", "expected"),
    [
        ("asked", None, 1, Standing.WAITING),
        ("asked", None, 0, Standing.LAPSED),
        ("approved", 1, 1, Standing.OPEN),
        ("approved", 0, 1, Standing.OVER),
        ("refused", None, 1, Standing.REFUSED),
        ("withdrawn", None, 1, Standing.WITHDRAWN),
        ("ended", 1, 1, Standing.ENDED),
    ],
)
def test_a_request_stands_where_state_and_clock_say(state, until, wanted, expected):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ends = None if until is None else now + timedelta(hours=until)

    found = rules.standing(state, until=ends, wanted_until=now + timedelta(hours=wanted), now=now)

    assert found is expected


def test_a_verdict_is_due_within_a_day():
    now = datetime(2026, 1, 2, tzinfo=UTC)

    assert not rules.is_overdue(now - timedelta(hours=24), now=now)
    assert rules.is_overdue(now - timedelta(hours=24, seconds=1), now=now)
