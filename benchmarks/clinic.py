"""A measured clinic: its own database, two gunicorn workers, keep-alive clients."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from benchmarks.databases import make_anew, with_database

WORKERS = 2
START_SECONDS = 60


@dataclass(frozen=True)
class Measured:
    """A running clinic to measure."""

    port: int
    environment: dict[str, str]
    sessions: dict[str, str]
    phones: list[str]

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def measured_clinic(patients: int) -> Iterator[Measured]:
    """Make the database, fill it, serve it; the database goes with the run."""
    name = f"bench_{patients}"
    owner = os.environ["DATABASE_OWNER_URL"]
    with psycopg.connect(owner, autocommit=True) as connection:
        make_anew(connection, name)
    environment = {**os.environ, "DATABASE_URL": with_database(owner, name)}
    environment["LOOKUPS_A_MINUTE"] = "1000000"  # one account asks as often as a whole clinic
    run = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(run, env=environment, check=True)
    run = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
    subprocess.run(run, env=environment, check=True)
    environment["DATABASE_URL"] = with_database(os.environ["DATABASE_URL"], name)
    began = time.monotonic()
    build = [sys.executable, "-m", "benchmarks.builder", str(patients)]
    made = json.loads(
        subprocess.run(build, env=environment, check=True, capture_output=True).stdout
    )
    sys.stderr.write(f"{patients} patients built in {time.monotonic() - began:.0f} s\n")
    with psycopg.connect(with_database(owner, name), autocommit=True) as connection:
        connection.execute("ANALYZE")
    port = _free_port()
    web = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "crm.wsgi", "-b", f"127.0.0.1:{port}",
         "-w", str(WORKERS), "--log-level", "error"],
        env=environment,
    )  # fmt: skip
    try:
        _wait(port)
        yield Measured(port, environment, made["sessions"], made["phones"])
    finally:
        web.terminate()
        web.wait()


def _wait(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the measured clinic did not start")


def drive(request: Callable[[int], float], *, clients: int, requests: int) -> list[float]:
    """Seconds of each request: ``clients`` at once, each with a connection of its own."""
    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(request, range(requests)))


def percentile(seconds: list[float], share: float) -> float:
    """The value in milliseconds below which ``share`` of the measurements lie."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]
