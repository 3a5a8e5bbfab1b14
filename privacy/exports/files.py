"""The files of exports: one an export, encrypted from the first byte, gone when it is over.

WinZip AES-256 (AE-2), so that a clinic's own tools open it. Only the finished archive gets the
name by which it is known; what a dead builder left behind is swept away.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pyzipper
from django.conf import settings
from django.utils.translation import gettext as _

from privacy.errors import DomainError

WHOLE, HALF = ".zip", ".part"
_OURS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.zip|\.\d+\.part)")


class NoFolder(DomainError):
    """This installation has nowhere to put export files."""


def folder() -> Path:
    """Where export files rest, closed to everybody else.

    Raises: NoFolder without EXPORTS_DIR.
    """
    if not settings.EXPORTS_DIR:
        raise NoFolder(_("No folder for export files is set up. Tell the administrator."))
    path = Path(settings.EXPORTS_DIR)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def path_of(export_id: UUID) -> Path:
    """Where the one file of an export lies."""
    return folder() / f"{export_id}{WHOLE}"


def write_half(export_id: UUID, build: int, parts: Mapping[str, bytes], password: str) -> Path:
    """The archive under the name of this try; what an earlier try left is removed first."""
    for left in folder().glob(f"{export_id}.*{HALF}"):
        left.unlink(missing_ok=True)
    path = folder() / f"{export_id}.{build}{HALF}"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        with pyzipper.AESZipFile(
            file, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
        ) as archive:
            archive.setpassword(password.encode())
            for name, content in parts.items():
                archive.writestr(name, content)
        file.flush()
        os.fsync(file.fileno())
    return path


def keep(half: Path, export_id: UUID) -> None:
    """Give a finished archive its name; an older one of the same export is replaced."""
    half.replace(path_of(export_id))


def digest_of(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    return sha256(path.read_bytes()).hexdigest()


def read(export_id: UUID) -> bytes | None:
    """The file's bytes; None if it is not there."""
    try:
        return path_of(export_id).read_bytes()
    except FileNotFoundError:
        return None


def remove(export_id: UUID) -> None:
    """Destroy whatever lies here of an export."""
    if not settings.EXPORTS_DIR:
        return
    for path in folder().glob(f"{export_id}.*"):
        path.unlink(missing_ok=True)


def sweep(owned: Callable[[], Iterable[UUID]]) -> int:
    """Remove files of exports that should have none; returns how many.

    ``owned`` is asked after the folder was read: what a builder begins meanwhile is not looked at.
    What no export could have left stays: the folder may be a disk of its own, or a wrong one.
    """
    if not settings.EXPORTS_DIR:
        return 0
    found = [one for one in folder().iterdir() if _OURS.fullmatch(one.name)]
    kept = {str(one) for one in owned()}
    left = [one for one in found if one.name.partition(".")[0] not in kept]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)
