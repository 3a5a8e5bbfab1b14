"""The two clocks (R23)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crm.incidents.rules import REPORT, SOON, TRIAGE, Clock

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SPANS = st.timedeltas(min_value=-timedelta(days=9), max_value=timedelta(days=9))


def test_one_hour_and_four() -> None:
    assert (timedelta(hours=1), timedelta(hours=4)) == (TRIAGE, REPORT)


@given(SPANS)
def test_a_running_clock_is_late_after_its_deadline_alone(ahead: timedelta) -> None:
    clock = Clock(NOON + ahead)
    assert clock.left(NOON) == ahead
    assert clock.is_late(NOON) == (ahead < timedelta(0))
    expected = "bad" if ahead < timedelta(0) else "warn" if ahead <= SOON else ""
    assert clock.tone(NOON) == expected


@given(SPANS, SPANS)
def test_a_stopped_clock_says_the_same_for_ever(stopped: timedelta, later: timedelta) -> None:
    clock = Clock(NOON, NOON + stopped)
    assert clock.is_late(NOON + later) == (stopped > timedelta(0))
    assert clock.tone(NOON + later) == ("bad" if stopped > timedelta(0) else "ok")
