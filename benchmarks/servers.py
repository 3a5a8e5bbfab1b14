"""Servers of one's own that may be killed: Postgres and Valkey, durable, in a temporary folder."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.stage import adopt, leave_in_order
from crm.embedded.home import Home, open_log
from crm.embedded.postgres import Postgres
from crm.embedded.processes import Program, end, free_ports, kill_group
from crm.embedded.roles import APP, OWNER, Passwords, ensure_database, ensure_roles
from crm.embedded.servers import DATABASE, Addresses, clinic_environment
from crm.embedded.valkey import Valkey

STOP_SECONDS = 10.0


class Killable:
    """A program that is started, killed with all its children, and started again."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Raises: RuntimeError while it is down."""
        if self._process is None:
            raise RuntimeError(f"{self._program.name} is down")
        return self._process.pid

    def start(self) -> None:
        # Not crm.embedded.processes.start: its orphan signal is not for a process with threads.
        one = self._program
        with open_log(one.log) as log:
            self._process = subprocess.Popen(
                [str(word) for word in one.command], cwd=one.cwd, env=dict(one.env),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                umask=0o077, user=one.user.uid if one.user else None,
                group=one.user.gid if one.user else None, extra_groups=[] if one.user else None,
            )  # fmt: skip

    def kill(self) -> None:
        """kill -9 the whole group."""
        if self._process is not None:
            kill_group(self._process.pid)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(self._program.stop_signal)
            end(self._process, seconds=STOP_SECONDS)
            self._process = None


@dataclass
class Servers:
    """What a rehearsal kills, and how a Django process becomes part of its clinic."""

    home: Home
    postgres: Killable
    valkey: Killable
    database: Postgres
    queue: Valkey
    environment: dict[str, str]
    owner_url: str

    def postgres_again(self) -> None:
        self.database.prepare()  # clears the way: the killed one left its pid file
        self.postgres.start()
        self.database.wait_until_it_answers()

    def valkey_again(self, *, flushed: bool) -> None:
        if flushed:
            for path in self.home.valkey.iterdir():
                if path.name != "valkey.conf":
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.valkey.start()
        self.queue.wait_until_it_answers()


@contextmanager
def servers() -> Iterator[Servers]:
    """Both servers, and a migrated, empty database; all gone at the end."""
    leave_in_order()
    folder = Path(tempfile.mkdtemp(prefix="suian-kill-"))
    home = Home(folder / "state")
    home.create()
    os.environ.pop("DATABASE_URL", None)
    os.environ.pop("REDIS_URL", None)
    from crm.embedded.keys import ensure_keys

    ensure_keys(home)
    postgres_port, valkey_port, gateway_port = free_ports(3)
    database, queue = Postgres(home, port=postgres_port), Valkey(home, port=valkey_port)
    queue.prepare()
    database.prepare()
    postgres, valkey = Killable(database.program()), Killable(queue.program())
    try:
        postgres.start()
        valkey.start()
        database.wait_until_it_answers()
        queue.wait_until_it_answers()
        addresses = _database(database, queue)
        environment = clinic_environment(home, addresses, gateway_port=gateway_port)
        environment |= {"SUIAN_DEMO": "0", "LOG_LEVEL": "CRITICAL"}
        _migrate({**environment, "DATABASE_URL": addresses.owner_database})
        home.erasures.touch()
        yield Servers(home, postgres, valkey, database, queue, environment,
                      addresses.owner_database)  # fmt: skip
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _database(database: Postgres, queue: Valkey) -> Addresses:
    passwords = Passwords(owner=secrets.token_urlsafe(24), app=secrets.token_urlsafe(24))
    ensure_database(database.url(database="postgres"), name=DATABASE)
    ensure_roles(database.url(database=DATABASE), passwords)
    return Addresses(
        app_database=database.url(user=APP, password=passwords.app, database=DATABASE),
        owner_database=database.url(user=OWNER, password=passwords.owner, database=DATABASE),
        redis=queue.url,
    )


def _migrate(variables: dict[str, str]) -> None:
    command = [sys.executable, "-W", "ignore", "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, env={**os.environ, **variables}, check=True)


def become_part(of: Servers, **more: str) -> None:
    """This process becomes a Django process of that clinic; the key canaries are laid."""
    adopt({**of.environment, **more})
