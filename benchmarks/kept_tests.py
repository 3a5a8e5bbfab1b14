"""Running chosen tests again and again on one kept test database, each time in a fresh fork.

The parent imports the libraries and never the project: a child is a new Python without the second
that these imports take, and may read one source file otherwise than it stands on the disk.
"""

import ast
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import secrets
import signal
import sys
import time
import traceback
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from benchmarks.databases import drop_database, make_anew, with_database

PROJECT = Path(__file__).resolve().parents[1]
OF_A_CLINIC = (
    "SUIAN_DEMO", "SMS_GATEWAY_URL", "SMS_GATEWAY_KEY_ID", "SMS_GATEWAY_SECRET_FILE",
    "ROOT_PROVIDER", "ROOT_FILES_DIR", "SECRET_KEY_FILE", "SUIAN_SEALER_KEY_FILE",
    "AUDIT_ANCHOR_FILE", "ERASURE_LEDGER_FILE", "STATIC_ROOT",
)  # fmt: skip
EARLY = (
    "argon2", "celery", "cryptography.hazmat.primitives.ciphers.aead", "django.db.models",
    "django.test.utils", "factory", "hypothesis.stateful", "psycopg", "pytest_django",
    "redis", "rest_framework", "webauthn",
)  # fmt: skip
POLL_SECONDS = 0.02
OPTIONS = ["-q", "-x", "--no-header", "--tb=short", "-p", "no:randomly", "-p", "no:xdist",
           "-W", "ignore::pytest.PytestAssertRewriteWarning"]  # fmt: skip


def tests_environment(database: str) -> dict[str, str]:
    """For pytest as ``make test`` gives it: the owner's sign-in, nothing of a clinic.

    The roots are thrown once: the kept database has canaries that only they open.
    """
    roots = {
        f"SUIAN_ROOT_{name}": secrets.token_hex(32) for name in ("CONTACT", "CLINICAL", "AUDIT")
    }
    owner = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    environment = {name: value for name, value in os.environ.items() if name not in OF_A_CLINIC}
    return (
        environment
        | roots
        | {
            "DATABASE_URL": with_database(owner, database),
            "DATABASE_OWNER_URL": with_database(owner, database),
            "DJANGO_SETTINGS_MODULE": "crm.settings.test",
        }
    )


@dataclass
class Ran:
    """What became of the tests: each one's seconds, and those that failed."""

    code: int = -1
    seconds: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    timed_out: bool = False


