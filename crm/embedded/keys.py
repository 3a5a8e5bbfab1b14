"""The embedded clinic's keys: made once, kept in files, never made anew beside old data."""

import hmac
import secrets
from pathlib import Path

from crm.embedded.home import Home, write_private

READ_ONLY = 0o400
ROOTS = ("contact.root", "clinical.root", "audit.root")
SEALER_KEY = "sealer.key"
SECRET_KEY = "secret_key"  # noqa: S105  a file name
GATEWAY_SECRET = "gateway.secret"  # noqa: S105  a file name
POSTGRES_PASSWORD = "postgres.password"  # noqa: S105  a file name
NAMES = (*ROOTS, SEALER_KEY, SECRET_KEY, GATEWAY_SECRET, POSTGRES_PASSWORD)
KEY_BYTES = 32


# What two processes get in folders of their own, instead of the audit root: see ADR 0013.
CONTACT_ROOT, AUDIT_ROOT = "contact.root", "audit.root"
# As privacy.encryption.keys derives them; a test compares.
LEAVES = {"audit-mac.root": b"suian/audit/mac/v1", "audit-signer.root": b"suian/audit/signer/v1"}


class KeysMissingError(Exception):
    """There is data, but a key that it was sealed with is gone."""


def ensure_keys(home: Home) -> None:
    """Make the keys of a new clinic; touch nothing in one that has data.

    Each file holds 32 random bytes as 64 hex characters, readable by its owner only.
    Raises: KeysMissingError if Postgres data exists and a key does not: a new key would make
        every sealed value of that data unreadable while looking fine.
    """
    missing = [name for name in NAMES if not (home.keys / name).exists()]
    if missing and (home.postgres / "PG_VERSION").exists():
        raise KeysMissingError(
            f"{home.keys} lacks {', '.join(missing)}, but {home.postgres} holds data sealed with"
            " it. Restore the file, or move the whole folder away to start a new clinic."
        )
    for name in missing:
        write_private(home.keys / name, secrets.token_hex(KEY_BYTES), mode=READ_ONLY)
    hand_over(home)


def hand_over(home: Home) -> None:
    """Lay out what worker and sealer get: the worker opens phones, the sealer nothing at all.

    Both sign events; only the sealer can say whose signature counts under a checkpoint.
    """
    root = bytes.fromhex(read_key(home, AUDIT_ROOT))
    leaves = {name: audit_leaf(root, info).hex() for name, info in LEAVES.items()}
    contact = {CONTACT_ROOT: read_key(home, CONTACT_ROOT)}
    _lay(home.sealer_keys, leaves)
    _lay(home.worker_keys, contact | {"audit-mac.root": leaves["audit-mac.root"]})


def _lay(folder: Path, wanted: dict[str, str]) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, text in wanted.items():
        path = folder / name
        if not path.exists() or path.read_text().strip() != text:
            write_private(path, text, mode=READ_ONLY)


def audit_leaf(root: bytes, info: bytes) -> bytes:
    """A key derived from the audit root for one use, by HKDF-SHA256 (RFC 5869)."""
    extracted = hmac.digest(bytes(KEY_BYTES), root, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def read_key(home: Home, name: str) -> str:
    return path_of(home, name).read_text().strip()


def path_of(home: Home, name: str) -> Path:
    return home.keys / name
