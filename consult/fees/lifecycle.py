"""How a version of an estimate moves: forward only, and only along these ways (S67, S68)."""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where one version stands."""

    DRAFT = "draft"
    ISSUED = "issued"
    EXPLAINED = "explained"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SUPERSEDED = "superseded"


# Accepting needs the explanation first (S66); declining never does. A declined version stays
# declined: the next offer is a new version.
WAYS: Mapping[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.ISSUED}),
    State.ISSUED: frozenset({State.EXPLAINED, State.DECLINED, State.SUPERSEDED}),
    State.EXPLAINED: frozenset({State.ACCEPTED, State.DECLINED, State.SUPERSEDED}),
    State.ACCEPTED: frozenset({State.SUPERSEDED}),
    State.DECLINED: frozenset(),
    State.SUPERSEDED: frozenset(),
}
# An accepted version stays in force until its successor is accepted too; an open one makes room
# as soon as its successor is issued.
REPLACED_BY: Mapping[State, frozenset[State]] = {
    State.ISSUED: frozenset({State.ISSUED, State.EXPLAINED}),
    State.ACCEPTED: frozenset({State.ISSUED, State.EXPLAINED, State.ACCEPTED}),
}


def may_become(state: str, following: str) -> bool:
    """Whether a version in ``state`` may move to ``following``."""
    return State(following) in WAYS[State(state)]


def replaced_by(step: str) -> frozenset[State]:
    """The states of older versions that a step of the newest one supersedes."""
    return REPLACED_BY.get(State(step), frozenset())
