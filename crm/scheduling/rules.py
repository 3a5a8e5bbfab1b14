"""A visit of today: which state may follow which, and how long a slip can be taken back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

UNDO_WITHIN: Final = timedelta(seconds=30)
GRACE: Final = timedelta(seconds=5)  # the way of the click to the server
LONG_WAIT: Final = timedelta(minutes=15)


class State(StrEnum):
    """Where somebody is today."""

    EXPECTED = "expected"
    WAITING = "waiting"
    IN_ROOM = "in_room"
    DONE = "done"
    LEFT = "left"


OPEN: Final = (State.EXPECTED, State.WAITING, State.IN_ROOM)
NEXT: Final[Mapping[State, frozenset[State]]] = {
    State.EXPECTED: frozenset({State.WAITING, State.LEFT}),
    State.WAITING: frozenset({State.IN_ROOM, State.LEFT}),
    State.IN_ROOM: frozenset({State.DONE}),
    State.DONE: frozenset(),
    State.LEFT: frozenset(),
}


def may_follow(before: State, after: State) -> bool:
    """Whether the desk may move a visit from one state to another."""
    return after in NEXT[before]


def may_undo(*, previous: str, changed_at: datetime, now: datetime) -> bool:
    """Whether the last step can still be taken back at ``now`` (both aware): once, within 30 s."""
    return bool(previous) and now - changed_at <= UNDO_WITHIN + GRACE


def digits_fit(phone: str, given: str) -> bool:
    """Whether ``given`` is the last four digits of a canonical phone number: the second fact."""
    wanted = 4
    return len(given) == wanted and given.isdigit() and phone[-wanted:] == given
