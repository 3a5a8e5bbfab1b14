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


# What the sending worker gets in a folder of its own: it opens phones and signs events.
WORKER_ROOTS = ("contact.root",)
AUDIT_ROOT, AUDIT_LEAF = "audit.root", "audit-mac.root"
AUDIT_LEAF_INFO = b"suian/audit/mac/v1"  # as privacy.encryption.keys derives it; a test compares


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
    hand_over_to_worker(home)


def hand_over_to_worker(home: Home) -> None:
    """Lay the worker's own roots beside the others: neither the clinical nor the audit root."""
    home.worker_keys.mkdir(mode=0o700, exist_ok=True)
    wanted = {name: read_key(home, name) for name in WORKER_ROOTS}
    wanted[AUDIT_LEAF] = audit_leaf(bytes.fromhex(read_key(home, AUDIT_ROOT))).hex()
    for name, text in wanted.items():
        path = home.worker_keys / name
        if not path.exists() or path.read_text().strip() != text:
            write_private(path, text, mode=READ_ONLY)


def audit_leaf(root: bytes) -> bytes:
    """The key that signs audit events, by HKDF-SHA256 (RFC 5869) from the audit root."""
    extracted = hmac.digest(bytes(KEY_BYTES), root, "sha256")
    return hmac.digest(extracted, AUDIT_LEAF_INFO + b"\x01", "sha256")


def read_key(home: Home, name: str) -> str:
    return path_of(home, name).read_text().strip()


def path_of(home: Home, name: str) -> Path:
    return home.keys / name
