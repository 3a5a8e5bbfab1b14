"""Every measure of a performance goal runs and judges itself; figures are the bench's, not ours."""

import json
import subprocess
import sys

import pytest

from benchmarks.ratios import Figure, Goal, Size, Turns, in_turn, report

MEASURED = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 16}


def test_a_ratio_is_the_middle_of_the_turns_of_a_run() -> None:
    turns = Turns({"own": [[2.0, 1.0, 4.0]], "base": [[1.0, 1.0, 1.0]]})

    assert turns.ratios("own", "base", speed=False) == [2.0]
    assert turns.ratios("own", "base") == [0.5]
    assert not turns.figure("times base", "own", "base", 0.6).reached
    assert turns.latency("p50", "own", "base", 2.0).reached
    assert turns.milliseconds("own", 1.0) == 4000


def test_every_case_has_its_turn_in_every_run() -> None:
    asked: list[str] = []

    def case(name: str) -> float:
        asked.append(name)
        return 1.0

    cases = {name: lambda name=name: case(name) for name in ("a", "b")}
    turns = in_turn(cases, Size(runs=2, turns=3), warm=1)

    assert turns.seconds == {"a": [[1.0] * 3] * 2, "b": [[1.0] * 3] * 2}
    assert asked == ["a", "b", "b", "a"] * 4


def test_a_goal_is_reached_when_all_its_figures_are(capsys: pytest.CaptureFixture[str]) -> None:
    fine = Figure("speed", 2.0, 1.5)
    missed = Figure("p95, ms", 6.0, 5, at_least=False)

    assert report([Goal(1, "all fine", [fine])]) == 0
    assert report([Goal(7, "half", [fine, missed])]) == 1

    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last == {
        "goal": 7, "ratio": 2.0, "reached": False, "figures": {"speed": 2.0, "p95, ms": 6.0},
    }  # fmt: skip


@pytest.mark.slow
def test_all_measures_run() -> None:
    run = [sys.executable, "-W", "ignore", "-m", "benchmarks.goals", "--small"]
    said = subprocess.run(run, check=False, capture_output=True, text=True)

    lines = [json.loads(line) for line in said.stdout.splitlines() if line.startswith("{")]
    assert {line["goal"] for line in lines} == MEASURED, said.stderr[-2000:]
    assert all(line["ratio"] > 0 for line in lines)
    false_hits = [line["figures"]["false hits shown"] for line in lines if line["goal"] == 7]
    assert false_hits == [0]
