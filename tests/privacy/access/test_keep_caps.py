"""So many within so long, over every stretch of time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from privacy.access.caps import Cap, free_again

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
CAPS = (Cap(3, timedelta(hours=1)), Cap(5, timedelta(days=1)))
gaps = st.lists(st.integers(0, 5000), max_size=60)


def test_under_the_cap_it_is_free():
    done = [START - timedelta(minutes=at) for at in (1, 2)]
    assert free_again(done, START, CAPS) is None


def test_the_hour_frees_the_oldest_of_the_last_three():
    done = [START - timedelta(minutes=at) for at in (1, 2, 50, 59)]
    assert free_again(done, START, CAPS) == START + timedelta(minutes=10)


def test_the_day_counts_when_the_hour_is_free():
    done = [START - timedelta(hours=at) for at in (2, 3, 4, 5, 6)]
    assert free_again(done, START, CAPS) == START + timedelta(hours=18)


@given(gaps)
def test_whoever_waits_as_told_stays_within_every_cap(waits):
    """Trying again and again, and doing it only when told that it is free."""
    now, done = START, []
    for seconds in waits:
        now += timedelta(seconds=seconds)
        free = free_again(done, now, CAPS)
        if free is not None:
            assert free > now
            assert free_again(done, free, CAPS) is None
            now = free
        done.insert(0, now)
    for cap in CAPS:
        for number, newest in enumerate(done):
            within = [one for one in done[number:] if one > newest - cap.span]
            assert len(within) <= cap.most
