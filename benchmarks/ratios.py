"""Measuring a ratio: short slices of every case in turn, so that a noisy moment hits all of them.

A figure is the median over RUNS of the median over turns of (case / yardstick) within one turn.
Seconds of one machine mean nothing here: yardstick and case are always of the same run.
"""

import argparse
import gc
import importlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory

from benchmarks.stage import adopt, fresh_database, inside

RUNS, TURNS = 5, 20
TWINS = "benchmarks.twins.settings"
Case = Callable[[], float]  # one slice; returns its seconds


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured; ``small`` tells only that everything runs."""

    small: bool = False
    runs: int = RUNS
    turns: int = TURNS
    rows: int = 0  # patients or events, where that many are laid first; 0: as many as usual

    def of(self, full: int, small: int) -> int:
        return small if self.small else full


SMALL = Size(small=True, runs=1, turns=2)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number beside the bound that a goal sets; ``spread`` are its lowest and highest run."""

    text: str
    value: float
    bound: float
    at_least: bool = True
    spread: tuple[float, float] | None = None

    @property
    def reached(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound


@dataclass(slots=True)
class Goal:
    """A goal is reached if all its figures are. ``remarks`` are numbers without a bound."""

    number: int
    name: str
    figures: list[Figure]
    remarks: list[str] = field(default_factory=list)

    @property
    def reached(self) -> bool:
        return all(figure.reached for figure in self.figures)

    def as_json(self) -> str:
        row = {
            "goal": self.number,
            "ratio": round(self.figures[0].value, 4),
            "reached": self.reached,
            "figures": {one.text: round(one.value, 4) for one in self.figures},
        }
        return json.dumps(row)


def timed(act: Callable[[], object]) -> float:
    """Seconds of one slice."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


@contextmanager
def _without_collector() -> Iterator[None]:
    """Rubbish is collected before a run and then lies until its end: never on the clock."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


@dataclass(frozen=True, slots=True)
class Turns:
    """Seconds of every case: one list a run, one number a turn."""

    seconds: Mapping[str, list[list[float]]]

    def ratios(self, case: str, to: str, *, speed: bool = True) -> list[float]:
        """One a run. ``speed``: how many times as fast; otherwise how many times as long."""
        pairs = zip(self.seconds[case], self.seconds[to], strict=True)
        found = [_median_of_ratios(own, base) for own, base in pairs]
        return [1 / one for one in found] if speed else found

    def figure(self, text: str, case: str, to: str, bound: float, *, speed: bool = True) -> Figure:
        """A ratio of the same turn, median over turns, then over runs."""
        found = self.ratios(case, to, speed=speed)
        middle = statistics.median(found)
        return Figure(text, middle, bound, at_least=speed, spread=(min(found), max(found)))

    def latency(self, text: str, case: str, to: str, bound: float) -> Figure:
        """Ratio of the middle times: for slices of one short operation, which jump about."""
        pairs = zip(self.seconds[case], self.seconds[to], strict=True)
        found = [statistics.median(own) / statistics.median(base) for own, base in pairs]
        middle = statistics.median(found)
        return Figure(text, middle, bound, at_least=False, spread=(min(found), max(found)))

    def milliseconds(self, case: str, share: float = 0.5) -> float:
        """The value below which ``share`` of all slices of a case lie."""
        every = sorted(one for run in self.seconds[case] for one in run)
        return 1000 * every[min(len(every) - 1, int(share * len(every)))]

    def times(self, case: str) -> str:
        """For a remark."""
        return f"p50 {self.milliseconds(case):.2f} ms, p95 {self.milliseconds(case, 0.95):.2f} ms"


def _median_of_ratios(own: list[float], base: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(own, base, strict=True))


def in_turn(cases: Mapping[str, Case], size: Size, *, warm: int = 1) -> Turns:
    """Every case once a turn, in an order that moves on by one each turn."""
    names = list(cases)
    seconds: dict[str, list[list[float]]] = {name: [] for name in names}
    for _ in range(size.runs):
        for name in names:
            seconds[name].append([])
        with _without_collector():
            for turn in range(size.turns + warm):
                first = turn % len(names)
                for name in names[first:] + names[:first]:
                    taken = cases[name]()
                    if turn >= warm:
                        seconds[name][-1].append(taken)
    return Turns(seconds)


def report(goals: list[Goal]) -> int:
    """Print the table, then one line of JSON a goal; returns 0 if all are reached."""
    print(f"{'goal':>4} | {'what':<66} | {'here':>8} | {'runs':>13} | {'goal':>9} | reached")
    for goal in goals:
        for one in goal.figures:
            bound = f"{'>=' if one.at_least else '<='} {one.bound:g}"
            runs = f"{one.spread[0]:.2f} - {one.spread[1]:.2f}" if one.spread else ""
            what = f"{goal.name}: {one.text}"
            print(
                f"{goal.number:>4} | {what:<66} | {one.value:>8.3f} | {runs:>13} | {bound:>9} | "
                f"{'yes' if one.reached else 'NO'}"
            )
        for remark in goal.remarks:
            print(f"{'':>4} | {remark}")
    for goal in goals:
        print(goal.as_json(), flush=True)
    return int(not all(goal.reached for goal in goals))


@contextmanager
def twin_database(name: str) -> Iterator[dict[str, str]]:
    """A new database with the product's tables and the twins they are measured against."""
    with fresh_database(name) as environment, TemporaryDirectory() as folder:
        environment["AUDIT_ANCHOR_FILE"] = f"{folder}/anchors.log"  # of this trail alone
        owner = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
        name_of_it = environment["DATABASE_URL"].rpartition("/")[2]
        environment["DJANGO_SETTINGS_MODULE"] = TWINS
        environment["DATABASE_OWNER_URL"] = f"{owner.rpartition('/')[0]}/{name_of_it}"
        make = [sys.executable, "-W", "ignore", "-m", "benchmarks.twins.tables"]
        subprocess.run(make, env=environment, check=True)
        yield environment


def run_alone(module: str) -> int:
    """``main`` of a measuring module: in a database of its own, as a process of its own.

    Each has ``measure(size) -> list[Goal]``.
    """
    parser = argparse.ArgumentParser(prog=module)
    parser.add_argument("--small", action="store_true", help="only to see that it runs")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--rows", type=int, default=0, help="patients or events; 0: the usual")
    parser.add_argument("inside", nargs="*")
    options = parser.parse_args()
    if "inside" not in options.inside:
        name = module.rpartition(".")[2]
        flags = [f"--{one}={getattr(options, one)}" for one in ("runs", "turns", "rows")]
        with twin_database(f"suian_bench_{name}") as environment:
            return inside(module, environment, *flags, *["--small"] * options.small)
    adopt(dict(os.environ))
    size = (
        SMALL if options.small else Size(runs=options.runs, turns=options.turns, rows=options.rows)
    )
    return report(importlib.import_module(module).measure(size))
