"""What access for a time may be: how long, for what reason, by whose word (security design, 6)."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

MOST_CODES: Final = 10  # patients in one request
LONGEST: Final = timedelta(days=14)
BREAK_GLASS: Final = timedelta(minutes=30)
MOST_USES: Final = 5  # of break-glass within a day: more is a harvest, not an emergency
SHORTEST_REASON: Final = 10  # characters
SHORTEST_EMERGENCY: Final = 20
LONGEST_TEXT: Final = 500
VERDICT_WITHIN: Final = timedelta(hours=24)
FOR_GUARDED: Final = 2  # people who have to agree
STRIKES: Final = 3  # unjustified uses ...
STRIKES_WITHIN: Final = timedelta(days=365)  # ... so close together suspend the right


class Standing(StrEnum):
    """Where a request is, as people see it: the stored state and the clock together."""

    WAITING = "waiting"
    LAPSED = "lapsed"  # nobody decided before it was too late
    OPEN = "open"  # the patient is seen by it now
    OVER = "over"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"  # before its time


def last_moment(day: date, *, now: datetime, zone: tzinfo) -> datetime | None:
    """Until when a request "until ``day``" lasts: the end of that day of clinic time ``zone``, and
    14 times 24 hours from ``now`` (aware) at most. None for a day that is over or too far."""
    today = now.astimezone(zone).date()
    if not today <= day <= today + LONGEST:
        return None
    midnight = datetime.combine(day + timedelta(days=1), time.min, zone)
    return min(midnight, now + LONGEST)


def last_day(end: datetime, *, zone: tzinfo) -> date:
    """The last day of clinic time that begins before ``end`` (aware): what a form shows of it."""
    return (end - timedelta(microseconds=1)).astimezone(zone).date()


def approvals_needed(*marks: bool) -> int:
    """How many people have to agree: two for whoever bears any mark that asks for more care.

    In: one mark a ground: whether the patient may be a minor, whether they are guarded.
    """
    return FOR_GUARDED if any(marks) else 1


def is_suspended(unjustified: Sequence[datetime], *, lifted_at: datetime | None) -> bool:
    """Whether break-glass is taken from somebody: three unjustified uses within 12 months.

    In: when each verdict was given, any order; when the right was last given back. It stays
    taken until then, however long ago the uses are.
    """
    counted = sorted(at for at in unjustified if lifted_at is None or at > lifted_at)
    pairs = zip(counted, counted[STRIKES - 1 :], strict=False)
    return any(last - first <= STRIKES_WITHIN for first, last in pairs)


def standing(
    state: str, *, until: datetime | None, wanted_until: datetime, now: datetime
) -> Standing:
    """What a request is called at ``now``. In: ``state`` as stored; all moments aware."""
    if state == "asked":
        return Standing.WAITING if now < wanted_until else Standing.LAPSED
    if state == "approved":
        return Standing.OPEN if until is not None and now < until else Standing.OVER
    return Standing(state)


def is_overdue(asked_at: datetime, *, now: datetime) -> bool:
    """Whether the verdict on a use of break-glass should have been given by ``now``."""
    return now - asked_at > VERDICT_WITHIN
