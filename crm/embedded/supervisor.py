"""Keeps the parts of the clinic up: what dies is started again, and all stop together."""

import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass

from crm.embedded.console import Console, last_lines, set_aside_long_log
from crm.embedded.processes import ChildRegister, Program, ask_to_stop, end, kill_group, start

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
STEADY_AFTER_SECONDS = 20.0  # a part up for this long starts its next pauses from the shortest
SHOW_LOG_AT_FAILURE = 3


def pause_after(failures: int) -> float:
    """Seconds to wait before a part is started again after that many quick deaths in a row."""
    doublings = min(failures - 1, 10)  # 2**10 is far beyond the longest pause
    return min(FIRST_PAUSE_SECONDS * 2.0**doublings, LONGEST_PAUSE_SECONDS)


@dataclass
class Part:
    """One supervised process and what it has been through."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    start_again_at: float = 0.0

    @property
    def is_up(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Starts parts in order, watches them, stops them in reverse order.

    ``look`` is called several times a second from one loop; there are no threads, because the
    kernel's orphan signal follows the thread that started a child.
    """

    def __init__(self, console: Console, register: ChildRegister) -> None:
        self._console = console
        self._register = register
        self._parts: list[Part] = []

    def start(self, program: Program) -> None:
        """Start a part and watch it from now on."""
        set_aside_long_log(program.log)
        part = Part(program)
        self._parts.append(part)
        self._launch(part)

    def all_steady(self) -> bool:
        """Whether no part has died since it was last considered steady."""
        return all(part.is_up and not part.failures for part in self._parts)

    def pid_of(self, name: str) -> int | None:
        """The process number of a part that is up, or None."""
        for part in self._parts:
            if part.program.name == name and part.process and part.is_up:
                return part.process.pid
        return None

    def worst_failures(self) -> int:
        """How often the most troubled part has died in a row."""
        return max((part.failures for part in self._parts), default=0)

    def look(self) -> None:
        """See to every part once: note deaths, start again what has waited long enough."""
        now = time.monotonic()
        for part in self._parts:
            if part.is_up:
                if part.failures and now - part.started_at > STEADY_AFTER_SECONDS:
                    part.failures = 0
            elif part.process is not None:
                self._note_death(part, part.process, now)
            elif now >= part.start_again_at:
                self._launch(part)
                self._console.say(f"{part.program.name} started again")

    def stop_all(self) -> None:
        """Stop the parts: the last started ones first, each within its own time."""
        for part in reversed(self._parts):
            if part.process is not None:
                self._stop(part, part.process)
        self._parts.clear()

    def stop_together(self, names: Iterable[str]) -> None:
        """Ask several parts to stop at once, then wait for them (they do not need each other)."""
        wanted = [part for part in self._parts if part.program.name in set(names)]
        for part in wanted:
            if part.process is not None:
                ask_to_stop(part.process, part.program)
        for part in wanted:
            if part.process is not None:
                self._stop(part, part.process)
            self._parts.remove(part)

    def _launch(self, part: Part) -> None:
        part.process = start(part.program)
        part.started_at = time.monotonic()
        self._register.add(part.process.pid, part.program.stop_signal)

    def _note_death(self, part: Part, process: subprocess.Popen[bytes], now: float) -> None:
        kill_group(process.pid)  # its children would work on without it
        self._register.remove(process.pid)
        if now - part.started_at > STEADY_AFTER_SECONDS:
            part.failures = 0
        part.failures += 1
        pause = pause_after(part.failures)
        part.process, part.start_again_at = None, now + pause
        how = describe_exit(process.returncode)
        self._console.say(f"{part.program.name} {how}; starting it again in {pause:.1f} s")
        if part.failures == SHOW_LOG_AT_FAILURE:
            self._console.say(f"{part.program.name} keeps ending; from {part.program.log}:")
            for line in last_lines(part.program.log):
                self._console.say(f"    {line}")

    def _stop(self, part: Part, process: subprocess.Popen[bytes]) -> None:
        ask_to_stop(process, part.program)
        end(process, seconds=part.program.stop_seconds)
        self._register.remove(process.pid)


def describe_exit(code: int) -> str:
    """A return code in words: negative ones are signals."""
    return f"was ended by signal {-code}" if code < 0 else f"ended by itself (code {code})"
