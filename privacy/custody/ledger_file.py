"""The ledger of erasures outside the database, so that a restored backup can be made to forget.

It is laid empty before the first patient: a file that is not there was lost or left behind, and
does not mean that nothing was erased. One JSON line an erasure, flushed to the disk before
anybody is told that it is done.
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
from privacy.pseudonyms.models import Subject


class LedgerBroken(Exception):
    """The file is not there, or a line of it is not this clinic's: nobody may start."""


def path() -> Path | None:
    """Where the file is; None if none is kept."""
    return Path(settings.ERASURE_LEDGER_FILE) if settings.ERASURE_LEDGER_FILE else None


def lay() -> bool:
    """Begin an empty file where one is kept and none is; returns whether this call did.

    Raises: LedgerBroken if it cannot be made.
    """
    file = path()
    if file is None or file.exists():
        return False
    try:
        file.touch(mode=0o600)
    except OSError as error:
        raise LedgerBroken(f"{file} cannot be made: {error.strerror}") from error
    return True


def refuse_without() -> None:
    """Raises: DomainError unless a line can be added: a restore would bring back what is erased."""
    file = path()
    if file is None or not os.access(file, os.W_OK):
        raise DomainError(
            _("The ledger of erasures outside the database cannot be written. Nothing was erased.")
        )


def append(lines: Iterable[LedgerLine]) -> None:
    """Add lines and flush them to the disk; nothing if no file is kept."""
    file = path()
    if file is None:
        return
    text = "".join(f"{line.signed(_key())}\n" for line in lines).encode()
    with file.open("r+b") as ledger:
        fcntl.flock(ledger, fcntl.LOCK_EX)
        if ledger.seek(0, os.SEEK_END) and not _ends_a_line(ledger.fileno()):
            text = b"\n" + text  # the machine stopped in the middle of a line
        ledger.write(text)
        ledger.flush()
        os.fsync(ledger.fileno())


def lines(*, check: bool = True) -> list[LedgerLine]:
    """Every erasure of the file, oldest first; none if no file is kept.

    In: ``check`` the MACs, which needs the audit root; readiness looks without.
    A line torn by a power cut is passed over if it stands again further down, or is the last.
    Raises: LedgerBroken for any other line that cannot be read, or whose MAC is not ours; and
        without the file once there is a patient.
    """
    file = path()
    if file is None:
        return []
    if not file.is_file():
        _refuse_lost(file)
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


def _refuse_lost(file: Path) -> None:
    if Subject.objects.exists():
        raise LedgerBroken(
            f"{file} is not there, so nobody knows what was erased: put its copy back. Only if "
            "this clinic never had one, or it is lost for good: "
            "manage.py replay_erasures --new-ledger, once"
        )


def _ends_a_line(descriptor: int) -> bool:
    return os.pread(descriptor, 1, os.fstat(descriptor).st_size - 1) == b"\n"


def _key() -> bytes:
    return derive("audit", "erasure/ledger")
