"""What the person at the terminal sees: our own lines, and the parts' logs as they grow."""

import time
from pathlib import Path
from typing import IO, TextIO

from crm.embedded.home import open_log

KEEP_BYTES = 5 * 1024 * 1024
NAME_WIDTH = 8


class Console:
    """Writes plain lines to one stream; relays log files line by line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._began = time.monotonic()
        self._followed: dict[str, IO[bytes]] = {}

    def say(self, text: str = "") -> None:
        self._write("suian", text)

    def step(self, text: str) -> None:
        """A line with the seconds since the start, for the way up and down."""
        self._write("suian", f"{time.monotonic() - self._began:5.1f} s  {text}")

    def plain(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

    def follow(self, name: str, log: Path) -> None:
        """From now on relay what is added to this log."""
        file = open_log(log)
        file.seek(0, 2)
        self._followed[name] = file

    def relay(self) -> None:
        """Print the whole lines that the followed logs got since the last call."""
        for name, file in self._followed.items():
            while line := file.readline():
                if not line.endswith(b"\n"):  # half a line: take it up again next time
                    file.seek(-len(line), 1)
                    break
                if line.strip():
                    self._write(name, line.decode(errors="replace").rstrip())

    def close(self) -> None:
        """Relay what is left and let go of the logs."""
        self.relay()
        for file in self._followed.values():
            file.close()
        self._followed.clear()

    def _write(self, name: str, text: str) -> None:
        self._stream.write(f"{name:<{NAME_WIDTH}}| {text}\n" if text else "\n")
        self._stream.flush()


def set_aside_long_log(log: Path) -> None:
    """Keep logs bounded: a long one becomes ``.1`` and replaces the one before it."""
    if log.exists() and log.stat().st_size > KEEP_BYTES:
        log.replace(log.with_name(log.name + ".1"))


def last_lines(log: Path, count: int = 15) -> list[str]:
    """The end of a log, to show why a part does not come up."""
    if not log.exists():
        return []
    return log.read_text(errors="replace").splitlines()[-count:]
