"""What rehearsals of sending need: a database, the SMS company, a Celery worker, a beat."""

import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.databases import drop_database, make_anew, with_database
from crm.embedded.processes import kill_group

SECRET = "rehearsal"  # noqa: S105  of a company that lives for one run
KEY_ID = "clinic"
TICK_SECONDS = 0.2
START_SECONDS = 30
# Waits of a rehearsal, in seconds; the product's own are minutes. The hours are open all day.
SHORT_WAITS = {
    "SMS_TIMEOUT_SECONDS": "1.5",
    "MESSAGE_LEASE_SECONDS": "3.5",
    "MESSAGE_CHECK_SECONDS": "0.3,0.8,3",
    "MESSAGE_PERSON_SECONDS": "60",
    "MESSAGE_BATCH": "25",
    "CLINIC_OPEN_FROM": "0",
    "CLINIC_OPEN_UNTIL": "24",
    "LOG_LEVEL": "ERROR",
}


@contextmanager
def fresh_database(name: str) -> Iterator[dict[str, str]]:
    """An environment whose database is new and migrated; it goes with the run."""
    owner = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    with psycopg.connect(owner, autocommit=True) as connection:
        make_anew(connection, name)
    migrate = {**os.environ, "DATABASE_URL": with_database(owner, name)}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"], env=migrate, check=True
    )
    try:
        # No second sink: its lines would tell of events that this database does not have.
        own = {
            "DATABASE_URL": with_database(os.environ["DATABASE_URL"], name),
            "AUDIT_SINK_DIR": "",
        }
        yield {**os.environ, **own}
    finally:
        with psycopg.connect(owner, autocommit=True) as connection:
            drop_database(connection, name)


def inside(module: str, environment: Mapping[str, str], *arguments: str) -> int:
    """Run ``module`` again as a process of that environment: settings are read once a process."""
    command = [sys.executable, "-W", "ignore", "-m", module, "inside", *arguments]
    return subprocess.run(command, env=dict(environment), check=False).returncode


def leave_in_order() -> None:
    """From now on SIGTERM ends this process by way of its ``finally``: it stops what it started."""

    def leave(_signal: int, _frame: object) -> None:
        sys.exit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, leave)


def adopt(environment: Mapping[str, str]) -> None:
    """Become a Django process of this environment; the key canaries are laid."""
    leave_in_order()
    # What a rehearsal lays out is more than a clinic does at once.
    os.environ.setdefault("PGOPTIONS", "-c transaction_timeout=0")
    os.environ.update(environment)
    if "SMS_GATEWAY_SECRET" in environment:  # the rehearsal's own; the clinic's file would win
        os.environ.pop("SMS_GATEWAY_SECRET_FILE", None)
    import django

    django.setup()
    from privacy.encryption.canaries import plant

    plant()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Company:
    """The SMS company as a process of its own; its ledger is read beside it."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def environment(self) -> dict[str, str]:
        """What a Django process needs to send by it."""
        return {
            "SMS_GATEWAY_URL": f"http://127.0.0.1:{self.port}",
            "SMS_GATEWAY_KEY_ID": KEY_ID,
            "SMS_GATEWAY_SECRET": SECRET,
        }

    def taken(self) -> Counter[str]:
        """How often each reference was taken: the truth."""
        file = f"file:{self.folder / 'ledger.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(file, uri=True)) as ledger:
            rows = ledger.execute("SELECT out_id, count(*) FROM sent GROUP BY out_id")
            return Counter(dict(rows.fetchall()))


@contextmanager
def company(folder: Path) -> Iterator[Company]:
    """``python -m crm.embedded.gateway`` until the end of the block."""
    port = free_port()
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "SMS_GATEWAY_PORT": str(port),
        "SMS_GATEWAY_DATA_DIR": str(folder),
        "SMS_GATEWAY_KEY_ID": KEY_ID,
        "SMS_GATEWAY_SECRET": SECRET,
        "SMS_GATEWAY_RECEIPT_SECONDS": "0",
    }
    process = subprocess.Popen([sys.executable, "-m", "crm.embedded.gateway"], env=environment)
    try:
        _wait_for(port)
        yield Company(folder, port, process)
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the SMS company did not start")


class Worker:
    """A real Celery worker, prefork, that can be killed with all its children."""

    def __init__(self, queue: str, environment: Mapping[str, str], log: Path) -> None:
        self._queue, self._environment, self._log = queue, dict(environment), log
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        self.starts += 1
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "celery", "--quiet", "-A", "crm", "worker",
                 "-Q", self._queue, "-c", "2", "--loglevel", "error", "--without-gossip",
                 "--without-mingle", "--without-heartbeat", "-n", f"w{self.starts}@{self._queue}"],
                env=self._environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def revive(self) -> bool:
        """Start it again if it ended by itself, as ``make run`` and docker compose do; whether."""
        if self._process is None or self._process.poll() is None:
            return False
        kill_group(self._process.pid)  # children that outlived it would work on
        self.start()
        return True

    def kill(self) -> None:
        """kill -9 the whole group: nobody has time to finish anything."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


class Ticks(threading.Thread):
    """What beat does, faster: starts a round of sending and of asking every fifth of a second."""

    TASKS = ("crm.messaging.tasks.dispatch_due", "crm.messaging.tasks.reconcile_unknown")

    def __init__(self, app: Any, queue: str) -> None:
        super().__init__(daemon=True)
        self._app, self._queue, self._over = app, queue, threading.Event()

    def run(self) -> None:
        from kombu.exceptions import OperationalError

        while not self._over.wait(TICK_SECONDS):
            for task in self.TASKS:
                with suppress(OperationalError):  # a queue that was killed is up again soon
                    self._app.send_task(task, queue=self._queue, expires=1.0, retry=False)

    def stop(self) -> None:
        self._over.set()
        self.join()
        with self._app.connection_for_write() as connection:
            connection.default_channel.queue_delete(self._queue)


def agreeing_patients(count: int, *, seed: int) -> list[Any]:
    """Synthetic patients of one clinic who agreed to reminders, each with a phone of their own."""
    from crm.patients.models import Patient, PatientContact
    from crm.staff.models import Clinic
    from privacy.consent.models import Channel, ConsentState, Purpose
    from privacy.pseudonyms.models import key_scope
    from privacy.pseudonyms.services import issue_subjects

    clinic = Clinic.objects.get_or_create(name="演练用门诊")[0]
    dice = random.Random(seed)
    with key_scope():
        subjects = issue_subjects(count=count)
        patients = [Patient(id=one.pk, subject=one, clinic=clinic) for one in subjects]
        Patient.objects.bulk_create(patients)
        contacts = []
        for patient in patients:
            contact = PatientContact(patient=patient)
            contact.set_name("演练", [])
            contact.set_phone(f"+861{dice.randrange(3_000_000_000, 9_999_999_999)}")
            contacts.append(contact)
        PatientContact.objects.bulk_create(contacts)
    ConsentState.objects.bulk_create(
        ConsentState(
            subject_id=patient.pk,
            purpose=Purpose.FOLLOW_UP,
            channel=Channel.SMS,
            status="granted",
        )
        for patient in patients
    )
    return patients


def known_wording() -> Any:
    """The shipped, time-critical wording F-01, known to the company."""
    from crm.messaging.models import MessageTemplate
    from crm.messaging.registration import register_templates
    from crm.messaging.services import ensure_shipped_templates

    ensure_shipped_templates()
    register_templates()
    return MessageTemplate.objects.get(code="F-01")
