"""kill -9 on the web's workers while programs register patients: one patient a call, and no less.

``make bench ARGS="kill_web --kills=50"``: clients of the API register with an Idempotency-Key each
and send the same call again until it is answered, as a good client does. A gunicorn worker is
killed in the middle. Every call has to lead to exactly one patient, and every change to an event.
"""

import argparse
import http.client
import json
import os
import random
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from benchmarks.books import check
from benchmarks.kill_postgres import front_desk
from benchmarks.outcome import tell
from benchmarks.servers import Killable, Servers, become_part, servers
from crm.embedded.clinic import pages_answer
from crm.embedded.parts import Plan, web
from crm.embedded.processes import free_ports, wait_until

KILLS, SEED, CLIENTS, START_SECONDS, PATIENCE_SECONDS = 50, 20261122, 3, 120.0, 120.0
CREATED, CONFLICT = 201, 409
NO_CAPS = {"API_RATE": "1000000/min", "LOOKUPS_A_MINUTE": "1000000"}


@dataclass
class Told:
    """What the clients were told."""

    codes: dict[str, str] = field(default_factory=dict)  # key of the call -> code of the patient
    repeated: int = 0
    odd: list[str] = field(default_factory=list)
    since_kill: int = 0


class Client(threading.Thread):
    """Registers one patient after another; a call without an answer is sent again."""

    def __init__(self, port: int, token: str, told: Told, dice: random.Random) -> None:
        super().__init__(daemon=True)
        self._port, self._token, self._told, self._dice = port, token, told, dice
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            key = str(UUID(int=self._dice.getrandbits(128), version=4))
            name = "".join(chr(self._dice.randrange(0x4E00, 0x9FA5)) for _ in range(3))
            phone = f"+861{self._dice.randrange(3_000_000_000, 9_999_999_999)}"
            body = json.dumps({"name": name, "phone": phone, "chief_complaint": "复查"})
            self._until_answered(key, body)

    def _until_answered(self, key: str, body: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                status, answer = self._send(key, body)
            except (OSError, http.client.HTTPException):
                self._told.repeated += 1
                time.sleep(0.02)
                continue
            if status == CREATED:
                self._told.codes[key] = json.loads(answer)["code"]
                self._told.since_kill += 1
                return
            if status != CONFLICT:  # 409: the first call is still in flight, or was when it died
                self._told.odd.append(f"{status} {answer[:200]!r}")
                return
            time.sleep(0.05)
        self._told.odd.append("no answer")

    def _send(self, key: str, body: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        try:
            connection.request("POST", "/api/v1/patients/", body.encode(), headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def stop(self) -> None:
        self._over.set()
        self.join()


def workers_of(master: int) -> list[int]:
    """The process numbers of gunicorn's workers."""
    children = Path(f"/proc/{master}/task/{master}/children")
    return [int(pid) for pid in children.read_text().split()]


def open_web(of: Servers) -> tuple[Killable, int]:
    """The pages as ``make run`` starts them."""
    port, gateway = free_ports(2)
    environment = {**os.environ, **of.environment, **NO_CAPS}
    pages = Killable(web(Plan(of.home, environment, port, gateway)))
    pages.start()
    if not wait_until(lambda: pages_answer(port), seconds=START_SECONDS):
        raise RuntimeError("the pages do not open")
    return pages, port


def rehearse(of: Servers, *, kills: int, seed: int) -> Told:
    """Kill a worker ``kills`` times while the clients are at it."""
    from crm.staff.services import issue_token
    from privacy.access.policy import Permission

    _token, secret = issue_token(
        user=front_desk(), name="rehearsal", scopes=[Permission.REGISTER_PATIENT],
        lifetime=timedelta(days=1),
    )  # fmt: skip
    pages, port = open_web(of)
    told, dice = Told(), random.Random(seed)
    clients = [Client(port, secret, told, random.Random(seed + n + 1)) for n in range(CLIENTS)]
    try:
        for client in clients:
            client.start()
        for number in range(kills):
            told.since_kill = 0
            wait_until(lambda: told.since_kill > 0 or bool(told.odd), seconds=PATIENCE_SECONDS)
            time.sleep(dice.uniform(0, 0.2))
            os.kill(dice.choice(workers_of(pages.pid)), signal.SIGKILL)
            sys.stderr.write(f"\r{number + 1} kills, {len(told.codes)} registered")
        for client in clients:
            client.stop()
    finally:
        pages.stop()
    return told


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 if a call led to two patients or none, or a change stands without its event."""
    parser = argparse.ArgumentParser(prog="kill_web", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(arguments)
    with servers() as of:
        become_part(of)
        told = rehearse(of, kills=asked.kills, seed=asked.seed)
        sys.stderr.write("\n")
        from crm.patients.models import Patient

        there = set(Patient.objects.values_list("subject__code", flat=True))
        answered = set(told.codes.values())
        lost, doubled = len(answered - there), len(there - answered)
        doubled += len(told.codes) - len(answered)
        books = check(of.owner_url)
        text = (
            f"{asked.kills} workers killed while {len(told.codes)} calls registered a patient each "
            f"({told.repeated} sent again): {lost} lost, {doubled} doubled, {len(told.odd)} odd "
            f"answers {told.odd[:3] or ''}; {books}"
        )
        bad = lost + doubled + len(told.odd) + books.bad
        return tell(max(0, asked.kills - bad), asked.kills, text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
