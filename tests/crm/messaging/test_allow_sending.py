"""Quiet hours, caps, the states of a message, and asking after it."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.messaging import rules
from crm.messaging.rules import CapReached, Caps, NextMove, QuietHours, Status, next_allowed

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
DAY = QuietHours()
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds


def at(hour: int, minute: int = 0, day: int = 21) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        (at(8, 59), at(9)),
        (at(9), at(9)),
        (at(11, 59), at(11, 59)),
        (at(12), at(14)),
        (at(13, 59), at(14)),
        (at(19, 59), at(19, 59)),
        (at(20), at(9, day=22)),
        (at(23, 59), at(9, day=22)),
        (at(0), at(9)),
    ],
)
def test_the_next_allowed_moment(moment, allowed):
    assert next_allowed(moment, quiet=DAY) == allowed
    assert rules.is_allowed(moment, quiet=DAY) == (moment == allowed)


def test_noon_is_open_to_those_who_chose_it():
    assert next_allowed(at(12, 30), quiet=QuietHours(noon_allowed=True)) == at(12, 30)


def test_a_clinic_open_all_day():
    whole = QuietHours(time(0), time(23, 59), time(12), time(12))

    assert next_allowed(at(23, 59), quiet=whole) == at(0, day=22)


@pytest.mark.parametrize(
    "hours",
    [
        {"opens": time(20), "closes": time(9)},
        {"noon_from": time(8)},
        {"noon_until": time(11)},
        {"noon_from": time(9), "noon_until": time(20)},
        dict.fromkeys(("opens", "noon_from", "noon_until", "closes"), time(9)),
    ],
)
def test_hours_that_make_no_sense_are_refused(hours):
    with pytest.raises(ValueError, match="noon"):
        QuietHours(**hours)


@given(MOMENTS, st.booleans(), st.sampled_from([SHANGHAI, BERLIN]))
def test_the_next_allowed_moment_is_allowed_and_not_earlier(moment, noon, zone):
    quiet = QuietHours(noon_allowed=noon)
    found = next_allowed(moment, quiet=quiet, zone=zone)

    assert found >= moment
    assert rules.is_allowed(found, quiet=quiet, zone=zone)
    assert found - moment <= timedelta(hours=14)
    assert next_allowed(found, quiet=quiet, zone=zone) == found


def test_one_a_day_three_a_week():
    week = [at(10, day=15), at(10, day=17), at(10, day=19)]

    assert rules.cap_reached([], at=at(10)) is None
    assert rules.cap_reached([at(9)], at=at(19)) == CapReached.DAY
    assert rules.cap_reached([at(19, day=20)], at=at(9)) is None
    assert rules.cap_reached(week, at=at(9)) == CapReached.WEEK
    assert rules.cap_reached(week, at=at(10, day=22)) is None
    assert rules.cap_reached([at(19)], at=at(9)) is None


def test_a_day_is_a_day_of_the_clinic():
    late = datetime(2026, 11, 20, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai

    assert rules.cap_reached([late], at=late + timedelta(minutes=2)) is None


def test_a_patient_narrows_and_nobody_widens():
    assert Caps().narrowed(Caps(0, 9)) == Caps(0, 3)
    assert rules.cap_reached([], at=at(9), caps=Caps(0, 3)) == CapReached.DAY


def test_the_table_of_states():
    allowed = {(one, other) for one in Status for other in Status if rules.may_become(one, other)}

    assert {(one.value, other.value) for one, other in allowed} == {
        ("queued", "handed_over"),
        ("queued", "suppressed"),
        ("queued", "cancelled"),
        ("handed_over", "accepted"),
        ("handed_over", "delivered"),
        ("handed_over", "failed"),
        ("handed_over", "unknown"),
        ("accepted", "delivered"),
        ("accepted", "failed"),
        ("accepted", "unknown"),
        ("unknown", "accepted"),
        ("unknown", "delivered"),
        ("unknown", "failed"),
    }
    assert {Status.DELIVERED, Status.FAILED, Status.SUPPRESSED, Status.CANCELLED} == rules.FINAL


@given(st.lists(st.sampled_from(Status), max_size=12))
def test_a_message_handed_over_is_never_queued_again(wishes):
    status, handed = Status.QUEUED, 0
    for wish in wishes:
        if rules.may_become(status, wish):
            status = wish
            handed += wish is Status.HANDED_OVER

    assert handed <= 1
    assert handed == 0 or status not in rules.STOPPABLE


@pytest.mark.parametrize(
    ("minutes", "asked", "move", "next_minutes"),
    [
        (0, 0, NextMove.WAIT, 1),
        (1, 0, NextMove.ASK_PROVIDER, 5),
        (2, 1, NextMove.WAIT, 5),
        (5, 1, NextMove.ASK_PROVIDER, 15),
        (14, 2, NextMove.WAIT, 15),
        (15, 2, NextMove.ASK_PROVIDER, 30),
        (20, 0, NextMove.ASK_PROVIDER, 21),
        (16, 3, NextMove.WAIT, 30),
        (30, 0, NextMove.HUMAN_TASK, None),
        (99, 3, NextMove.HUMAN_TASK, None),
    ],
)
def test_asking_after_a_message(minutes, asked, move, next_minutes):
    since = at(9)
    found = rules.reconcile(
        unknown_since=since, asked=asked, now=since + timedelta(minutes=minutes)
    )

    assert found.move == move
    assert found.look_again_at == (
        None if next_minutes is None else since + timedelta(minutes=next_minutes)
    )
