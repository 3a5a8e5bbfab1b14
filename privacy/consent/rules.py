"""Which answer may follow which, and when a cell allows contact."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum


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


# What the texts promise (``texts.py``): these are good for a year, the others until taken back.
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
