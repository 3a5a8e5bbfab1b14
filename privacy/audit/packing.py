"""Where the files of an export go: a folder, or a zip that leaves while it is made."""

import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from privacy.audit.exporting import Bundle

STAMP = (1980, 1, 1, 0, 0, 0)  # the same trail gives the same zip


def into_folder(bundle: Bundle, place: Path) -> Path:
    """Write the export as a folder in ``place``; all of it or nothing. Out: the folder.

    Raises: FileExistsError if there is one of this month already.
    """
    whole, part = place / bundle.span.name, place / f".{bundle.span.name}.part"
    if whole.exists():
        raise FileExistsError(f"{whole} exists")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    for name, pieces in bundle.files():
        with (part / name).open("wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
    return part.rename(whole)


class _Pipe:
    """Takes what the zip writes, until somebody takes it away."""

    def __init__(self) -> None:
        self.held: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self.held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits below."""

    close = flush

    def take(self) -> bytes:
        data, self.held = b"".join(self.held), []
        return data


def as_zip(bundle: Bundle) -> Iterator[bytes]:
    """The export as a zip, in pieces; memory does not grow with it."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in bundle.files():
            entry = zipfile.ZipInfo(f"{bundle.span.name}/{name}", STAMP)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with archive.open(entry, "w", force_zip64=True) as file:
                for piece in pieces:
                    file.write(piece)
                    yield pipe.take()
    yield pipe.take()
