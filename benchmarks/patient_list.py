"""The list of 50 patients and the exact phone search, at 10,000 and at 100,000 patients.

Both clinics are up at once and asked in turn, so that the ratio is taken in one run. Each has two
workers; as many clients ask at once. The audit trail is on: every page writes its event.
"""

import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from threading import local
from urllib.parse import urlencode

from benchmarks.clinic import WORKERS, Measured, drive, measured_clinic, percentile
from benchmarks.outcome import tell

SMALL, LARGE = 10_000, 100_000
ROUNDS, REQUESTS = 8, 40  # slices in turn: a noisy moment hits both
TARGETS = {"statements": 8, "bytes": 40_000, "list_p95": 80.0, "ratio": 1.2, "search_p95": 20.0}
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Visitor:
    """A signed-in member of staff with one keep-alive connection a thread."""

    def __init__(self, clinic: Measured, role: str) -> None:
        self.clinic, self.role, self.own = clinic, role, local()
        page, cookies = self._first_page()
        found = TOKEN.search(page)
        self.token = found.group(1) if found else ""
        self.cookies = f"sessionid={clinic.sessions[role]}; {cookies}"

    def _first_page(self) -> tuple[str, str]:
        connection = self.clinic.connect()
        session = f"sessionid={self.clinic.sessions[self.role]}"
        connection.request("GET", "/patients/", headers={"Cookie": session})
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != http.client.OK:
            raise RuntimeError(f"the list answered {answer.status}")
        cookies = [
            value.split(";")[0] for name, value in answer.getheaders() if name == "Set-Cookie"
        ]
        return text, "; ".join(cookies)

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self.own, "connection"):
            self.own.connection = self.clinic.connect()
        connection: http.client.HTTPConnection = self.own.connection
        return connection

    def timed(self, method: str, path: str, body: str = "") -> tuple[float, int, bytes]:
        """Seconds, status and body of one request."""
        headers = {"Cookie": self.cookies, "Referer": f"http://127.0.0.1:{self.clinic.port}/"}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = self._connection()
        began = time.perf_counter()
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        return time.perf_counter() - began, answer.status, content

    def list_page(self, _number: int) -> float:
        seconds, status, _content = self.timed("GET", "/patients/?size=50")
        if status != http.client.OK:
            raise RuntimeError(f"the list answered {status}")
        return seconds

    def phone_search(self, number: int) -> float:
        phones = self.clinic.phones
        form = {"csrfmiddlewaretoken": self.token, "q": phones[number % len(phones)]}
        seconds, status, _content = self.timed("POST", "/search/", urlencode(form))
        if status != http.client.FOUND:  # the one patient; a page would say "nobody"
            raise RuntimeError(f"the search answered {status}")
        return seconds


def statements(clinic: Measured) -> int:
    """SQL statements of one list page, session, user and audit included."""
    run = [sys.executable, "-m", "benchmarks.statements", "/patients/?size=50"]
    found = subprocess.run(run, env=clinic.environment, check=True, capture_output=True)
    return int(json.loads(found.stdout)["statements"])


def in_turn(
    small: Callable[[int], float], large: Callable[[int], float]
) -> tuple[list[float], ...]:
    """Seconds of both, measured in alternating slices after one slice that does not count."""
    drive(small, clients=WORKERS, requests=REQUESTS)
    drive(large, clients=WORKERS, requests=REQUESTS)
    results: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for measured, request in zip(results, (small, large), strict=True):
            measured.extend(drive(request, clients=WORKERS, requests=REQUESTS))
    return results


def yardstick() -> float:
    """Milliseconds of a million additions: what this machine is worth at this moment."""
    taken = []
    for _ in range(9):
        began, total = time.perf_counter(), 0
        for number in range(1_000_000):
            total += number
        taken.append(time.perf_counter() - began)
    return percentile(taken, 0.5)


def main() -> int:
    with ExitStack() as stack:
        small = Visitor(stack.enter_context(measured_clinic(SMALL)), "front_desk")
        large = Visitor(stack.enter_context(measured_clinic(LARGE)), "front_desk")
        count = statements(large.clinic)
        _seconds, _status, content = large.timed("GET", "/patients/?size=50")
        lists = in_turn(small.list_page, large.list_page)
        searches = in_turn(small.phone_search, large.phone_search)
    figures = {
        "statements": count,
        "bytes": len(content),
        "list_p50": percentile(lists[1], 0.5),
        "list_p95": percentile(lists[1], 0.95),
        "list_p50_at_10k": percentile(lists[0], 0.5),
        "ratio": percentile(lists[1], 0.5) / percentile(lists[0], 0.5),
        "search_p50": percentile(searches[1], 0.5),
        "search_p95": percentile(searches[1], 0.95),
        "yardstick": yardstick(),
    }
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))
    missed = [name for name, most in TARGETS.items() if figures[name] > most]
    told = "all reached" if not missed else f"not reached: {', '.join(missed)}"
    return tell(len(TARGETS) - len(missed), len(TARGETS), told)


if __name__ == "__main__":
    sys.exit(main())
