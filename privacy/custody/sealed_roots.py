"""Writing roots as transit ciphertexts, and anew under the key's newest version (ADR 0013)."""

import os
from pathlib import Path

from privacy.encryption.providers import FileRoots
from privacy.encryption.vault import CIPHERTEXT, Transit, VaultFault, bound_to, sealed_file


def seal_from_folder(name: str, folder: str) -> Path:
    """Encrypt the root of a plain file at Vault and keep the ciphertext, proved by opening it.

    Raises: ImproperlyConfigured if the root is not held; FileExistsError rather than replace a
        ciphertext; VaultFault.
    """
    path = sealed_file(name)
    if path.exists():
        raise FileExistsError(path.name)
    _keep(path, _proved(name, FileRoots(folder).root(name)))
    return path


def renew_root(name: str) -> tuple[str, str]:
    """Put one ciphertext under the newest version of the transit key; (before, after) versions.

    Opened and sealed again, because Vault's own ``rewrap`` takes no associated data. The old
    file stays until the new one is proved and on the disk.
    Raises: VaultFault, FileNotFoundError.
    """
    path = sealed_file(name)
    old = path.read_text(encoding="ascii").strip()
    if not CIPHERTEXT.fullmatch(old):
        raise VaultFault(f"{path.name} holds no transit ciphertext")
    made = _proved(name, Transit().decrypt(old, bound_to(name)))
    _keep(path, made)
    return _version(old), _version(made)


def _proved(name: str, root: bytes) -> str:
    transit = Transit()
    made = transit.encrypt(root, bound_to(name))
    if transit.decrypt(made, bound_to(name)) != root:
        raise VaultFault("Vault does not open what it has just sealed")
    return made


def _version(ciphertext: str) -> str:
    return ciphertext.split(":")[1]


def _keep(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
