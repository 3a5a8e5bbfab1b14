"""Would the tests notice? Small wrong changes of the four packages that must not be wrong.

``make bench ARGS="mutation --package consent --minutes 60"`` changes one place of
``privacy/consent`` at a time (``benchmarks.mutants``) and runs the tests of the mirrored folder
that touch the changed lines; for a constant, which no test runs through, those of the files that
name its module too. A mutant is killed when a test fails or does not come to an end.
Verdicts are kept in ``.suian/mutation``, so that a night goes on where the last one stopped; a
verdict is good as long as the changed file is the same, "survived" only as long as the tests are
too. ``--sample 150 --seed 7`` takes so many of all mutants by lot. Reached: 85 % of each package.

Why not one of the libraries: mutmut 3 leaves out every decorated function (here all services are
``@transaction.atomic``) and all code outside functions; cosmic-ray writes each mutant over the
source file, which a killed run leaves lying in the encryption, and starts a new Python for each.
Here nothing is written: a fork reads another tree than the file's (``benchmarks.kept_tests``).
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from benchmarks.figures import conclude
from benchmarks.kept_tests import PROJECT, KeptTests, tests_environment
from benchmarks.mutants import WHOLE_FILE, Mutant, mutants_of, mutated

PACKAGES = ("encryption", "consent", "access", "audit")
GOAL, SEED = 0.85, 20261122
DATABASE, FOLDER = "suian_bench_mutation", PROJECT / ".suian" / "mutation"
# Declarations and wording that tests of other folders hold against the database and the pages.
NO_BEHAVIOUR = {"inventory.py", "texts.py"}
MOST_TEST_SECONDS = 120.0  # of the tests that touch a line, the quickest so far
PATIENCE, LEAST_SECONDS = 8, 60.0  # a mutant's tests may take so much longer than they do
KILLED, SURVIVED = "killed", "survived"


@dataclass(frozen=True)
class Package:
    """One package under ``privacy`` with the tests that mirror it."""

    name: str

    @property
    def source(self) -> str:
        return f"privacy/{self.name}"

    @property
    def tests(self) -> str:
        return f"tests/privacy/{self.name}"

    def mutants(self) -> list[Mutant]:
        files = sorted((PROJECT / self.source).glob("*.py"))
        return [
            mutant
            for file in files
            if file.name not in NO_BEHAVIOUR
            for mutant in mutants_of(f"{self.source}/{file.name}", file.read_text())
        ]

    @cached_property
    def digest_of_tests(self) -> str:
        """Of the tests as this run began with them."""
        files = sorted((PROJECT / self.tests).glob("*.py"))
        return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


class Touched:
    """Which tests touch which lines, and how long each takes: measured once, kept."""

    def __init__(self, package: Package, tests: KeptTests) -> None:
        sources = b"".join(file.read_bytes() for file in (PROJECT / package.source).glob("*.py"))
        state = f"{package.digest_of_tests}-{sha256(sources).hexdigest()[:16]}"
        self._lines = FOLDER / f"{package.name}-{state}.coverage"
        self._seconds = self._lines.with_suffix(".json")
        if not self._seconds.exists():
            self._measure(package, tests)
        self.seconds: dict[str, float] = json.loads(self._seconds.read_text())
        from coverage import CoverageData

        self._data = CoverageData(basename=str(self._lines))
        self._data.read()

    def _measure(self, package: Package, tests: KeptTests) -> None:
        for old in FOLDER.glob(f"{package.name}-*"):
            old.unlink()
        sys.stderr.write(f"{package.tests}: which tests touch which lines ...\n")
        ran = tests.run([package.tests], coverage=self._lines, source=[package.source])
        if ran.code:
            raise RuntimeError(f"the tests do not pass as they stand: {ran.failed or ran.code}")
        self._seconds.write_text(json.dumps(ran.seconds))

    def by(self, mutant: Mutant) -> list[str]:
        """The tests to run, the quickest first."""
        by_line = self._data.contexts_by_lineno(str(PROJECT / mutant.path))
        is_constant = mutant.around == WHOLE_FILE
        naming = self._naming(Path(mutant.path).stem) if is_constant else set()
        for first, last in ((mutant.line, mutant.last_line), mutant.around, WHOLE_FILE):
            found = naming | {
                name
                for line, names in by_line.items()
                if first <= line <= last
                for name in names
                if name
            }
            if found:
                return self._the_quickest(found)
        return self._the_quickest(self.seconds)  # read when it is imported, and never again

    def _naming(self, module: str) -> set[str]:
        files = {name.partition("::")[0] for name in self.seconds}
        naming = {one for one in files if re.search(rf"\b{module}\b", (PROJECT / one).read_text())}
        return {name for name in self.seconds if name.partition("::")[0] in naming}

    def _the_quickest(self, names: Iterable[str]) -> list[str]:
        chosen, total = [], 0.0
        for name in sorted(names, key=lambda one: (self.seconds.get(one, 0.0), one)):
            total += self.seconds.get(name, 0.0)
            if chosen and total > MOST_TEST_SECONDS:
                break
            chosen.append(name)
        return chosen


class Verdicts:
    """What is known of each mutant, kept on the disk."""

    def __init__(self) -> None:
        self._file = FOLDER / "verdicts.json"
        self._known: dict[str, list[str]] = {}
        if self._file.exists():
            self._known = json.loads(self._file.read_text())

    @staticmethod
    def _key(mutant: Mutant) -> str:
        source = sha256((PROJECT / mutant.path).read_bytes()).hexdigest()[:16]
        return f"{mutant.path}@{source}#{mutant.number}"

    def of(self, mutant: Mutant, package: Package) -> str | None:
        verdict, tests = self._known.get(self._key(mutant), ["", ""])
        good = verdict == KILLED or (verdict and tests == package.digest_of_tests)
        return verdict if good else None

    def note(self, mutant: Mutant, package: Package, verdict: str) -> None:
        self._known[self._key(mutant)] = [verdict, package.digest_of_tests]
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(self._known, indent=0))
        fresh.replace(self._file)


def judge(mutant: Mutant, touched: Touched, tests: KeptTests) -> str:
    """Run its tests. A test that fails or hangs, or a module that cannot be read, kills it."""
    chosen = touched.by(mutant)
    tree = mutated((PROJECT / mutant.path).read_text(), mutant.number)
    usual = sum(touched.seconds.get(name, 0.0) for name in chosen)
    ran = tests.run(
        sorted({name.partition("::")[0] for name in chosen}),
        chosen=chosen,
        changed={mutant.path: tree},
        most_seconds=max(LEAST_SECONDS, PATIENCE * usual),
    )
    if ran.code == 0 and not ran.timed_out:
        return SURVIVED
    tests.renew()
    return KILLED


def run(packages: Sequence[Package], asked: argparse.Namespace) -> int:
    """Judge what is chosen and not known yet, until the time is up; then report what is known."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    chosen = _chosen(packages, asked)
    verdicts, tests = Verdicts(), KeptTests(DATABASE, FOLDER)
    waiting = [(one, mutant) for one, mutant in chosen if verdicts.of(mutant, one) is None]
    if waiting and not asked.report:
        tests.open()
        try:
            _judge_all(waiting, verdicts, tests, asked.minutes)
        finally:
            tests.close()
    return _report(chosen, verdicts, asked)


