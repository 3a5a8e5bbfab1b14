"""When a message may go out, how often, and what may become of it (R50)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from crm.messaging.neutrality import Hit, lint, neutral
from crm.messaging.stop_words import is_stop_word

__all__ = ["Hit", "is_stop_word", "lint", "neutral"]

CLINIC_ZONE = ZoneInfo("Asia/Shanghai")

# --- hours and caps ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When patients may be reached, in clinic wall time: opens <= t < closes, without noon.

    ``noon_allowed``: the patient chose to be reached at noon, too.
    """

    opens: time = time(9)
    closes: time = time(20)
    noon_from: time = time(12)
    noon_until: time = time(14)
    noon_allowed: bool = False

    def __post_init__(self) -> None:
        if not self.opens <= self.noon_from <= self.noon_until <= self.closes > self.opens:
            raise ValueError("hours must run opens, noon_from, noon_until, closes")
        if not self.noon_allowed and (self.noon_from, self.noon_until) == (self.opens, self.closes):
            raise ValueError("noon must leave some time to reach patients")

    def allow(self, at: time) -> bool:
        """Whether patients may be reached at wall time ``at``."""
        if not self.opens <= at < self.closes:
            return False
        return self.noon_allowed or not self.noon_from <= at < self.noon_until


def is_allowed(moment: datetime, *, quiet: QuietHours, zone: ZoneInfo = CLINIC_ZONE) -> bool:
    """Whether the aware ``moment`` lies in the hours, by the clinic's clock."""
    return quiet.allow(moment.astimezone(zone).time())


def next_allowed(moment: datetime, *, quiet: QuietHours, zone: ZoneInfo = CLINIC_ZONE) -> datetime:
    """``moment`` itself if allowed, else the first allowed one after it; aware, clinic's zone."""
    local = moment.astimezone(zone)
    if quiet.allow(local.time()):
        return local
    starts = (quiet.opens, quiet.noon_until)
    openings = (
        # By way of UTC, so that an opening inside a clock change is a real moment.
        datetime.combine(local.date() + timedelta(days=ahead), start, tzinfo=zone).astimezone(UTC)
        for ahead in range(3)
        for start in starts
    )
    return next(
        opening.astimezone(zone)
        for opening in openings
        if opening > moment and is_allowed(opening, quiet=quiet, zone=zone)
    )


@dataclass(frozen=True, slots=True)
class Caps:
    """Messages one person gets over all purposes; a patient may narrow, staff never widen."""

    per_day: int = 1
    per_week: int = 3

    def narrowed(self, other: "Caps") -> "Caps":
        return Caps(min(self.per_day, other.per_day), min(self.per_week, other.per_week))


CLINIC_CAPS = Caps()
WEEK = timedelta(days=7)


class CapReached(StrEnum):
    """Which cap holds a message back."""

    DAY = "day"
    WEEK = "week"


def cap_reached(
    sent: Iterable[datetime],
    *,
    at: datetime,
    caps: Caps = CLINIC_CAPS,
    zone: ZoneInfo = CLINIC_ZONE,
) -> CapReached | None:
    """Whether one more message at ``at`` is too much, given when others went out (all aware).

    A day is a calendar day of the clinic; a week is any seven days of 24 hours.
    """
    before = [moment for moment in sent if moment <= at]
    today = at.astimezone(zone).date()
    if sum(moment.astimezone(zone).date() == today for moment in before) >= caps.per_day:
        return CapReached.DAY
    if sum(at - moment < WEEK for moment in before) >= caps.per_week:
        return CapReached.WEEK
    return None


# --- what may become of a message ----------------------------------------------------------


class Status(StrEnum):
    """The life of one message; it only moves along TRANSITIONS."""

    QUEUED = "queued"
    HANDED_OVER = "handed_over"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


# handed_over is committed before the provider is called: from there on a message may have left,
# so nothing leads back to queued. A receipt may overtake the answer to the hand-over.
TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.HANDED_OVER, Status.SUPPRESSED, Status.CANCELLED}),
    Status.HANDED_OVER: frozenset(
        {Status.ACCEPTED, Status.DELIVERED, Status.FAILED, Status.UNKNOWN}
    ),
    Status.ACCEPTED: frozenset({Status.DELIVERED, Status.FAILED, Status.UNKNOWN}),
    Status.UNKNOWN: frozenset({Status.ACCEPTED, Status.DELIVERED, Status.FAILED}),
    Status.DELIVERED: frozenset(),
    Status.FAILED: frozenset(),
    Status.SUPPRESSED: frozenset(),
    Status.CANCELLED: frozenset(),
}
FINAL = frozenset(status for status, following in TRANSITIONS.items() if not following)
# A withdrawal can still stop these; whatever is past them is out of our hands.
STOPPABLE = frozenset({Status.QUEUED})


def may_become(current: Status, following: Status) -> bool:
    """Whether a message in ``current`` may move to ``following``; staying is not moving."""
    return following in TRANSITIONS[current]


class Suppression(StrEnum):
    """Why a message was not sent; decided at the instant of sending, under the row lock."""

    NO_CONSENT = "no_consent"
    WITHDRAWN = "withdrawn"
    PAUSED = "paused"
    NO_CONTACT = "no_contact"
    STOP_WORD = "stop_word"
    NOT_NEUTRAL = "not_neutral"
    TOO_LATE = "too_late"


# --- asking after an unknown message -------------------------------------------------------

RECONCILE_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
HUMAN_AFTER = timedelta(minutes=30)


class NextMove(StrEnum):
    """What to do about a message whose fate is unknown."""

    WAIT = "wait"
    ASK_PROVIDER = "ask_provider"
    HUMAN_TASK = "human_task"


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The move now, and the next moment to look again (None when a person takes over)."""

    move: NextMove
    look_again_at: datetime | None


def reconcile(
    *,
    unknown_since: datetime,
    asked: int,
    now: datetime,
    after: Sequence[timedelta] = RECONCILE_AFTER,
    human_after: timedelta = HUMAN_AFTER,
) -> Reconciliation:
    """What to do at ``now`` about a message unknown since then, asked ``asked`` times so far.

    The provider is asked by our reference after 1, 5 and 15 minutes; after 30 minutes a person
    gets the task. Never a blind re-send. Rehearsals pass shorter waits.
    """
    if now - unknown_since >= human_after:
        return Reconciliation(NextMove.HUMAN_TASK, None)
    due = [unknown_since + wait for wait in after]
    deadline = unknown_since + human_after
    if asked < len(due) and now >= due[asked]:
        following = due[asked + 1] if asked + 1 < len(due) else deadline
        return Reconciliation(NextMove.ASK_PROVIDER, max(following, now + after[0]))
    return Reconciliation(NextMove.WAIT, due[asked] if asked < len(due) else deadline)
