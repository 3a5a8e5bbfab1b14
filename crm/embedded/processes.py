"""Starting and ending child processes so that none is ever left behind."""

import contextlib
import ctypes
import json
import os
import platform
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crm.embedded.home import Home, open_log, write_private

ON_LINUX = platform.system() == "Linux"
PR_SET_PDEATHSIG = 1  # linux/prctl.h
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class RunAs:
    """Another user that root starts a program as, with that user's main group only."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Program:
    """How to start one process, and how to end it."""

    name: str
    command: Sequence[str | Path]
    log: Path
    env: Mapping[str, str]
    cwd: Path
    stop_signal: signal.Signals = signal.SIGTERM
    # What the kernel sends should the supervisor be killed outright (Linux only).
    orphan_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 8.0
    user: RunAs | None = None


def start(program: Program) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own (Ctrl-C is for us alone), its output in its log.

    Call it from the main thread: the kernel's orphan signal follows the thread that started it.
    """
    with open_log(program.log) as log:
        return subprocess.Popen(
            [str(word) for word in program.command],
            cwd=program.cwd,
            env=dict(program.env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
            preexec_fn=_die_with_parent(program.orphan_signal),  # noqa: PLW1509  no threads here
            user=program.user.uid if program.user else None,
            group=program.user.gid if program.user else None,
            extra_groups=[] if program.user else None,
        )


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], object] | None:
    if not ON_LINUX:
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, int(death_signal))


def ask_to_stop(process: subprocess.Popen[bytes], program: Program) -> None:
    if process.poll() is None:
        process.send_signal(program.stop_signal)


def end(process: subprocess.Popen[bytes], *, seconds: float) -> None:
    """Wait for a process that was asked to stop; then end what is left of its group."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, seconds))
    kill_group(process.pid)
    process.wait()


def kill_group(pid: int) -> None:
    """End a process and the children it leaves; fine if there are none."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Ask until ``condition`` holds; False if it never did within ``seconds``."""
    end_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end_at:
            return False
        time.sleep(POLL_SECONDS)
    return True


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nobody uses now, all different."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def birth_of(pid: int) -> str | None:
    """What tells this process from a later one with the same number; None if it has ended."""
    if ON_LINUX:
        try:
            state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if state == "Z" else rest[18]  # field 22: start time in clock ticks
    ask = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip() or None


class ChildRegister:
    """Which processes we started, on disk, so that the next start can end leftovers."""

    def __init__(self, home: Home) -> None:
        self._path = home.state / "children.json"
        self._children: dict[int, tuple[str, int]] = {}  # pid: (birth, stop signal)

    def add(self, pid: int, stop_signal: signal.Signals) -> None:
        birth = birth_of(pid)
        if birth:
            self._children[pid] = (birth, int(stop_signal))
            self._write()

    def remove(self, pid: int) -> None:
        if self._children.pop(pid, None):
            self._write()

    def end_leftovers(self, *, seconds: float = 10.0) -> int:
        """End what a killed supervisor left behind; returns how many processes those were.

        Call it with the clinic's lock held. A number that meanwhile belongs to another program
        is left alone: its time of birth differs.
        """
        alive = {pid: child for pid, child in self._read().items() if birth_of(pid) == child[0]}
        for pid, (_, stop_signal) in alive.items():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, stop_signal)

        def still_there() -> list[int]:
            return [pid for pid, (birth, _) in alive.items() if birth_of(pid) == birth]

        wait_until(lambda: not still_there(), seconds=seconds)
        for pid in still_there():
            kill_group(pid)
        self._children = {}
        self._write()
        return len(alive)

    def _read(self) -> dict[int, tuple[str, int]]:
        try:
            stored = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return {int(pid): (birth, stop_signal) for pid, (birth, stop_signal) in stored.items()}

    def _write(self) -> None:
        write_private(self._path, json.dumps(self._children))
