"""From a plan's steps and its anchor date to moments on the clock (S77)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from crm.messaging.rules import QuietHours, next_allowed

CLINIC_ZONE = ZoneInfo("Asia/Shanghai")
# A plan follows a treatment: from a few weeks before its anchor day to some years after it.
EARLIEST_OFFSET, LATEST_OFFSET = -60, 3 * 366
# An anchor far off is a slip of the keyboard: 2062 for 2026.
ANCHOR_BACK, ANCHOR_AHEAD = timedelta(days=366), timedelta(days=2 * 366)
LONGEST_TITLE = 60
MOST_STEPS = 60
# A call list and a gateway both like a gap; two steps never share a moment (one per moment).
GAP = timedelta(minutes=5)
# What fell due today while the plan was being written still goes out, after a moment to look.
GRACE = timedelta(minutes=10)


class StepKind(StrEnum):
    """How the patient is reached."""

    SMS = "sms"
    CALL = "call"


class Outcome(StrEnum):
    """What becomes of a step when the plan is made."""

    SCHEDULED = "scheduled"
    SKIPPED_PAST = "skipped_past"


class Problem(StrEnum):
    """Why steps or an anchor are not taken."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    OUT_OF_RANGE = "out_of_range"
    TOO_LONG_AGO = "too_long_ago"
    TOO_FAR_AHEAD = "too_far_ahead"
    ALL_PAST = "all_past"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a template: ``offset_days`` from the anchor, at clinic wall time ``at``."""

    offset_days: int
    at: time
    kind: StepKind
    title: str


@dataclass(frozen=True, slots=True)
class DatedStep:
    """A step with its moment, aware in the clinic's zone; ``wished`` is before any moving."""

    step: Step
    wished: datetime
    due_at: datetime
    outcome: Outcome

    @property
    def moved(self) -> bool:
        return self.due_at != self.wished


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem; ``step`` counts from 0 where it is about one step."""

    field: str
    problem: Problem
    step: int | None = None


def wall_clock(day: date, at: time, zone: ZoneInfo = CLINIC_ZONE) -> datetime:
    """The aware moment at which the clinic's clock shows ``at`` on ``day``.

    Where a clock change skips that time the moment after the gap is taken, where it comes
    twice the first. (Shanghai has had none since 1991; other clinics' zones may.)
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC).astimezone(zone)


def date_steps(
    steps: Iterable[Step],
    *,
    anchor: date,
    now: datetime,
    quiet: QuietHours,
    zone: ZoneInfo = CLINIC_ZONE,
) -> list[DatedStep]:
    """Every step with its moment, in order of time; ``now`` is aware.

    Days before today are skipped and stay visible as such: a late reminder says the wrong
    thing. A step of today whose time has gone by is due after GRACE, if today still allows it.
    Moments in quiet hours move on to the next allowed one, and no two steps share a moment.
    """
    wished = sorted(
        (
            (wall_clock(anchor + timedelta(days=step.offset_days), step.at, zone), index, step)
            for index, step in enumerate(steps)
        ),
        key=lambda entry: entry[:2],
    )
    dated: list[DatedStep] = []
    free_from: datetime | None = None
    for moment, _, step in wished:
        due_at = _due(moment, now=now.astimezone(zone), quiet=quiet, zone=zone)
        if due_at is None:
            dated.append(DatedStep(step, moment, moment, Outcome.SKIPPED_PAST))
            continue
        if free_from is not None and due_at < free_from:
            due_at = next_allowed(free_from, quiet=quiet, zone=zone)
        free_from = due_at + GAP
        dated.append(DatedStep(step, moment, due_at, Outcome.SCHEDULED))
    return dated


def _due(moment: datetime, *, now: datetime, quiet: QuietHours, zone: ZoneInfo) -> datetime | None:
    """When a step goes out, or None if its day is over."""
    if moment.date() < now.date():
        return None
    late = moment < now
    due_at = next_allowed(now + GRACE if late else moment, quiet=quiet, zone=zone)
    return None if late and due_at.date() > moment.date() else due_at


def template_findings(steps: Sequence[Step]) -> list[Finding]:
    """Whether the steps make a template."""
    if not steps:
        return [Finding("steps", Problem.MISSING)]
    findings = [Finding("steps", Problem.TOO_MANY)] if len(steps) > MOST_STEPS else []
    for index, step in enumerate(steps):
        if not step.title.strip():
            findings.append(Finding("title", Problem.MISSING, index))
        if len(step.title) > LONGEST_TITLE:
            findings.append(Finding("title", Problem.TOO_LONG, index))
        if not EARLIEST_OFFSET <= step.offset_days <= LATEST_OFFSET:
            findings.append(Finding("offset_days", Problem.OUT_OF_RANGE, index))
    return findings


def anchor_findings(anchor: date | None, *, today: date) -> list[Finding]:
    """Whether an anchor is a day a plan can hang on. The past is allowed, within a year."""
    if anchor is None:
        return [Finding("anchor", Problem.MISSING)]
    if anchor < today - ANCHOR_BACK:
        return [Finding("anchor", Problem.TOO_LONG_AGO)]
    if anchor > today + ANCHOR_AHEAD:
        return [Finding("anchor", Problem.TOO_FAR_AHEAD)]
    return []


def schedule_findings(dated: Iterable[DatedStep]) -> list[Finding]:
    """A plan of which every step lies in the past does nothing; say so before it is made."""
    alive = any(step.outcome is Outcome.SCHEDULED for step in dated)
    return [] if alive else [Finding("anchor", Problem.ALL_PAST)]
