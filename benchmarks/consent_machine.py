"""Two state machines of consent on a real database: the ledger, and sending against a model.

``make bench ARGS="consent_machine --runs 2000 --steps 30"`` lets hypothesis take any order of
answers, pauses with and without an end, resumptions, stops of everything, new texts, consents that
end by themselves and messages that come due. After each step the present answer has to be the
ledger replayed; a message has to leave at an instant exactly when the model allows it. Slices of
200 runs, each of its own seed, so that a long night can be cut: ``--first 4 --last 6``.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from benchmarks.figures import conclude
from benchmarks.kept_tests import PROJECT, tests_environment

RUNS, STEPS, SLICE, SEED = 2_000, 30, 200, 20261122
DATABASE = "suian_bench_machine"
# As in tests/factories/sizes.py, which pytest's process reads.
RUNS_VARIABLE, STEPS_VARIABLE = "STATE_MACHINE_RUNS", "STATE_MACHINE_STEPS"
MACHINES = {
    "ledger": "tests/privacy/consent/test_answers.py::"
    "test_any_order_of_answers_keeps_ledger_and_state_in_step",
    "sending": "tests/crm/messaging/test_send_by_consent.py::"
    "test_a_message_leaves_exactly_when_the_model_allows_it",
}


def slices(runs: int) -> Iterator[int]:
    """How many runs each slice has."""
    while runs > 0:
        yield min(SLICE, runs)
        runs -= SLICE


def run(machine: str, *, runs: int, steps: int, seed: int) -> int:
    """One slice in a process of its own; pytest's exit code."""
    environment = tests_environment(DATABASE)
    environment |= {RUNS_VARIABLE: str(runs), STEPS_VARIABLE: str(steps)}
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:randomly"]
    command += ["--reuse-db", f"--hypothesis-seed={seed}", MACHINES[machine]]
    return subprocess.run(command, env=environment, check=False).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 if a run of a machine left the model."""
    parser = argparse.ArgumentParser(prog="consent_machine", description=__doc__)
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=RUNS, help="of each machine")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--machine", choices=MACHINES, action="append")
    parser.add_argument("--first", type=int, default=1, help="the first slice to run")
    parser.add_argument("--last", type=int, default=0, help="the last one; 0 for all")
    asked = parser.parse_args(arguments)
    good = of = 0
    began = time.monotonic()
    for machine in asked.machine or MACHINES:
        for number, size in enumerate(slices(asked.runs), 1):
            if number < asked.first or (asked.last and number > asked.last):
                continue
            code = run(machine, runs=size, steps=asked.steps, seed=asked.seed + number)
            good, of = good + size * (code == 0), of + size
            sys.stdout.write(f"{machine}, slice {number}: {size} runs, exit code {code}\n")
            sys.stdout.flush()
    return conclude(
        good, of, f"{good} of {of} runs of {asked.steps} steps stayed with the model",
        steps=asked.steps, seed=asked.seed, seconds=round(time.monotonic() - began),
    )  # fmt: skip


if __name__ == "__main__":
    os.chdir(PROJECT)
    sys.exit(main())
