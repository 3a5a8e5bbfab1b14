"""``make test``, ``bench``, ``assure``: servers that live for one run in a temporary folder."""

import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import psycopg

from crm.embedded.clinic import Clinic
from crm.embedded.commands import manage, run_in_foreground
from crm.embedded.console import Console
from crm.embedded.home import Home
from crm.embedded.keys import POSTGRES_PASSWORD, read_key
from crm.embedded.postgres import SUPERUSER
from crm.embedded.servers import as_owner, with_own

LOWEST_COVERAGE = 90
WHOLE = ("privacy/*", "*/rules.py", "*/rules/*.py")  # these have to be covered wholly
TEST_PROCESSES = 2
NOTHING_COLLECTED = 5  # pytest's exit code
TEST_SETTINGS = "crm.settings.test"
COUNTED = ("failures", "errors", "skipped")


@contextmanager
def throw_away_clinic(*, throw_away: bool = True) -> Iterator[Clinic]:
    """Servers with empty data, gone afterwards with all they held.

    ``throw_away=False`` keeps Postgres durable (it waits for the disk), as measurements need it.
    """
    folder = Path(tempfile.mkdtemp(prefix="suian-"))
    home = Home(folder / "state")
    home.create()
    clinic = Clinic(home, Console(sys.stderr), throw_away=throw_away)
    try:
        clinic.open_servers()
        yield clinic
    finally:
        clinic.close()
        shutil.rmtree(folder, ignore_errors=True)


def test(arguments: Sequence[str]) -> int:
    """Run the tests; returns the exit code.

    Without arguments everything runs, with coverage and its gates. With arguments pytest gets
    them, runs once, and nothing is measured.
    """
    with throw_away_clinic() as clinic:
        environment = test_environment(clinic)
        if arguments:
            browser_too = {**environment, "DJANGO_ALLOW_ASYNC_UNSAFE": "true"}
            return run_in_foreground(python_m("pytest", *arguments), browser_too)
        return test_everything(clinic, environment)


def test_environment(clinic: Clinic) -> dict[str, str]:
    """The environment for pytest: the database's owner, who may create databases here."""
    environment = as_owner(dict(os.environ), clinic.addresses)
    environment |= {"REDIS_URL": clinic.addresses.redis, "DJANGO_SETTINGS_MODULE": TEST_SETTINGS}
    # Nothing of a clinic that may be configured in the caller's shell.
    for name in ("SUIAN_DEMO", "SMS_GATEWAY_URL", "ROOT_PROVIDER", "ROOT_FILES_DIR"):
        environment.pop(name, None)
    return environment


def test_everything(clinic: Clinic, environment: Mapping[str, str]) -> int:
    """Both test runs, then the coverage of both together and its gates."""
    folder = clinic.home.state
    parallel = ["-n", str(TEST_PROCESSES), "-m", "not browser"]
    # Playwright keeps an event loop in the main thread, which Django would refuse everywhere.
    browser = {**environment, "DJANGO_ALLOW_ASYNC_UNSAFE": "true"}
    codes = [
        run_pytest(folder, "unit", environment, parallel),
        run_pytest(folder, "browser", browser, ["-m", "browser"]),
    ]
    covered = combine_coverage(folder, environment) and coverage() == 0
    counts = count_outcomes(folder.glob("*.xml"))
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    sys.stdout.write(f"\n{passed} passed, {failed} failed{skipped}\n")
    return 0 if covered and set(codes) <= {0, NOTHING_COLLECTED} and passed else 1


def run_pytest(
    folder: Path, name: str, environment: Mapping[str, str], arguments: Sequence[str]
) -> int:
    """One pytest run with coverage; its outcomes go to ``<name>.xml``. Returns its exit code."""
    measured = {**environment, "COVERAGE_FILE": str(folder / f".coverage.{name}")}
    report = [f"--junitxml={folder / name}.xml", "--cov", "--cov-report="]
    return run_in_foreground(python_m("pytest", *report, *arguments), measured)


def combine_coverage(folder: Path, environment: Mapping[str, str]) -> bool:
    """Join the runs' coverage into ``.coverage``; False if there is none."""
    parts = [str(path) for path in folder.glob(".coverage.*")]
    return run_in_foreground(python_m("coverage", "combine", "--quiet", *parts), environment) == 0


def coverage(_arguments: Sequence[str] = ()) -> int:
    """Print the figures of the last full test run; returns 0 if they are high enough."""
    environment, whole = dict(os.environ), ",".join(WHOLE)
    gates = (
        ("All packages", [f"--fail-under={LOWEST_COVERAGE}"]),
        ("privacy/ and every rules.py", [f"--include={whole}", "--fail-under=100"]),
    )
    codes = []
    for name, options in gates:
        sys.stdout.write(f"\nCoverage with branches, {name}:\n")
        sys.stdout.flush()
        codes.append(run_in_foreground(python_m("coverage", "report", *options), environment))
    return max(codes)


def count_outcomes(reports: Iterator[Path]) -> Counter[str]:
    """Sums of pytest's JUnit reports: tests, failures, errors, skipped."""
    counts: Counter[str] = Counter()
    for report in reports:
        for suite in ElementTree.parse(report).iter("testsuite"):  # noqa: S314  our own file
            counts.update({name: int(suite.get(name, "0")) for name in ("tests", *COUNTED)})
    return counts


def bench(arguments: Sequence[str]) -> int:
    """Run the benchmarks package on durable servers of its own; returns its exit code."""
    with throw_away_clinic(throw_away=False) as clinic:
        clinic.migrate()
        let_owner_create(clinic)
        environment = with_own(clinic.variables)
        environment["DATABASE_OWNER_URL"] = clinic.addresses.owner_database
        return run_in_foreground(python_m("benchmarks", *arguments), environment)


def assure(arguments: Sequence[str]) -> int:
    """Measure the figures of the security test plan; returns the exit code.

    The digest of a new report goes into the trail of this checkout's clinic, where there is one.
    """
    home = Home.of_this_checkout()
    before = reports_of(home)
    with throw_away_clinic(throw_away=False) as clinic:
        let_owner_create(clinic)
        addresses = {"DATABASE_OWNER_URL": clinic.addresses.owner_database}
        environment = test_environment(clinic)
        environment["SUIAN_ASSURE_CLINIC"] = json.dumps({**clinic.variables, **addresses})
        code = run_in_foreground(python_m("benchmarks.assure", *arguments), environment)
    new = sorted(reports_of(home) - before)
    if new and (home.postgres / "PG_VERSION").exists():
        code = max(code, manage(["record_assurance", str(new[-1])]))
    return code


def reports_of(home: Home) -> set[Path]:
    """The reports that ``make assure`` has left so far."""
    return set((home.state / "assure").glob("report-*.json"))


def let_owner_create(clinic: Clinic) -> None:
    """Measured clinics of several sizes stand side by side, each in a database of its own."""
    at = urlsplit(clinic.addresses.owner_database)
    password = read_key(clinic.home, POSTGRES_PASSWORD)
    superuser = at._replace(netloc=f"{SUPERUSER}:{password}@{at.hostname}:{at.port}")
    with psycopg.connect(superuser.geturl(), autocommit=True) as connection:
        connection.execute("ALTER ROLE suian_owner CREATEDB")


def python_m(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]
