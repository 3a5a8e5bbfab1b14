"""The trail's second record, outside the database: ids and hashes, before every commit (ADR 0024).

A row is soft until it is sealed. What is written here in the moment before the commit names it, so
that a row deleted, changed or slipped in before its seal is found. What cannot be written here is
not committed.
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db.utils import DatabaseError
from django.utils.translation import gettext as _

from privacy.audit import sink_lines
from privacy.audit.models import sink_key
from privacy.audit.sink_lines import EVENTS_A_LINE, Place
from privacy.audit.syslog import Syslog
from privacy.errors import DomainError
from privacy.receipts import Told

logger = logging.getLogger(__name__)
SUFFIX: Final = ".jsonl"
DAY: Final = 86_400_000_000  # microseconds


class SinkDown(DomainError, DatabaseError):
    """The second record cannot be written: nothing was committed."""

    def __init__(self) -> None:
        super().__init__(
            _("The second record of the audit trail cannot be written. Nothing was done or shown.")
        )


class _Stream:
    """One process's run of lines, over as many days as it lives."""

    def __init__(self) -> None:
        self.name, self.number, self.chain = secrets.token_hex(8), 0, sink_lines.BEGIN
        self._key, self._file, self._path, self._day = sink_key(), -1, "", ("", 0)
        self._synced, self._at = 0.0, 0
        address = settings.AUDIT_SINK_SYSLOG
        self._syslog = Syslog(address) if address else None

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        if self._syslog:
            self._syslog.close()

    def _now(self) -> int:
        """Microseconds; a clock set back over midnight does not go back to yesterday's file."""
        self._at = max(self._at, time.time_ns() // 1000)
        return self._at

    def tell(self, told: Sequence[Told]) -> list[Place]:
        """Write events of one transaction, by one write. Raises: OSError."""
        at = self._now()
        bodies = [
            sink_lines.told_body(self.name, self.number + place, at, told[start:][:EVENTS_A_LINE])
            for place, start in enumerate(range(0, len(told), EVENTS_A_LINE), 1)
        ]
        return self._write(bodies, at)

    def take_back(self, places: Sequence[Place]) -> list[Place]:
        at = self._now()
        parts = (places[start:][:50] for start in range(0, len(places), 50))
        bodies = [
            sink_lines.void_body(self.name, self.number + place, at, part)
            for place, part in enumerate(parts, 1)
        ]
        return self._write(bodies, at)

    def _write(self, bodies: list[bytes], at: int) -> list[Place]:
        lines, places = [], []
        for body in bodies:
            self.number += 1
            self.chain = sink_lines.chained(self._key, self.chain, body)
            lines.append(sink_lines.closed(body, self.chain))
            places.append((self.name, self.number))
        if settings.AUDIT_SINK_DIR:
            self._append(b"\n" + b"\n".join(lines) + b"\n", at)
        if self._syslog:
            self._syslog.send(lines)
        return places

    def _append(self, data: bytes, at: int) -> None:
        # The newline in front ends a line that another process could not finish.
        file = self._open(at)
        if os.write(file, data) != len(data):
            raise OSError("the second sink took a part only")
        now = time.monotonic()
        if now - self._synced >= settings.AUDIT_SINK_SYNC_SECONDS:
            os.fdatasync(file)
            self._synced = now

    def _open(self, at: int) -> int:
        """Today's file (UTC); opened anew where somebody moved or deleted it."""
        key = (settings.AUDIT_SINK_DIR, at // DAY)
        if self._file >= 0 and key == self._day and _same(self._file, self._path):
            return self._file
        day = datetime.fromtimestamp(at // 1_000_000, tz=UTC).date()
        path = Path(settings.AUDIT_SINK_DIR) / f"{day.isoformat()}{SUFFIX}"
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file, self._path, self._day = os.open(path, flags, 0o600), str(path), key
        return self._file


def _same(file: int, path: str) -> bool:
    try:
        here, there = os.fstat(file), os.stat(path)  # noqa: PTH116 - with each event: half the cost
    except FileNotFoundError:
        return False
    return (here.st_ino, here.st_dev) == (there.st_ino, there.st_dev)


class _Mine:
    """This process's stream; a forked child starts its own."""

    lock = threading.Lock()
    stream: _Stream | None = None

    @classmethod
    def forked(cls) -> None:
        cls.lock, cls.stream = threading.Lock(), None


os.register_at_fork(after_in_child=_Mine.forked)


def is_on() -> bool:
    """Whether this installation keeps a second record at all."""
    return bool(settings.AUDIT_SINK_DIR or settings.AUDIT_SINK_SYSLOG)


def keeps_files() -> bool:
    """Whether the lines stay on this machine, to be compared."""
    return bool(settings.AUDIT_SINK_DIR)


def forget() -> None:
    """End this process's stream; the next line starts another."""
    with _Mine.lock:
        _drop()


def _drop() -> None:
    if _Mine.stream is not None:
        _Mine.stream.close()
    _Mine.stream = None


def tell(told: Sequence[Told]) -> list[Place]:
    """Write what is about to be committed. Out: the places of its lines, for ``take_back``.

    Raises: SinkDown; the caller's transaction must not commit then.
    """
    if not told or not is_on():
        return []
    with _Mine.lock:
        places: list[Place] = []
        try:
            _Mine.stream = _Mine.stream or _Stream()
            name, before = _Mine.stream.name, _Mine.stream.number
            places = [(name, before + one) for one in range(1, 1 - (-len(told) // EVENTS_A_LINE))]
            return _Mine.stream.tell(told)
        except OSError as error:
            logger.error("second sink: %s", error)  # noqa: TRY400 - the reason says it all
            _drop()
            _withdraw(places)  # what was written of it, if anything was
            raise SinkDown from error


def take_back(places: Sequence[Place]) -> None:
    """Say of lines that their transaction did not commit. Never raises: the verifier asks the
    database about lines that nobody took back.
    """
    if places and is_on():
        with _Mine.lock:
            _withdraw(places)


def _withdraw(places: Sequence[Place]) -> None:
    try:
        _Mine.stream = _Mine.stream or _Stream()
        _Mine.stream.take_back(places)
    except OSError as error:
        logger.error("second sink: %s", error)  # noqa: TRY400 - the reason says it all
        _drop()


def files() -> list[Path]:
    """The days' files, oldest first; none where no folder is kept."""
    folder = Path(settings.AUDIT_SINK_DIR) if settings.AUDIT_SINK_DIR else None
    if folder is None or not folder.is_dir():
        return []
    return sorted(path for path in folder.glob(f"????-??-??{SUFFIX}") if path.is_file())
