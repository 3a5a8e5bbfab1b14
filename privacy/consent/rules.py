"""Which answer may follow which, and when a cell allows contact."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Answer(StrEnum):
    """What the patient said last about one purpose over one channel."""

    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    PAUSED = "paused"


ALLOWED: dict[Answer | None, frozenset[Answer]] = {
    None: frozenset({Answer.GRANTED, Answer.REFUSED}),
    Answer.GRANTED: frozenset({Answer.WITHDRAWN, Answer.PAUSED, Answer.GRANTED}),
    Answer.PAUSED: frozenset({Answer.GRANTED, Answer.WITHDRAWN, Answer.PAUSED}),
    Answer.REFUSED: frozenset({Answer.GRANTED, Answer.REFUSED}),
    Answer.WITHDRAWN: frozenset({Answer.GRANTED, Answer.REFUSED, Answer.WITHDRAWN}),
}


# A line of the ledger that is no answer: what the text promised an end has ended.
ENDED: Final = "ended"

# What the texts promise (``texts.py``): these are good for a year, follow-up until the plan ends
# (a line of the ledger says so), the others until taken back.
A_YEAR = timedelta(days=365)
VALID_FOR: Mapping[str, timedelta] = {
    "satisfaction": A_YEAR,
    "education": A_YEAR,
    "marketing": A_YEAR,
}


def expiry(purpose: str, given_at: datetime) -> datetime | None:
    """When a consent given at that moment (aware) ends by itself; None if it does not."""
    lasts = VALID_FOR.get(purpose)
    return given_at + lasts if lasts else None


def has_expired(expires_at: datetime | None, now: datetime) -> bool:
    """Whether a consent has ended by itself at ``now`` (aware): from the moment on, not after."""
    return expires_at is not None and expires_at <= now


def may_follow(before: Answer | None, after: Answer) -> bool:
    """Whether the ledger may go from one answer to the next."""
    return after in ALLOWED[before]


def holds(
    *,
    status: str | None,
    paused_until: datetime | None,
    expires_at: datetime | None,
    now: datetime,
) -> bool:
    """Whether a cell allows contact at ``now`` (aware). No cell means no: default deny.

    A pause with an end is over when its moment has come; one without an end never is.
    """
    if has_expired(expires_at, now):
        return False
    if status == Answer.PAUSED:
        return paused_until is not None and paused_until <= now
    return status == Answer.GRANTED


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger comes to for one purpose over one channel."""

    status: str
    paused_until: datetime | None
    expires_at: datetime | None


def resumes(before: Standing | None, at: datetime) -> bool:
    """Whether a yes at ``at`` takes up a consent that rests, rather than giving one anew."""
    if before is None or before.status != Answer.PAUSED:
        return False
    return not has_expired(before.expires_at, at)


def after(
    before: Standing | None,
    *,
    purpose: str,
    line: str,
    paused_until: datetime | None,
    at: datetime,
) -> Standing:
    """What stands after one more line of the ledger, written at ``at`` (aware).

    Pausing and resuming leave the end of the consent where it was; ENDED sets it, and nothing else.
    """
    end = before.expires_at if before else None
    if line == ENDED and before:
        return Standing(before.status, before.paused_until, at)
    if line == Answer.GRANTED and not resumes(before, at):
        end = expiry(purpose, at)
    elif line in (Answer.REFUSED, Answer.WITHDRAWN):
        end = None
    return Standing(line, paused_until, end)
