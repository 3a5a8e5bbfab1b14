"""Which state of a plan may follow which (S74, S79)."""

from collections.abc import Mapping
from enum import StrEnum


class PlanState(StrEnum):
    """The same words as ``Plan.State``."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    STOPPED = "stopped"


TRANSITIONS: Mapping[PlanState, frozenset[PlanState]] = {
    PlanState.PROPOSED: frozenset({PlanState.ACTIVE, PlanState.STOPPED}),
    PlanState.ACTIVE: frozenset({PlanState.PAUSED, PlanState.COMPLETED, PlanState.STOPPED}),
    PlanState.PAUSED: frozenset({PlanState.ACTIVE, PlanState.STOPPED}),
    PlanState.COMPLETED: frozenset(),
    PlanState.STOPPED: frozenset(),
}


def may_become(current: PlanState, following: PlanState) -> bool:
    """Whether a plan in ``current`` may move to ``following``; staying is not moving."""
    return following in TRANSITIONS[current]
