"""Runs what is left of the slices, then writes the report: see ``make assure`` in the README."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.assure import report, slices
from benchmarks.assure.measures import MEASURES, Measure
from benchmarks.assure.state import State, sources_digest
from crm.embedded.home import Home


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 if a figure is not reached, or lower than in the last report that has it."""
    asked = _parser().parse_args(arguments)
    size = "quick" if asked.quick else "full"
    measures = [one for one in chosen(asked.only) if one.slices(size)]
    if not measures:
        sys.stderr.write(f"No such measure; there are {', '.join(one.key for one in MEASURES)}\n")
        return 2
    folder = _folder()
    state = State.load(folder, size=size, sources=sources_digest())
    if asked.again:
        names = {one.name for measure in measures for one in measure.slices(size)}
        state.results = {name: one for name, one in state.results.items() if name not in names}
    if not asked.report:
        run_what_is_left(measures, state, size=size, minutes=asked.minutes)
    return conclude(folder, measures, state, size=size)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make assure", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--only", default="", help="rows or names, as in 5,6 or 9-web")
    parser.add_argument("--report", action="store_true", help="run nothing, report what is there")
    parser.add_argument("--again", action="store_true", help="measure anew what was measured")
    parser.add_argument("--minutes", type=float, default=0.0, help="start no slice after so long")
    return parser


def chosen(only: str) -> list[Measure]:
    """The measures of these rows or names; all of them for an empty text."""
    wanted = {word.strip() for word in only.split(",") if word.strip()}
    return [one for one in MEASURES if not wanted or wanted & {one.key, str(one.row)}]


def run_what_is_left(
    measures: Sequence[Measure], state: State, *, size: str, minutes: float = 0.0
) -> None:
    """Every slice without a result; each result is kept as soon as it is there."""
    left = [
        (measure, one)
        for measure in measures
        for one in measure.slices(size)
        if one.name not in state.results
    ]
    began = time.monotonic()
    for number, (measure, one) in enumerate(left, 1):
        if minutes and time.monotonic() - began > minutes * 60:
            sys.stderr.write(f"Time is up; {len(left) - number + 1} slices are left\n")
            return
        if one.name in state.results:  # two measures may rest on one slice
            continue
        sys.stderr.write(f"[{number}/{len(left)}] {measure.key}: {one.name} ... ")
        sys.stderr.flush()
        result = slices.run(one)
        state.note(one.name, result)
        mark = "reached" if result.outcome.reached else "NOT REACHED"
        sys.stderr.write(f"{result.outcome.good} of {result.outcome.of}, {mark}, ")
        sys.stderr.write(f"{result.seconds:.0f} s\n")


def conclude(folder: Path, measures: Sequence[Measure], state: State, *, size: str) -> int:
    """Write the report, say where; returns the exit code."""
    made = report.compose(measures, state.results, size=size, sources=state.sources)
    lower = report.lower_than_before(made, report.read_all(folder))
    path, digest = report.write(folder, made, lower)
    lines = made["measures"]
    missed = [line["id"] for line in lines if line["complete"] and not line["reached"]]
    unfinished = [line["id"] for line in lines if not line["complete"]]
    sys.stdout.write(path.with_suffix(".md").read_text())
    sys.stdout.write(f"\n{path}\nSHA-256 {digest}\n")
    for name, which in (("not reached", missed), ("unfinished", unfinished), ("lower", lower)):
        if which:
            sys.stdout.write(f"{name}: {', '.join(which)}\n")
    return 1 if missed or lower else 0


def _folder() -> Path:
    home = Home.of_this_checkout()
    home.state.mkdir(mode=0o700, exist_ok=True)
    folder = home.state / "assure"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


if __name__ == "__main__":
    sys.exit(main())
