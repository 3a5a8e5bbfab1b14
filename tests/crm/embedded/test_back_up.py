"""The two dumps of deploy/backup, taken and restored with real servers' programs (ADR 0042)."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.db import connection

from benchmarks.databases import drop_database, make_anew
from crm.embedded.home import PROJECT
from crm.embedded.postgres import programs_folder
from privacy.custody.restoring import NotProved, _keys_open
from tests.conftest import owner_connection
from tests.factories.people import PatientFactory

SCRIPT = PROJECT / "deploy" / "backup" / "backup.sh"
(APART,) = re.findall(r" APART=\((.*)\)", SCRIPT.read_text())
DAY = 24 * 3600
Copy = psycopg.Connection


def sign_in(database: str) -> dict[str, str]:
    """How the programs sign in, as the owner."""
    told = connection.get_connection_params()
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password"}
    return {name: str(told[key]) for name, key in names.items()} | {"PGDATABASE": database}


def back_up(folder: Path, *, seal: str = "cat") -> subprocess.CompletedProcess[str]:
    given = sign_in(connection.settings_dict["NAME"])
    given |= {"BACKUP_DIR": str(folder), "POSTGRES": "env", "SEAL": seal}
    path = f"{programs_folder()}:{os.environ['PATH']}"
    return subprocess.run(
        [SCRIPT], env={"PATH": path, **given}, capture_output=True, text=True, check=False
    )


def newest(folder: Path, kind: str) -> Path:
    return max((folder / kind).glob("*.dump"))


def restore(database: str, dump: Path, section: str, *more: str) -> None:
    """One line of docs/going-to-production.md, 6."""
    command = [str(programs_folder() / "pg_restore"), "-d", database, "--exit-on-error"]
    command += [f"--section={section}", *more]
    with dump.open("rb") as held:
        subprocess.run(command, stdin=held, env=sign_in(database), check=True, capture_output=True)


@pytest.fixture
def folder(transactional_db: None, canaries: None, tmp_path: Path) -> Path:
    """Dumps of a clinic with two patients."""
    for number in (1, 2):
        PatientFactory.create(contact={"phone": f"+861380013800{number}"})
    done = back_up(tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


@pytest.fixture
def copy(transactional_db: None) -> Iterator[Copy]:
    name = f"{connection.settings_dict['NAME']}_restored"
    with owner_connection() as server:
        make_anew(server, name)
        told = sign_in(name)
        with psycopg.connect(
            host=told["PGHOST"], port=told["PGPORT"], user=told["PGUSER"],
            password=told["PGPASSWORD"], dbname=name, autocommit=True,
        ) as made:  # fmt: skip
            yield made
        drop_database(server, name)


def rows_of(held: Copy, table: str) -> list[str]:
    found = held.execute(f"SELECT md5(t::text) FROM {table} t ORDER BY 1").fetchall()
    return [row for (row,) in found]


def test_the_rows_apart_are_those_that_an_erasure_destroys() -> None:
    tables = {model._meta.db_table for model in apps.get_models()}
    assert set(APART.split()) <= tables
    assert "privacy_subjectkey" in APART.split()


def test_both_together_are_the_clinic(folder: Path, copy: Copy) -> None:
    name, data, keys = copy.info.dbname, newest(folder, "data"), newest(folder, "keys")
    for dump, section in ((data, "pre-data"), (data, "data"), (keys, "data"), (data, "post-data")):
        restore(name, dump, section)

    with owner_connection() as live:
        (tables,) = zip(
            *live.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' "
                "AND relnamespace = 'public'::regnamespace"
            ).fetchall(),
            strict=True,
        )
        assert {"privacy_subject", *APART.split()} <= set(tables)
        different = [one for one in tables if rows_of(live, one) != rows_of(copy, one)]
    assert different == []
    _keys_open(copy)
    fences = "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'A' AND NOT tgisinternal"
    with owner_connection() as live:
        assert copy.execute(fences).fetchone() == live.execute(fences).fetchone()


def test_old_data_open_with_the_keys_of_today(folder: Path, copy: Copy) -> None:
    name, old = copy.info.dbname, newest(folder, "data")
    PatientFactory.create()
    today = folder / "today"
    assert back_up(today).returncode == 0
    restore(name, old, "pre-data")
    restore(name, old, "data")
    restore(name, newest(today, "keys"), "data", "--table=privacy_subjectkey")
    restore(name, old, "post-data")

    assert copy.execute("SELECT count(*) FROM privacy_subject").fetchone() == (2,)
    _keys_open(copy)


def test_the_one_that_is_kept_for_years_opens_nothing(folder: Path, copy: Copy) -> None:
    for section in ("pre-data", "data", "post-data"):
        restore(copy.info.dbname, newest(folder, "data"), section)

    assert copy.execute("SELECT count(*) FROM privacy_subject").fetchone() == (2,)
    assert [rows_of(copy, table) for table in APART.split()] == [[]] * len(APART.split())
    with pytest.raises(NotProved):
        _keys_open(copy)
    with owner_connection() as live:
        keys = live.execute("SELECT wrapped FROM privacy_subjectkey").fetchall()
    assert len(keys) == 4
    plain = subprocess.run(
        [programs_folder() / "pg_restore", "--file=-", newest(folder, "data")],
        capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    assert not [key for (key,) in keys if bytes(key).hex() in plain]


def test_keys_go_after_35_days_and_data_stays(folder: Path) -> None:
    for kind in ("data", "keys"):
        for days in (34, 36):
            old = folder / kind / f"suian-{kind}-{days}.dump"
            old.touch()
            os.utime(old, (time.time() - days * DAY,) * 2)
    assert back_up(folder).returncode == 0

    left = {path.name for path in folder.glob("*/*") if path.stem[-2:] in {"34", "36"}}
    assert left == {"suian-data-34.dump", "suian-data-36.dump", "suian-keys-34.dump"}


def test_what_cannot_be_sealed_leaves_no_dump_and_takes_none_away(folder: Path) -> None:
    os.utime(newest(folder, "keys"), (time.time() - 36 * DAY,) * 2)
    before = sorted(folder.glob("*/*.dump"))
    assert back_up(folder, seal="false").returncode != 0
    assert sorted(folder.glob("*/*.dump")) == before