class Notes:
    """A plugin of pytest: which tests run, in which order, how long, with what outcome."""

    def __init__(self, chosen: Sequence[str] | None, around: Callable[[str], None]) -> None:
        self.ran, self._chosen, self._around = Ran(), chosen, around

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[Any]) -> None:
        if self._chosen is not None:
            found = {item.nodeid: item for item in items}
            kept = [found.pop(name) for name in self._chosen if name in found]
            config.hook.pytest_deselected(items=list(found.values()))
            items[:] = kept

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._around(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        spent = self.ran.seconds.get(report.nodeid, 0.0)
        self.ran.seconds[report.nodeid] = spent + report.duration
        if report.failed:
            self.ran.failed.append(report.nodeid)


@dataclass(frozen=True)
class KeptTests:
    """``database`` is made once; a copy of it is what the tests use, and is easily made anew."""

    database: str
    folder: Path

    @property
    def tested(self) -> str:
        return f"test_{self.database}"

    def open(self) -> None:
        """Migrate once, unless that was done for this run, and put a copy away."""
        for name in EARLY:
            importlib.import_module(name)
        made = self.run(["tests/privacy/consent/test_texts.py"], database_from=None)
        if made.code:
            raise RuntimeError(f"the tests do not pass as they stand: {made.failed or made.code}")
        with self._server() as server:
            make_anew(server, f"{self.tested}_kept", template=self.tested)

    def close(self) -> None:
        with self._server() as server:
            for name in (self.tested, f"{self.tested}_kept"):
                drop_database(server, name)

    def renew(self) -> None:
        """The database as it was after the migrations."""
        with self._server() as server:
            make_anew(server, self.tested, template=f"{self.tested}_kept")

    def _server(self) -> psycopg.Connection[Any]:
        address = with_database(os.environ["DATABASE_URL"], "postgres")
        return psycopg.connect(address, autocommit=True)

    def run(
        self,
        paths: Sequence[str],
        *,
        chosen: Sequence[str] | None = None,
        changed: Mapping[str, ast.Module] | None = None,
        most_seconds: float = 1800.0,
        database_from: str | None = "kept",
        coverage: Path | None = None,
        source: Sequence[str] = (),
    ) -> Ran:
        """Run ``chosen`` tests of ``paths`` (all of them for None), until the first one fails.

        In: ``changed`` are trees instead of the source files of these paths; ``coverage`` is
        where the lines each test touches of the packages ``source`` are kept.
        """
        told = self.folder / "told.json"
        told.unlink(missing_ok=True)
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if not child:
            self._in_child(paths, chosen, changed or {}, database_from, coverage, source, told)
        ran = Ran(timed_out=not _ended(child, most_seconds))
        if told.exists():
            kept = json.loads(told.read_text())
            ran.code, ran.seconds, ran.failed = kept["code"], kept["seconds"], kept["failed"]
        return ran

    def _in_child(
        self,
        paths: Sequence[str],
        chosen: Sequence[str] | None,
        changed: Mapping[str, ast.Module],
        database_from: str | None,
        coverage: Path | None,
        source: Sequence[str],
        told: Path,
    ) -> None:
        os.setsid()
        code = 70
        with (self.folder / "last.log").open("w") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        try:
            sys.meta_path.insert(0, _Otherwise(changed))
            if database_from is not None:
                _use_database_as_it_is()
            measured = _measuring(coverage, source)
            notes = Notes(chosen, measured.switch_context if measured else lambda _name: None)
            made = "--create-db" if database_from is None else "--reuse-db"
            options = [*OPTIONS, "--reuse-db", made, "--hypothesis-seed=0", *paths]
            code = int(pytest.main(options, plugins=[notes]))
            if measured:
                measured.stop()
                measured.save()
            kept = {"code": code, "seconds": notes.ran.seconds, "failed": notes.ran.failed}
            told.write_text(json.dumps(kept))
        except BaseException:  # noqa: BLE001 - the child ends here, whatever it was
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _ended(child: int, most_seconds: float) -> bool:
    """Wait for it; its whole group is ended when the time is up. Out: whether it came to an end."""
    deadline = time.monotonic() + most_seconds
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(POLL_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _measuring(file: Path | None, source: Sequence[str]) -> Any:
    if file is None:
        return None
    import coverage

    measured = coverage.Coverage(
        data_file=str(file), config_file=False, source=[str(PROJECT / one) for one in source]
    )
    measured.start()
    return measured


def _use_database_as_it_is() -> None:
    """pytest-django would look through every migration each time."""
    from django.test import utils

    def set_up(*_args: object, **_how: object) -> list[object]:
        from django.db import connections

        for connection in connections.all():
            name = connection.creation._get_test_db_name()  # noqa: SLF001 - what Django does here
            connection.close()
            connection.settings_dict["NAME"] = name
        return []

    utils.setup_databases = set_up
    utils.teardown_databases = lambda *_args, **_how: None


class _Otherwise(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the changed modules before the files do."""

    def __init__(self, changed: Mapping[str, ast.Module]) -> None:
        self._trees = {
            path.removesuffix(".py").replace("/", "."): (path, tree)
            for path, tree in changed.items()
        }

    def find_spec(
        self, name: str, _path: object = None, _target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self._trees:
            return None
        file = str(PROJECT / self._trees[name][0])
        return importlib.util.spec_from_file_location(name, file, loader=self)  # type: ignore[arg-type]  # a loader

    def exec_module(self, module: types.ModuleType) -> None:
        path, tree = self._trees[module.__name__]
        exec(compile(tree, str(PROJECT / path), "exec"), vars(module))  # noqa: S102 - the project's own
