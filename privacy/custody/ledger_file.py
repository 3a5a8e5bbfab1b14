"""The ledger of erasures outside the database, so that a restored backup can be made to forget.

One JSON line an erasure, flushed to the disk before anybody is told that it is done.
"""

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from privacy.custody.rules import LedgerLine
from privacy.encryption.keys import derive
from privacy.errors import DomainError


class LedgerBroken(Exception):
    """A line of the file cannot be read or was not written by this clinic: nobody may start."""


def path() -> Path | None:
    """Where the file is; None if none is kept."""
    return Path(settings.ERASURE_LEDGER_FILE) if settings.ERASURE_LEDGER_FILE else None


def refuse_without() -> None:
    """Raises: DomainError unless a line can be added: a restore would bring back what is erased."""
    file = path()
    place = file if file and file.exists() else file and file.parent
    if place is None or not os.access(place, os.W_OK):
        raise DomainError(
            _("The ledger of erasures outside the database cannot be written. Nothing was erased.")
        )


def append(lines: Iterable[LedgerLine]) -> None:
    """Add lines and flush them to the disk; nothing without a file."""
    file = path()
    if file is None:
        return
    text = "".join(f"{line.signed(_key())}\n" for line in lines).encode()
    if not file.exists():
        file.touch(mode=0o600)
    with file.open("r+b") as ledger:
        fcntl.flock(ledger, fcntl.LOCK_EX)
        if ledger.seek(0, os.SEEK_END) and not _ends_a_line(ledger.fileno()):
            text = b"\n" + text  # the machine stopped in the middle of a line
        ledger.write(text)
        ledger.flush()
        os.fsync(ledger.fileno())


def lines(*, check: bool = True) -> list[LedgerLine]:
    """Every erasure of the file, oldest first; none without a file.

    In: ``check`` the MACs, which needs the audit root; readiness looks without.
    A line torn by a power cut is passed over if it stands again further down, or is the last.
    Raises: LedgerBroken for any other line that cannot be read, or whose MAC is not ours.
    """
    file = path()
    if file is None or not file.is_file():
        return []
    rows = file.read_text(encoding="utf-8", errors="replace").split("\n")
    found = []
    for number, row in enumerate(rows, 1):
        read = LedgerLine.read(row)
        if read is None:
            rest = rows[number:]
            torn = not any(rest) or any(later.startswith(row) for later in rest)
            if row and not torn:
                raise LedgerBroken(f"line {number} of {file.name} cannot be read")
            continue
        line, mac = read
        if check and not line.is_signed(_key(), mac):
            raise LedgerBroken(f"line {number} of {file.name} was not written by this clinic")
        found.append(line)
    return found


def _ends_a_line(descriptor: int) -> bool:
    return os.pread(descriptor, 1, os.fstat(descriptor).st_size - 1) == b"\n"


def _key() -> bytes:
    return derive("audit", "erasure/ledger")
