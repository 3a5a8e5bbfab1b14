"""The canonical form of an event, and the hashes over it. Pure: the verifier uses the same lines.

Golden vectors in ``tests/privacy/audit/test_rules.py`` keep the form from drifting.
"""

import hmac
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from typing import Any

SCHEMA = 1
LEAF, NODE, CHECKPOINT, SIGNER = b"\x00", b"\x01", b"\x02", b"\x03"
EMPTY_CHAIN = bytes(32)


def _plain(value: Any) -> Any:
    """Strings in NFC, integers, lists and mappings of them, or None; nothing else has one form."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def address(text: str | None) -> str | None:
    """One spelling of an IP address; None for what is none.

    An IPv4 address that arrives in IPv6 clothes is the IPv4 address; a zone (``%eth0``) is a
    matter of the server and is dropped. Python and PostgreSQL spell both differently.
    """
    try:
        found = ip_address((text or "").partition("%")[0].partition("/")[0].strip())
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)


def box_noted(box: bytes) -> str:
    """SHA-256 of sealed bytes as Postgres shows them: what the second net notes of a box, so that
    an event and a note of the same box say the same (ADR 0010)."""
    return sha256(b"\\x" + box.hex().encode()).hexdigest()


def storable(text: str) -> str:
    """What the database can hold of a text: no NUL, no half of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def canonical(event: Mapping[str, Any]) -> bytes:
    """Sorted-key UTF-8 JSON of integers and NFC strings (ADR 0005).

    Raises: TypeError for floats, bytes, dates and other values without one canonical form.
    """
    return json.dumps(
        _plain(event), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()


def digest(event: Mapping[str, Any]) -> bytes:
    """SHA-256 of the canonical form: checkable by anybody."""
    return sha256(canonical(event)).digest()


def mac(key: bytes, event_digest: bytes) -> bytes:
    """HMAC-SHA256 over the digest: makes a row unforgeable before it is sealed."""
    return hmac.digest(key, event_digest, "sha256")


def leaf(event_id: bytes, event_digest: bytes, event_mac: bytes) -> bytes:
    """Leaf of the tree: SHA-256(0x00 | id 16 B | digest 32 B | MAC 32 B)."""
    return sha256(LEAF + event_id + event_digest + event_mac).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 tree head over leaf hashes; SHA-256 of nothing for an empty list.

    Built level by level: pairing left to right and carrying an odd last node up gives the same
    tree as splitting at the largest power of two.
    """
    if not leaves:
        return sha256().digest()
    level = list(leaves)
    while len(level) > 1:
        pairs = [
            sha256(NODE + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)
        ]
        if len(level) % 2:
            pairs.append(level[-1])
        level = pairs
    return level[0]


def signer_mac(key: bytes, public: bytes) -> bytes:
    """Vouches for a sealer's public key: nobody without the audit root can bring in another."""
    return hmac.digest(key, SIGNER + public, "sha256")


def checkpoint_chain(  # noqa: PLR0913 - one argument a signed fact, all by keyword
    *,
    previous: bytes,
    number: int,
    root: bytes,
    first_seq: int,
    count: int,
    xid_from: int,
    xid_to: int,
    sealed_at: int,
) -> bytes:
    """What a checkpoint signs: its own facts and the checkpoint before it.

    Units: ``sealed_at`` in microseconds since 1970 UTC; xids are 64-bit transaction ids, the
    checkpoint covers ``xid_from <= xid < xid_to``.
    """
    facts = {
        "number": number,
        "root": root.hex(),
        "first_seq": first_seq,
        "count": count,
        "xid_from": xid_from,
        "xid_to": xid_to,
        "sealed_at": sealed_at,
    }
    return sha256(CHECKPOINT + previous + canonical(facts)).digest()


def month_borders(month: str, zone: tzinfo) -> tuple[datetime, datetime]:
    """The first moment of a month and of the next one, aware, in clinic time ``zone``.

    In: ``month`` as 2026-11. Raises: ValueError for anything else.
    """
    if not re.fullmatch("20[0-9]{2}-(0[1-9]|1[0-2])", month):
        raise ValueError(f"{month!r} is no month, write it as 2026-11")
    year, number = int(month[:4]), int(month[5:])
    begins = datetime(year, number, 1, tzinfo=zone)
    return begins, datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
