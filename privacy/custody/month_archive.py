"""A month of the trail as one sealed file, and the proof of it: before anything is dropped.

A month here is a partition, cut in UTC. Its archive is the export of the clinic's month, drawn out
to the first checkpoint after the partition's end, so that every row of the partition is in it.

What lies where: beside the archive, while it is made, a sealed ``.part``; while it is proved, the
plain zip as a file without a name, which ends with the process however that ends (its blocks are
free then, not overwritten). Plain text has a name only where ``lay_open`` was asked to put it.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from privacy.audit import rules
from privacy.audit.anchors import anchors
from privacy.audit.exporting import MARGIN, VERIFIER, Bundle, Span, span_of
from privacy.audit.models import READER, AuditCheckpoint, acting_as
from privacy.audit.packing import as_zip
from privacy.custody.archive_file import opened, sealed
from privacy.errors import DomainError

_ROWS = """
    SELECT count(*), count(*) FILTER (WHERE seal.seq >= %s AND seal.seq < %s)
    FROM privacy_auditevent AS event
    LEFT JOIN privacy_auditseal AS seal ON seal.event_id = event.id AND seal.event_at = event.at
    WHERE event.at >= %s AND event.at < %s
"""


class ArchiveRefused(DomainError):
    """The month cannot be archived or its archive does not prove it."""


@dataclass(frozen=True, slots=True)
class Archived:
    """What stands of an archive: digests in hexadecimal, ``rows`` of the partition."""

    month: str
    rows: int
    size: int
    sha256: str
    manifest: str
    head: str


def borders(month: str) -> tuple[datetime, datetime]:
    """First moment of a month and of the next, in UTC. Raises: ValueError for what is none."""
    return rules.month_borders(month, UTC)


def span_to_archive(month: str) -> Span:
    """The export that holds the whole partition. Raises: ArchiveRefused, NothingSealed, ValueError.

    Refused while the month is not over and sealed, or its last head is not anchored outside.
    """
    begins, ends = borders(month)
    span = span_of(month)
    with acting_as(READER):
        late = AuditCheckpoint.objects.filter(
            number__gte=span.last.number, sealed_at__gte=ends + MARGIN
        )
        closing = late.order_by("number").first()
    if closing is None or not span.complete:
        raise ArchiveRefused(_("The month is not over, or its end is not sealed yet."))
    span = replace(span, last=closing)
    head = bytes(closing.chain).hex()
    if not any(one.number == closing.number and one.chain == head for one in anchors()):
        raise ArchiveRefused(_("The month's last head is not anchored outside the database."))
    rows, covered = rows_of(begins, ends, span)
    if rows != covered:
        raise ArchiveRefused(_("Not every event of the month is sealed within it: verify first."))
    return span


def rows_of(begins: datetime, ends: datetime, span: Span) -> tuple[int, int]:
    """Rows of a partition, and how many of them the span's numbers cover."""
    with acting_as(READER), connection.cursor() as cursor:
        cursor.execute(_ROWS, [span.first.first_seq, span.end_seq, begins, ends])
        rows, covered = cursor.fetchone()
    return int(rows), int(covered)


def make(month: str, folder: Path) -> tuple[Path, Archived]:
    """Write the month's sealed archive, prove it as it lies on the disk, then give it its name.

    Raises: as ``span_to_archive``; FileExistsError; ArchiveRefused if it does not prove.
    """
    span = span_to_archive(month)
    path, part = folder / f"{span.name}.zip.sealed", folder / f".{span.name}.zip.sealed.part"
    if path.exists():
        raise FileExistsError(f"{path} exists")
    folder.mkdir(parents=True, exist_ok=True)
    bundle = Bundle(span)
    try:
        with part.open("wb") as file:
            part.chmod(0o600)
            file.writelines(sealed(as_zip(bundle)))
        if bundle.suspects:
            raise ArchiveRefused(_("The month has events that were not written with the key."))
        rows, _covered = rows_of(*borders(month), span)
        prove(part)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return path, Archived(
        month=month,
        rows=rows,
        size=path.stat().st_size,
        sha256=digest_of(path),
        manifest=bundle.manifest,
        head=bytes(span.last.chain).hex(),
    )


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        seen = sha256()
        while piece := file.read(1 << 20):
            seen.update(piece)
    return seen.hexdigest()


@contextmanager
def unsealed(path: Path) -> Iterator[IO[bytes]]:
    """The zip of an archive, for the length of the block: a file without a name, on its disk.

    Raises: Unreadable.
    """
    with tempfile.TemporaryFile(dir=path.parent) as plain, path.open("rb") as file:
        plain.writelines(opened(file))
        plain.flush()
        yield plain


def lay_open(path: Path, folder: Path) -> Path:
    """Put the zip of an archive into a folder, for its owner's eyes. Raises: Unreadable."""
    folder.mkdir(parents=True, exist_ok=True)
    name = path.name.removesuffix(".sealed")
    part = folder / f".{name}.part"
    try:
        with path.open("rb") as file, part.open("wb") as out:
            part.chmod(0o600)
            out.writelines(opened(file))
        return part.rename(folder / name)
    finally:
        part.unlink(missing_ok=True)


def prove(path: Path, *, manifest: str = "") -> str:
    """Open an archive and let the offline verifier judge it, as a process of its own.

    In: ``manifest`` the digest it has to have, if known. Out: what the verifier says.
    Raises: Unreadable; ArchiveRefused if it is not whole, or vouched for by no anchor.
    """
    if not settings.AUDIT_ANCHOR_FILE:
        raise ArchiveRefused(_("The month's last head is not anchored outside the database."))
    with unsealed(path) as plain:
        more = ["--digest", manifest] if manifest else []
        done = subprocess.run(  # noqa: S603 - our own interpreter and file
            [sys.executable, "-I", "-S", str(VERIFIER), "/dev/stdin",
             "--anchors", settings.AUDIT_ANCHOR_FILE, *more],
            stdin=plain, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        raise ArchiveRefused(
            _("The archive does not prove the month: %(words)s")
            % {"words": (done.stdout + done.stderr)[-2000:]}
        )
    return done.stdout