def _chosen(packages: Sequence[Package], asked: argparse.Namespace) -> list[tuple[Package, Mutant]]:
    every = [(one, mutant) for one in packages for mutant in one.mutants()]
    every = [(one, mutant) for one, mutant in every if asked.file in mutant.path]
    if asked.sample and asked.sample < len(every):
        return random.Random(asked.seed).sample(every, asked.sample)
    return every


def _judge_all(
    waiting: Sequence[tuple[Package, Mutant]], verdicts: Verdicts, tests: KeptTests, minutes: float
) -> None:
    began, maps = time.monotonic(), dict[Package, Touched]()
    for package, _mutant in waiting:
        if package not in maps:
            maps[package] = Touched(package, tests)
            tests.renew()
    for number, (package, mutant) in enumerate(waiting, 1):
        if minutes and time.monotonic() - began > minutes * 60:
            sys.stderr.write(f"Time is up; {len(waiting) - number + 1} mutants are left\n")
            return
        at = time.monotonic()
        verdict = judge(mutant, maps[package], tests)
        verdicts.note(mutant, package, verdict)
        spent = time.monotonic() - at
        sys.stderr.write(f"[{number}/{len(waiting)}] {verdict:8} {spent:5.1f} s  {mutant}\n")


def _report(
    chosen: Sequence[tuple[Package, Mutant]], verdicts: Verdicts, asked: argparse.Namespace
) -> int:
    counted: dict[str, Counter[str]] = {}
    for package, mutant in chosen:
        verdict = verdicts.of(mutant, package) or "waiting"
        counted.setdefault(package.name, Counter())[verdict] += 1
        if verdict == SURVIVED:
            sys.stdout.write(f"survived: {mutant}\n")
    rates = {name: _rate(one) for name, one in counted.items()}
    waiting = sum(one["waiting"] for one in counted.values())
    good = sum(rate >= GOAL for rate in rates.values()) if not waiting else 0
    told = ", ".join(
        f"{name} {rates[name]:.1%} of {one[KILLED] + one[SURVIVED]}"
        for name, one in counted.items()
    )
    return conclude(
        good,
        len(rates),
        f"killed: {told}; {waiting} waiting",
        packages={name: dict(one) for name, one in counted.items()},
        rates={name: round(rate, 4) for name, rate in rates.items()},
        sample=asked.sample,
        seed=asked.seed,
    )


def _rate(one: Counter[str]) -> float:
    judged = one[KILLED] + one[SURVIVED]
    return one[KILLED] / judged if judged else 0.0


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 unless 85 % of each package's chosen mutants are killed and none waits."""
    parser = argparse.ArgumentParser(prog="mutation", description=__doc__)
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--package", choices=PACKAGES, action="append")
    parser.add_argument("--file", default="", help="only files whose path has this in it")
    parser.add_argument("--sample", type=int, default=0, help="so many by lot; 0 for all")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--minutes", type=float, default=0.0, help="start no mutant after so long")
    parser.add_argument("--report", action="store_true", help="judge none, report what is known")
    given = sys.argv[1:] if arguments is None else arguments
    asked = parser.parse_args(given)
    if "inside" in asked.words:
        return run([Package(name) for name in asked.package or PACKAGES], asked)
    options = [word for word in given if word.startswith("-") or word not in asked.words]
    command = [sys.executable, "-m", "benchmarks.mutation", "inside", *options]
    return subprocess.run(
        command, env={**tests_environment(DATABASE), "PYTHONHASHSEED": "0"}, check=False
    ).returncode


if __name__ == "__main__":
    os.chdir(PROJECT)
    sys.exit(main())
