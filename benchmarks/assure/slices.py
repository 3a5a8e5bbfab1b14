"""One slice of a measurement: a process of its own, bounded in time, that leaves an outcome."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from xml.etree import ElementTree

from benchmarks.outcome import VARIABLE, Outcome

MOST_SECONDS = 1200.0
CLINIC_VARIABLE = "SUIAN_ASSURE_CLINIC"
LAST_LINES = 4
# Given by whoever runs the tests or a clinic; a slice that brings its own servers has none of it.
SERVERS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")


class Place(StrEnum):
    """Where a slice runs."""

    CLINIC = "clinic"  # beside servers made for the whole run
    TESTS = "tests"  # pytest, on the same servers
    ALONE = "alone"  # it brings its own servers, because it kills them, or needs none


@dataclass(frozen=True)
class Slice:
    """A module of ``benchmarks`` with its arguments, or what pytest is given."""

    place: Place
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        return " ".join(self.words)

    def command(self, folder: Path) -> list[str]:
        if self.place is Place.TESTS:
            report = f"--junitxml={folder / 'tests.xml'}"
            return [sys.executable, "-m", "pytest", "-q", report, *self.words]
        module, *arguments = self.words
        return [sys.executable, "-W", "ignore", "-m", f"benchmarks.{module}", *arguments]


def bench(*words: object) -> Slice:
    return Slice(Place.CLINIC, tuple(map(str, words)))


def alone(*words: object) -> Slice:
    return Slice(Place.ALONE, tuple(map(str, words)))


def tests(*words: str) -> Slice:
    return Slice(Place.TESTS, words)


@dataclass(frozen=True)
class Result:
    """What a slice came to, and in how many seconds."""

    outcome: Outcome
    seconds: float


def run(one: Slice, *, most_seconds: float = MOST_SECONDS) -> Result:
    """Run it to its end, or to the end of its time, which counts as one bad case."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="suian-assure-") as name:
        folder = Path(name)
        file = folder / "outcome.json"
        environment = {**environment_of(one.place), VARIABLE: str(file)}
        text = _run(one.command(folder), environment, most_seconds)
        outcome = _of_tests(folder / "tests.xml") or _of_file(file)
    if outcome is None:
        outcome = Outcome(0, 1, f"ended without an outcome: {_last_lines(text)}")
    elif not outcome.reached:
        outcome = Outcome(outcome.good, outcome.of, outcome.text or _last_lines(text))
    return Result(outcome, round(time.monotonic() - began, 1))


def _run(command: list[str], environment: Mapping[str, str], most_seconds: float) -> str:
    """All it said. It gets a group of its own, so that its end is the end of its children."""
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        process = subprocess.Popen(
            command, env=dict(environment), stdout=said, stderr=said, start_new_session=True
        )
        try:
            process.wait(most_seconds)
        except subprocess.TimeoutExpired:
            said.write(f"\nstopped after {most_seconds:.0f} s\n")
        finally:
            _end(process)
        said.seek(0)
        return said.read()


def _end(process: subprocess.Popen[bytes]) -> None:
    from crm.embedded.processes import kill_group

    if process.poll() is None:
        # All of its group: each stops what it started itself (benchmarks.stage.leave_in_order).
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            kill_group(process.pid)
            process.wait()


def environment_of(place: Place) -> dict[str, str]:
    """The variables of a slice; CLINIC_VARIABLE has those of a clinic as JSON."""
    environment = dict(os.environ)
    clinic = json.loads(environment.pop(CLINIC_VARIABLE, "{}"))
    if place is Place.CLINIC:
        environment |= clinic
    if place is Place.TESTS:
        environment["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    if place is Place.ALONE:
        for name in SERVERS:
            environment.pop(name, None)
    return environment


def _of_file(file: Path) -> Outcome | None:
    return Outcome(**json.loads(file.read_text())) if file.exists() else None


def _of_tests(report: Path) -> Outcome | None:
    """Each test is a case; a skipped one is not good, for it showed nothing."""
    if not report.exists():
        return None
    counts: Counter[str] = Counter()
    for suite in ElementTree.parse(report).iter("testsuite"):  # noqa: S314  our own file
        names = ("tests", "failures", "errors", "skipped")
        counts.update({name: int(suite.get(name, "0")) for name in names})
    bad = counts["failures"] + counts["errors"] + counts["skipped"]
    return Outcome(counts["tests"] - bad, counts["tests"])


def _last_lines(text: str) -> str:
    return " | ".join([line.strip() for line in text.splitlines() if line.strip()][-LAST_LINES:])
