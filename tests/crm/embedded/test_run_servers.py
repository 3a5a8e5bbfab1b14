"""The embedded Postgres and Valkey: roles, quiet logs, survival of kill -9."""

import os
import signal

import psycopg
import pytest
import redis

from crm.embedded.clinic import Clinic
from crm.embedded.postgres import PostgresError, find_user, programs_folder, read_settings
from crm.embedded.processes import wait_until
from crm.embedded.roles import ROLES_FILE
from crm.embedded.steps import has_clinic
from crm.embedded.valkey import server_program

MEMBERSHIPS = """
SELECT r.rolname, m.rolname, a.inherit_option, a.set_option, a.admin_option
FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
WHERE m.rolname LIKE 'suian%' ORDER BY 1, 2
"""


def superuser(clinic: Clinic) -> psycopg.Connection:
    password = (clinic.home.keys / "postgres.password").read_text()
    port = psycopg.conninfo.conninfo_to_dict(clinic.addresses.app_database)["port"]
    return psycopg.connect(
        f"postgres://postgres:{password}@127.0.0.1:{port}/suian", autocommit=True
    )


def rolls(clinic: Clinic) -> tuple[list, list]:
    with superuser(clinic) as connection:
        roles = "SELECT rolname, rolcanlogin, rolsuper, rolcreatedb FROM pg_roles ORDER BY 1"
        return connection.execute(roles).fetchall(), connection.execute(MEMBERSHIPS).fetchall()


def test_roles_are_as_designed_and_the_file_may_run_again(open_clinic: Clinic) -> None:
    before = rolls(open_clinic)
    with superuser(open_clinic) as connection:
        connection.execute(ROLES_FILE.read_bytes())

    assert rolls(open_clinic) == before
    roles, memberships = before
    assert [role for role in roles if role[0].startswith("suian")] == [
        ("suian_app", True, False, False),
        ("suian_auditor", False, False, False),
        ("suian_owner", True, False, False),
        ("suian_sealer", False, False, False),
    ]
    assert memberships == [
        ("suian_app", "suian_owner", False, True, False),
        ("suian_auditor", "suian_app", False, True, False),
        ("suian_auditor", "suian_owner", False, True, False),
        ("suian_sealer", "suian_app", False, True, False),
        ("suian_sealer", "suian_owner", False, True, False),
    ]


def test_the_app_may_not_make_tables_and_the_owner_may(open_clinic: Clinic) -> None:
    with (
        psycopg.connect(open_clinic.addresses.app_database) as app,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        app.execute("CREATE TABLE t (id int)")
    with psycopg.connect(open_clinic.addresses.owner_database) as owner:
        owner.execute("CREATE TABLE t (id int)")
        owner.rollback()


def test_the_server_logs_no_values(open_clinic: Clinic) -> None:
    """Neither bound ones, nor anything the pages say; what the owner types, see roles.sql."""
    with psycopg.connect(open_clinic.addresses.owner_database, autocommit=True) as owner:
        owner.execute("CREATE TEMP TABLE t (phone text PRIMARY KEY)")
        for _ in range(2):
            try:
                owner.execute("INSERT INTO t VALUES (%s)", ["canary-13800001111"])
            except psycopg.errors.UniqueViolation:
                break
    with (
        psycopg.connect(open_clinic.addresses.app_database) as app,
        pytest.raises(psycopg.errors.InvalidTextRepresentation),
    ):
        app.execute("SELECT 'canary-1' = '' AND '%x'::int = 1")

    log = (open_clinic.home.logs / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "canary" not in log


def test_text_is_utf_8_and_trigrams_work_on_chinese(open_clinic: Clinic) -> None:
    with psycopg.connect(open_clinic.addresses.owner_database) as owner:
        encoding = owner.execute("SHOW server_encoding").fetchone()
        owner.execute("CREATE EXTENSION pg_trgm")
        trigrams = owner.execute("SELECT show_trgm('张伟明')").fetchone()
        owner.rollback()
    assert encoding == ("UTF8",)
    assert trigrams
    assert len(trigrams[0]) == 4


@pytest.mark.slow
def test_both_servers_survive_kill_9_with_their_data(open_clinic: Clinic) -> None:
    supervisor, addresses = open_clinic.supervisor, open_clinic.addresses
    with psycopg.connect(addresses.owner_database) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 1 AS id")

    for name in ("postgres", "valkey"):
        os.kill(supervisor.pid_of(name) or 0, signal.SIGKILL)

    def both_answer() -> bool:
        supervisor.look()
        try:
            with psycopg.connect(addresses.owner_database, connect_timeout=2) as owner:
                kept = owner.execute("SELECT id FROM kept").fetchone()
            with redis.Redis.from_url(addresses.redis) as client:
                return kept == (1,) and bool(client.ping())
        except (psycopg.OperationalError, redis.ConnectionError):
            return False

    wait_until(lambda: supervisor.look() or not supervisor.all_steady(), seconds=5)
    assert wait_until(both_answer, seconds=30)


def test_an_empty_database_has_no_clinic(open_clinic: Clinic) -> None:
    assert not has_clinic(open_clinic.addresses.app_database)
    with psycopg.connect(open_clinic.addresses.owner_database, autocommit=True) as owner:
        owner.execute("CREATE TABLE crm_clinic (id int); GRANT SELECT ON crm_clinic TO suian_app")
        assert not has_clinic(open_clinic.addresses.app_database)
        owner.execute("INSERT INTO crm_clinic VALUES (1)")
        assert has_clinic(open_clinic.addresses.app_database)
        owner.execute("DROP TABLE crm_clinic")


def test_valkey_wants_its_password(open_clinic: Clinic) -> None:
    without = open_clinic.addresses.redis.replace(":", "", 1).split("@")[1]
    with (
        redis.Redis.from_url(f"redis://{without}") as client,
        pytest.raises(redis.exceptions.AuthenticationError),
    ):
        client.ping()


def test_settings_files_are_read_without_comments(tmp_path) -> None:
    file = tmp_path / "x.conf"
    file.write_text("# head\nlog_statement = none # why\n\nport=1\n")

    assert read_settings(file) == {"log_statement": "none", "port": "1"}


def test_programs_can_be_named_by_the_environment(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "initdb").touch()
    monkeypatch.setenv("SUIAN_POSTGRES_BIN", str(tmp_path))
    monkeypatch.setenv("SUIAN_VALKEY_SERVER", str(tmp_path / "valkey"))

    assert programs_folder() == tmp_path
    assert server_program() == tmp_path / "valkey"


def test_missing_programs_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUIAN_POSTGRES_BIN", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)

    with pytest.raises(PostgresError, match="DATABASE_URL"):
        programs_folder()


def test_an_unknown_user_is_none() -> None:
    assert find_user("nobody-has-this-name") is None
