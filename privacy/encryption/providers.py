"""Where the roots of the key tree come from: never the database, never the repository."""

import os
import stat
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

ROOT_BYTES = 32


class RootNotHeld(ImproperlyConfigured):
    """This process was not given that root: it has no business with what it opens."""


class RootProvider(Protocol):
    """Gives the 32-byte root of a zone, or says that this process must not hold it.

    Raises: RootNotHeld for a root (or leaf, see keys.LEAVES) that the process does not have;
        ImproperlyConfigured for one that cannot be used.
    """

    def root(self, name: str) -> bytes: ...


def _decode(text: str, source: str) -> bytes:
    try:
        root = bytes.fromhex(text.strip())
    except ValueError as error:
        raise ImproperlyConfigured(f"{source} is not hexadecimal") from error
    if len(root) != ROOT_BYTES:
        raise ImproperlyConfigured(f"{source} must hold {ROOT_BYTES} bytes as hexadecimal")
    return root


class EnvRoots:
    """Roots from the environment, where settings allow it: tests."""

    def root(self, name: str) -> bytes:
        if not settings.ROOTS_FROM_ENVIRONMENT:
            raise ImproperlyConfigured("EnvRoots is for tests: use FileRoots or VaultRoots")
        variable = f"SUIAN_ROOT_{name.upper().replace('-', '_')}"
        if variable not in os.environ:
            raise RootNotHeld(f"{variable} is not set: this process does not hold that root")
        return _decode(os.environ[variable], variable)


class FileRoots:
    """Roots from files ``<ROOT_FILES_DIR>/<name>.root``, readable by their owner alone.

    Docker secrets are mounted 0444 inside the container; they are told by their folder.
    """

    def __init__(self, folder: str = "") -> None:
        self._folder = folder

    def root(self, name: str) -> bytes:
        path = Path(self._folder or settings.ROOT_FILES_DIR) / f"{name}.root"
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
            text = path.read_text()
        except FileNotFoundError as error:
            raise RootNotHeld(
                f"{path.name} cannot be read: this process does not hold that root"
            ) from error
        except OSError as error:
            raise ImproperlyConfigured(f"{path.name} cannot be read: {error.strerror}") from error
        if mode & 0o077 and path.parent != Path("/run/secrets"):
            raise ImproperlyConfigured(f"{path.name} must be readable by its owner alone (0400)")
        return _decode(text, path.name)


def provider() -> RootProvider:
    """The provider that settings name."""
    made: RootProvider = import_string(settings.ROOT_PROVIDER)()
    return made
