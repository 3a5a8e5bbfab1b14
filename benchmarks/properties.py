"""Every property of the tests, each with 500 examples.

``make bench ARGS="properties"`` finds the functions under ``@given`` by reading the tests, runs
them with hypothesis' profile "assure" and counts what hypothesis says it tried. A property with
fewer possible cases than that is tried with all of them. ``--part 2 --parts 4`` takes every fourth
file only. Reached: 25 properties (over all parts), each found true.
"""

import argparse
import ast
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.figures import conclude
from benchmarks.kept_tests import PROJECT, tests_environment

DATABASE, LEAST = "suian_bench_properties", 25
# As in tests/factories/sizes.py, which pytest's process reads.
PROFILE, ASSURE, EXAMPLES = "HYPOTHESIS_PROFILE", "assure", 500
PASSING = re.compile(r"- (\d+) passing")
EXHAUSTED = "nothing left to do"


@dataclass
class Tried:
    """What became of one test: ``exhausted`` if there were no further cases to try."""

    examples: int = 0
    exhausted: bool = False
    passed: bool = False

    @property
    def enough(self) -> bool:
        return self.passed and (self.exhausted or self.examples >= EXAMPLES)


class Counts:
    """A plugin of pytest that reads hypothesis' own statistics."""

    def __init__(self, names: set[tuple[str, str]]) -> None:
        self._names, self.tried = names, dict[tuple[str, str], list[Tried]]()

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[Any]) -> None:
        """Only the properties run."""
        kept = [item for item in items if _name_of(item) in self._names]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        report = yield
        if call.when == "call":
            said = getattr(item, "hypothesis_statistics", "")
            examples = sum(int(number) for number in PASSING.findall(said))
            one = Tried(examples, EXHAUSTED in said, report.passed)
            self.tried.setdefault(_name_of(item), []).append(one)
        return report


def _name_of(item: Any) -> tuple[str, str]:
    return str(Path(item.path).relative_to(PROJECT)), item.originalname


def properties() -> dict[str, list[str]]:
    """File of tests -> names of its functions under ``@given``."""
    found: dict[str, list[str]] = {}
    for path in sorted((PROJECT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and any(map(_is_given, node.decorator_list)):
                found.setdefault(str(path.relative_to(PROJECT)), []).append(node.name)
    return found


def _is_given(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "given"
    )


def run(part: int, parts: int) -> int:
    """Run the properties of this part of the files in this process."""
    every = properties()
    files = [file for number, file in enumerate(every) if number % parts == part - 1]
    counts = Counts({(file, name) for file in files for name in every[file]})
    pytest.main(["-q", "--no-header", "-p", "no:randomly", *files], plugins=[counts])
    wanted = {(file, name) for file in files for name in every[file]}
    good = {name for name in wanted if counts.tried.get(name) and _all_enough(counts.tried[name])}
    for file, name in sorted(wanted - good):
        sys.stdout.write(
            f"not enough: {file}::{name} {counts.tried.get((file, name), 'not run')}\n"
        )
    examples = sum(one.examples for tried in counts.tried.values() for one in tried)
    exhausted = sum(all(one.exhausted for one in tried) for tried in counts.tried.values())
    total = sum(map(len, every.values()))
    enough = total >= LEAST
    return conclude(
        len(good) if enough else 0,
        len(wanted),
        f"{len(good)} of {len(wanted)} properties hold (the tests have {total}): {examples} "
        f"examples, {exhausted} of them with every case there is",
        properties=total,
        examples=examples,
        exhausted=exhausted,
        part=[part, parts],
    )


def _all_enough(tried: list[Tried]) -> bool:
    return all(one.enough for one in tried)


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 if a property of this part fails, or was tried too seldom."""
    parser = argparse.ArgumentParser(prog="properties", description=__doc__)
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--part", type=int, default=1)
    parser.add_argument("--parts", type=int, default=1)
    asked = parser.parse_args(arguments)
    if "inside" in asked.words:
        return run(asked.part, asked.parts)
    command = [sys.executable, "-m", "benchmarks.properties", "inside"]
    command += [f"--part={asked.part}", f"--parts={asked.parts}"]
    environment = {**tests_environment(DATABASE), PROFILE: ASSURE}
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    os.chdir(PROJECT)
    sys.exit(main())
