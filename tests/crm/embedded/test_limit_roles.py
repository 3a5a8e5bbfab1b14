"""What roles.sql says of time and logs, with a real server: pages, owner and superuser."""

from collections.abc import Iterator

import psycopg
import pytest

from crm.embedded.home import Home
from crm.embedded.keys import POSTGRES_PASSWORD, ensure_keys, read_key
from crm.embedded.postgres import Postgres
from crm.embedded.processes import free_ports
from crm.embedded.roles import Passwords, ensure_database, ensure_roles
from crm.embedded.supervisor import Supervisor

WORDS = Passwords(owner="owner-word", app="app-word")
PHONE = "13800138000"


@pytest.fixture
def server(home: Home, supervisor: Supervisor) -> Iterator[Postgres]:
    """With its roles, the second time as well: then the superuser's statements are logged."""
    ensure_keys(home)
    made = Postgres(home, port=free_ports(1)[0], throw_away=True)
    made.prepare()
    supervisor.start(made.program())
    made.wait_until_it_answers()
    ensure_database(made.url(database="postgres"), name="suian")
    for _start in range(2):
        ensure_roles(made.url(), WORDS)
    yield made
    supervisor.stop_all()


def say(url: str, mark: str) -> str:
    """One statement with a mark in its text and a phone as its bound value; the role's limit."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SELECT '{mark}', %s::text", [PHONE])
        row = connection.execute("SHOW transaction_timeout").fetchone()
        assert row
        return str(row[0])


def test_time_is_limited_for_the_pages_and_hands_are_logged(home: Home, server: Postgres) -> None:
    app = server.url(user="suian_app", password=WORDS.app)
    owner = server.url(user="suian_owner", password=WORDS.owner)

    assert say(app, "by the pages") == "30s"
    assert say(owner, "by the owner") == "0"
    assert say(server.url(), "by a superuser") == "0"
    with psycopg.connect(owner) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SET log_statement = 'none'")

    log = server.log.read_text()
    assert "by the owner" in log
    assert "by a superuser" in log
    assert "by the pages" not in log
    for user in ("suian_app", "suian_owner", "postgres"):
        assert f"connection authorized: user={user} " in log
        assert f" user={user} database=suian" in log.partition("disconnection:")[2]
    for word in (PHONE, WORDS.app, WORDS.owner, read_key(home, POSTGRES_PASSWORD)):
        assert word not in log


def test_tests_fill_no_log(server: Postgres) -> None:
    """Their owner may create databases, works with invented people and says a great deal."""
    ensure_roles(server.url(), WORDS, may_create=True)
    say(server.url(user="suian_owner", password=WORDS.owner), "by a test")
    assert "by a test" not in server.log.read_text()
