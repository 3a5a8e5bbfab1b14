"""Spans of time, opening hours, names of programs."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.staff.rules import off_hours
from crm.trail.rules import short_agent, span

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(("chosen", "first"), [("today", 21), ("7d", 15), ("30d", 23)])
def test_a_relative_range_ends_now_and_wins_over_days(chosen: str, first: int) -> None:
    start, end = span(chosen=chosen, since=TODAY, until=TODAY, today=TODAY, zone=ZONE)
    assert start is not None
    assert start.day == first
    assert end is None


def test_both_days_count_in_full() -> None:
    start, end = span(chosen="", since=TODAY, until=TODAY, today=TODAY, zone=ZONE)
    assert start == datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert end is not None
    assert end - start == timedelta(days=1)


def test_nothing_asked_is_no_limit() -> None:
    assert span(chosen="", since=None, until=None, today=TODAY, zone=ZONE) == (None, None)


@given(st.integers(0, 23))
def test_off_hours_is_the_complement_of_opening(hour: int) -> None:
    moment = datetime(2026, 11, 21, hour, 30, tzinfo=ZONE)
    assert off_hours(moment, opens=9, closes=20) is (hour not in range(9, 20))


@pytest.mark.parametrize(
    ("agent", "short"),
    [
        ("Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36", "Chrome 141"),
        ("Mozilla/5.0 Chrome/141.0.0.0 Safari/537.36 Edg/141.0.1.2", "Edge 141"),
        ("Mozilla/5.0 Gecko/20100101 Firefox/140.0", "Firefox 140"),
        ("curl/8.1.2 x", "curl/8.1.2"),
        ("", ""),
        ("x" * 80, "x" * 24),
    ],
)
def test_programs_have_short_names(agent: str, short: str) -> None:
    assert short_agent(agent) == short
