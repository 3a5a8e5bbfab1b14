"""What has to happen before the pages can open: tables, static files, demo data."""

import hashlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from crm.embedded.home import PROJECT, Home, write_private
from crm.embedded.processes import Program

PACKAGES = ("privacy", "crm", "consult", "followup")


@dataclass(frozen=True)
class Step:
    """One command of ``manage.py`` that has to succeed, and what to say meanwhile."""

    text: str
    program: Program


def manage_program(
    home: Home, name: str, environment: Mapping[str, str], *arguments: str
) -> Program:
    return Program(
        name=name,
        command=[sys.executable, "manage.py", *arguments],
        log=home.logs / f"{name}.log",
        env={**environment, "SUIAN_PROCESS": "setup"},
        cwd=PROJECT,
    )


def has_command(name: str) -> bool:
    """Whether one of our packages brings this ``manage.py`` command."""
    files = (PROJECT / each / "management" / "commands" / f"{name}.py" for each in PACKAGES)
    return any(file.exists() for file in files)


def has_clinic(database_url: str) -> bool:
    """Whether the migrated database holds a clinic already."""
    with psycopg.connect(database_url, connect_timeout=5) as connection:
        table = connection.execute("SELECT to_regclass('public.crm_clinic')").fetchone()
        if not table or table[0] is None:
            return False
        found = connection.execute("SELECT EXISTS (SELECT FROM crm_clinic)").fetchone()
        return bool(found and found[0])


def static_digest() -> str:
    """Changes when a static file of ours or the installed packages change."""
    folders = [PROJECT / "static", *(PROJECT / each / "static" for each in PACKAGES)]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    lock = PROJECT / "requirements" / "run.txt"
    settings = sorted((PROJECT / "crm" / "settings").glob("*.py"))
    return digest_of([*sorted(files), lock, *settings])


def migrations_digest() -> str:
    """Changes when a migration is added or edited."""
    files = [path for each in PACKAGES for path in (PROJECT / each / "migrations").rglob("*.py")]
    return digest_of(sorted(files))


def digest_of(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = hashlib.sha256(path.read_bytes()).digest()
        digest.update(str(path.relative_to(PROJECT)).encode() + b"\0" + content)
    return digest.hexdigest()


class Done:
    """Remembers, by digest, which steps need not be done again."""

    def __init__(self, home: Home, name: str) -> None:
        self._path = home.state / f"{name}.done"

    def is_for(self, digest: str) -> bool:
        return self._path.exists() and self._path.read_text() == digest

    def note(self, digest: str) -> None:
        write_private(self._path, digest)

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)
