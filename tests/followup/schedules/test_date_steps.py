"""A plan and a day become moments on the clinic's clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.messaging.rules import QuietHours, is_allowed
from followup.schedules import rules
from followup.schedules.rules import Finding, Outcome, Problem, Step, StepKind, date_steps

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
ANCHOR = date(2026, 11, 21)
DAY = QuietHours()
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=SHANGHAI)


def step(offset: int, at: time, kind: StepKind = StepKind.SMS, title: str = "回访") -> Step:
    return Step(offset, at, kind, title)


def at(hour: int, minute: int = 0, day: int = 21) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def dated(*steps: Step, anchor: date = ANCHOR, now: datetime = NOW) -> list[tuple]:
    found = date_steps(steps, anchor=anchor, now=now, quiet=DAY)
    return [(entry.due_at, entry.outcome) for entry in found]


def test_steps_are_counted_from_the_anchor():
    found = date_steps(
        [step(7, time(9, 30)), step(0, time(15)), step(-1, time(9))],
        anchor=date(2026, 12, 1),
        now=NOW,
        quiet=DAY,
    )

    assert [entry.due_at for entry in found] == [
        datetime(2026, 11, 30, 9, 0, tzinfo=SHANGHAI),
        datetime(2026, 12, 1, 15, 0, tzinfo=SHANGHAI),
        datetime(2026, 12, 8, 9, 30, tzinfo=SHANGHAI),
    ]
    assert not any(entry.moved for entry in found)


def test_days_gone_by_are_skipped_and_shown():
    assert dated(step(-2, time(9)), step(1, time(9))) == [
        (at(9, day=19), Outcome.SKIPPED_PAST),
        (at(9, day=22), Outcome.SCHEDULED),
    ]


def test_what_was_due_earlier_today_goes_out_after_a_moment():
    assert dated(step(0, time(9))) == [(at(10, 10), Outcome.SCHEDULED)]


def test_today_is_over_when_the_hours_are():
    assert dated(step(0, time(9)), now=at(19, 55)) == [(at(9), Outcome.SKIPPED_PAST)]
    assert dated(step(0, time(9)), now=at(23, 55)) == [(at(9), Outcome.SKIPPED_PAST)]


def test_quiet_hours_move_a_step_on():
    assert dated(step(1, time(12, 30)), step(2, time(22)), step(4, time(6))) == [
        (at(14, day=22), Outcome.SCHEDULED),
        (at(9, day=24), Outcome.SCHEDULED),
        (at(9, day=25), Outcome.SCHEDULED),
    ]


def test_no_two_steps_share_a_moment():
    found = dated(step(1, time(9)), step(1, time(9), StepKind.CALL), step(0, time(21)))

    assert [moment for moment, _ in found] == [at(9, day=22), at(9, 5, day=22), at(9, 10, day=22)]


def test_resolved_moments_do_not_slip_into_quiet_hours():
    found = dated(step(1, time(11, 58)), step(1, time(11, 58)))

    assert [moment for moment, _ in found] == [at(11, 58, day=22), at(14, day=22)]


def test_clock_changes_of_other_zones():
    """Berlin jumps 02:00 to 03:00 on 2026-03-29 and back on 2026-10-25."""
    gap = rules.wall_clock(date(2026, 3, 29), time(2, 30), BERLIN)
    twice = rules.wall_clock(date(2026, 10, 25), time(2, 30), BERLIN)

    assert (gap.hour, gap.minute) == (3, 30)
    assert twice.astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert rules.wall_clock(date(2026, 10, 26), time(9), BERLIN).utcoffset() == timedelta(hours=1)


STEPS = st.lists(
    st.builds(step, st.integers(-5, 40), st.times(), st.sampled_from(StepKind)), max_size=12
)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds


@given(STEPS, MOMENTS, st.integers(-30, 30), st.sampled_from([SHANGHAI, BERLIN]), st.booleans())
def test_every_scheduled_moment_is_allowed_ahead_and_its_own(steps, now, days, zone, noon):
    quiet = QuietHours(noon_allowed=noon)
    found = date_steps(
        steps, anchor=now.date() + timedelta(days=days), now=now, quiet=quiet, zone=zone
    )
    moments = [entry.due_at for entry in found if entry.outcome is Outcome.SCHEDULED]

    assert sorted(map(repr, steps)) == sorted(repr(entry.step) for entry in found)
    assert all(moment > now - timedelta(seconds=1) for moment in moments)
    assert all(is_allowed(moment, quiet=quiet, zone=zone) for moment in moments)
    assert len(set(moments)) == len(moments)


def test_templates():
    good = [step(0, time(9))]

    assert rules.template_findings(good) == []
    assert rules.template_findings([]) == [Finding("steps", Problem.MISSING)]
    assert rules.template_findings(good * 61) == [Finding("steps", Problem.TOO_MANY)]
    assert rules.template_findings(
        [step(0, time(9), title=" "), step(-61, time(9), title="长" * 61)]
    ) == [
        Finding("title", Problem.MISSING, 0),
        Finding("title", Problem.TOO_LONG, 1),
        Finding("offset_days", Problem.OUT_OF_RANGE, 1),
    ]


@pytest.mark.parametrize(
    ("anchor", "findings"),
    [
        (ANCHOR, []),
        (ANCHOR - timedelta(days=366), []),
        (ANCHOR - timedelta(days=367), [Finding("anchor", Problem.TOO_LONG_AGO)]),
        (date(2062, 11, 21), [Finding("anchor", Problem.TOO_FAR_AHEAD)]),
        (None, [Finding("anchor", Problem.MISSING)]),
    ],
)
def test_anchors(anchor, findings):
    assert rules.anchor_findings(anchor, today=ANCHOR) == findings


def test_a_plan_wholly_in_the_past_says_so():
    past = date_steps([step(-3, time(9))], anchor=ANCHOR, now=NOW, quiet=DAY)
    ahead = date_steps([step(3, time(9))], anchor=ANCHOR, now=NOW, quiet=DAY)

    assert rules.schedule_findings(past) == [Finding("anchor", Problem.ALL_PAST)]
    assert rules.schedule_findings(ahead) == []
