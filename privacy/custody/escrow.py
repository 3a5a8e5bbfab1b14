"""Roots on paper with three custodians, two of whom can bring them back (ADR 0014)."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.custody.events import KeyEvent
from privacy.custody.models import RootEscrow
from privacy.custody.sharing import CUSTODIANS, Half, SheetUnreadable, join, split
from privacy.encryption.keys import check_value
from privacy.encryption.providers import provider
from privacy.errors import DomainError

ROOTS: Final = ("contact", "clinical", "audit")
CHECK: Final = "check"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one custodian keeps: halves of each root, and values that tell a right root."""

    halves: list[Half]
    checks: dict[str, str]


def print_shares(*, folder: Path, actor: Actor | None = None, process: str = "") -> list[Path]:
    """Write three sheets, once for these roots, readable by their owner alone.

    Raises: DomainError if these roots were printed before, or cannot be booked: no sheet is left
        then; FileExistsError if a sheet is there; ImproperlyConfigured if this process does not
        hold all roots; OperationalError, with the sheets left, if the server's word on the COMMIT
        did not come: they are the right ones if it holds these roots as printed.
    """
    roots = {name: provider().root(name) for name in ROOTS}
    checks = {name: check_value(root) for name, root in roots.items()}
    texts = _texts(roots, checks)
    written: list[Path] = []
    try:
        with transaction.atomic(durable=True):  # the event counts, and is told, at this COMMIT
            _enter(checks, texts)
            detail = {"sheets": len(texts)}
            audit.record(KeyEvent.ESCROWED, actor=actor, process=process, detail=detail)
            written += _write_all({folder / f"sheet-{one}.txt": texts[one] for one in texts})
    except (OperationalError, KeyboardInterrupt):
        raise  # perhaps at the COMMIT: whoever removed them could be removing the only ones
    except BaseException:
        _remove(written)
        raise
    return written


def _enter(checks: Mapping[str, bytes], texts: Mapping[int, str]) -> None:
    digests = [sha256(texts[one].encode()).hexdigest() for one in CUSTODIANS]
    for name, check in checks.items():
        if RootEscrow.objects.filter(root=name, check_value=check).exists():
            words = _("The shares of the root %(name)s were printed before; they are not again.")
            raise DomainError(words % {"name": name})
    for name, check in checks.items():
        RootEscrow.objects.create(root=name, check_value=check, share_digests=digests)


def recover(sheets: Iterable[str]) -> dict[str, bytes]:
    """The roots from the texts of two sheets.

    Raises: SheetUnreadable if a line was mistyped, the sheets are not two different ones of one
        printing, or a root is not the one that was printed.
    """
    one, other = (read_sheet(text) for text in sheets)
    if one.checks != other.checks:
        raise SheetUnreadable("the sheets are of two printings")
    roots = join(one.halves, other.halves)
    if set(roots) != set(one.checks) or not roots:
        raise SheetUnreadable("two different sheets are needed, each of them whole")
    for name, root in roots.items():
        if check_value(root).hex() != one.checks[name]:
            raise SheetUnreadable(f"the root {name} is not the one that was printed")
    return roots


def read_sheet(text: str) -> Sheet:
    """A sheet as printed or typed from paper; lines of explanation begin with #.

    Raises: SheetUnreadable with the line that is not right.
    """
    halves, checks = [], {}
    for line in filter(None, (raw.strip() for raw in text.splitlines())):
        if line.startswith(CHECK):
            _word, _space, rest = line.partition(" ")
            name, _colon, value = rest.partition(":")
            checks[name.strip()] = "".join(value.split())
        elif not line.startswith("#"):
            halves.append(Half.read(line))
    return Sheet(halves, checks)


def write_roots(roots: dict[str, bytes], folder: Path) -> list[Path]:
    """Files as FileRoots reads them. Raises: FileExistsError rather than replace one."""
    return _write_all({folder / f"{name}.root": root.hex() for name, root in sorted(roots.items())})


def is_printed(name: str) -> RootEscrow | None:
    """The escrow of the root that this process holds now; None if it was never printed.

    Raises: ImproperlyConfigured if this process does not hold the root.
    """
    check = check_value(provider().root(name))
    return RootEscrow.objects.filter(root=name, check_value=check).first()


def _texts(roots: Mapping[str, bytes], checks: dict[str, bytes]) -> dict[int, str]:
    """The text of each custodian's sheet."""
    halves = {name: split(name, root) for name, root in roots.items()}
    return {
        one: _sheet(one, [half for name in ROOTS for half in halves[name][one]], checks)
        for one in CUSTODIANS
    }


def _sheet(custodian: int, halves: Sequence[Half], checks: dict[str, bytes]) -> str:
    lines = [
        f"# Suian, roots of the key tree: sheet {custodian} of 3, printed {timezone.localdate()}",
        "# Any two sheets give the roots back: manage.py recover_roots. One alone gives nothing.",
        "# Keep it sealed, apart from the other two and from every backup of the database.",
        *(half.line() for half in halves),
        *(f"{CHECK} {name}: {check.hex()}" for name, check in checks.items()),
    ]
    return "\n".join(lines) + "\n"


def _write_all(texts: Mapping[Path, str]) -> list[Path]:
    """All files or none of them."""
    written: list[Path] = []
    try:
        for path, text in texts.items():
            written.append(_write(path, text))
    except BaseException:
        _remove(written)
        raise
    return written


def _remove(written: Iterable[Path]) -> None:
    for path in written:
        path.unlink()


def _write(path: Path, text: str) -> Path:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink()  # half a sheet holds shares too
        raise
    return path
