"""How often a property is tried: a little in ``make test``, often in ``make bench``.

``make bench ARGS="properties"`` runs the profile of hypothesis "assure" with 500 examples each;
``make bench ARGS="consent_machine"`` says how many runs of how many steps a state machine has.
"""

import os

from hypothesis import HealthCheck, settings

PROFILE, ASSURE, EXAMPLES = "HYPOTHESIS_PROFILE", "assure", 500
RUNS, STEPS = "STATE_MACHINE_RUNS", "STATE_MACHINE_STEPS"


def examples(usual: int) -> int:
    """For a property that has a number of its own: never less than that of the profile."""
    return max(usual, EXAMPLES) if os.environ.get(PROFILE) == ASSURE else usual


def of_machine(*, runs: int, steps: int) -> settings:
    """The settings of a state machine; the environment's numbers win."""
    return settings(
        max_examples=int(os.environ.get(RUNS, runs)),
        stateful_step_count=int(os.environ.get(STEPS, steps)),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
