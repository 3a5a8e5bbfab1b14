"""One clinic from opening to closing: lock, servers, set-up steps, parts, orderly end."""

import http.client
import signal
import threading
from collections.abc import Sequence
from types import FrameType

from crm.embedded import steps
from crm.embedded.console import Console, last_lines
from crm.embedded.discovery import Announcement, announce, withdraw
from crm.embedded.home import Home
from crm.embedded.parts import LATER, Plan, programs
from crm.embedded.processes import ChildRegister, Program, ask_to_stop, end, free_ports, start
from crm.embedded.servers import (
    Addresses,
    as_owner,
    clinic_environment,
    start_servers,
    with_own,
)
from crm.embedded.supervisor import Supervisor

LOOK_SECONDS = 0.1
READY_SECONDS = 120.0
READY_PATH = "/healthz/live/"
MAY_DIE_WHILE_OPENING = 4  # more quick deaths than this before the pages open: it is broken


class Stopped(Exception):
    """Somebody asked the clinic to stop while it was still opening."""


class StepFailedError(Exception):
    """A set-up step or a part failed; the text says which, and shows its last lines."""


class Clinic:
    """The servers and parts of one home. Call ``close`` whatever happens."""

    def __init__(self, home: Home, console: Console, *, throw_away: bool = False) -> None:
        self.home = home
        self.console = console
        self.stop_wanted = threading.Event()
        self._register = ChildRegister(home)
        self.supervisor = Supervisor(console, self._register)
        self._throw_away = throw_away
        (self._gateway_port,) = free_ports(1)

    def stop_on_signals(self) -> None:
        """From now on Ctrl-C and friends mean: close in good order."""
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, self._note_signal)

    def open_servers(self) -> Addresses:
        """Start Postgres and Valkey after ending what a killed supervisor left behind."""
        ended = self._register.end_leftovers()
        if ended:
            self.console.step(f"Ended {ended} processes that a killed clinic had left behind")
        self.addresses = start_servers(self.home, self.supervisor, throw_away=self._throw_away)
        self.variables = clinic_environment(
            self.home, self.addresses, gateway_port=self._gateway_port
        )
        self.environment = with_own(self.variables)
        return self.addresses

    def migrate(self) -> None:
        """Bring the tables to what the code expects, as the database's owner."""
        self._run_together([self._migration()])
        self._note_migrated()

    def is_migrated(self) -> bool:
        done = steps.Done(self.home, "migrate")
        return not self.addresses.is_new and done.is_for(steps.migrations_digest())

    def set_up(self) -> None:
        """Tables and static files, side by side; then demo data where no clinic is yet."""
        together = [self._migration()]
        static, digest = steps.Done(self.home, "static"), steps.static_digest()
        if not static.is_for(digest):
            collect = ("collectstatic", "--noinput", "--clear", "-v0")
            program = steps.manage_program(self.home, "static", self.environment, *collect)
            together.append(steps.Step("Preparing the static files", program))
        self._run_together(together)
        self._note_migrated()
        static.note(digest)
        self.forget_again()
        self.seed()

    def forget_again(self) -> None:
        """Carry out the erasures that an older database knows nothing of, before anything starts.

        A new clinic gets its empty ledger here; while it is empty there is nothing to carry out.
        Raises: StepFailedError if the ledger has a line that this clinic did not write, or is
            missing beside patients.
        """
        ledger = self.home.erasures
        if ledger.exists() and not ledger.stat().st_size:
            return
        program = steps.manage_program(self.home, "erasures", self.environment, "replay_erasures")
        self._run_together([steps.Step("Looking for erasures to carry out again", program)])

    def seed(self) -> None:
        """Fill a clinic that is empty with the demo clinic, unless SUIAN_DEMO is off."""
        wanted = self.variables["SUIAN_DEMO"].lower() in {"1", "true", "yes", "on"}
        url = self.addresses.app_database
        if not wanted or not steps.has_command("seed_demo") or steps.has_clinic(url):
            return
        program = steps.manage_program(self.home, "seed", self.environment, "seed_demo")
        self._run_together([steps.Step("Filling the demo clinic", program)])

    def open_pages(self, port: int) -> str:
        """Start the parts and wait for the pages; returns their address."""
        plan = Plan(self.home, self.environment, port, self._gateway_port)
        self.console.step("Starting the pages and the queue")
        self._start(programs(plan))
        self._wait_for_pages(port)
        self._start([part(plan) for part in LATER])
        address = f"http://127.0.0.1:{port}/"
        self.announce(address)
        return address

    def _start(self, wanted: Sequence[Program]) -> None:
        for program in wanted:
            self.console.follow(program.name, program.log)
            self.supervisor.start(program)

    def announce(self, address: str) -> None:
        """Let commands find this clinic."""
        owner = self.addresses.owner_database
        announce(self.home, Announcement(address, self.variables, owner))

    def watch(self) -> None:
        """Keep everything up until somebody wants it to stop."""
        while not self.stop_wanted.wait(LOOK_SECONDS):
            self.supervisor.look()
            self.console.relay()

    def close(self) -> None:
        """Stop the parts, then the servers they need."""
        withdraw(self.home)
        self.supervisor.stop_together(["beat", "web", "worker", "sealer", "exporter", "gateway"])
        self.supervisor.stop_all()
        self.console.close()

    def output_of(self, *arguments: str) -> str:
        """What a ``manage.py`` command prints; its log's end if it fails."""
        program = steps.manage_program(self.home, arguments[0], self.environment, *arguments)
        program.log.unlink(missing_ok=True)
        self._run_together([steps.Step("", program)])
        return program.log.read_text()

    def _migration(self) -> steps.Step:
        environment = as_owner(self.environment, self.addresses)
        arguments = ("migrate", "--noinput", "-v1")
        program = steps.manage_program(self.home, "migrate", environment, *arguments)
        return steps.Step("Bringing the database up to date", program)

    def _note_migrated(self) -> None:
        steps.Done(self.home, "migrate").note(steps.migrations_digest())

    def _run_together(self, wanted: Sequence[steps.Step]) -> None:
        """Run steps side by side, keeping the servers up meanwhile.

        Raises: StepFailedError if one fails, Stopped if somebody wants to stop.
        """
        for step in wanted:
            if step.text:
                self.console.step(step.text)
        running = [(step.program, start(step.program)) for step in wanted]
        try:
            while any(process.poll() is None for _, process in running):
                self._look_while_opening()
        finally:
            for program, process in running:
                ask_to_stop(process, program)
                end(process, seconds=program.stop_seconds)
        for program, process in running:
            if process.returncode != 0:
                raise StepFailedError(failure_of(program))

    def _wait_for_pages(self, port: int) -> None:
        waited = 0.0
        while not pages_answer(port):
            self._look_while_opening()
            waited += LOOK_SECONDS
            if waited > READY_SECONDS or self.supervisor.worst_failures() > MAY_DIE_WHILE_OPENING:
                raise StepFailedError(f"The pages do not open; see {self.home.logs}")

    def _look_while_opening(self) -> None:
        if self.stop_wanted.wait(LOOK_SECONDS):
            raise Stopped
        self.supervisor.look()
        self.console.relay()

    def _note_signal(self, _signal: int, _frame: FrameType | None) -> None:
        self.stop_wanted.set()


def failure_of(program: Program) -> str:
    lines = "\n".join(f"    {line}" for line in last_lines(program.log))
    return f"{program.name} failed; the end of {program.log}:\n{lines}"


def pages_answer(port: int) -> bool:
    """Whether the web part says that it is alive."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", READY_PATH)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
