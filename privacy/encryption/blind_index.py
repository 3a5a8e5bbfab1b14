"""Finding a sealed value without opening the table: keyed, truncated fingerprints.

A fingerprint is cut to ``BLIND_INDEX_BITS`` bits, so that several patients share one and a stolen
table answers "maybe" at best, even to somebody who later finds the key (ADR 0004). The
caller opens the few candidates and compares.
"""

import hmac
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256

from django.conf import settings

from privacy.encryption.keys import derive

NAME_BITS = 16


@lru_cache(maxsize=64)
def _keyed(label: str) -> "hmac.HMAC":
    # One keyed object, copied for each use, is 1.8 times faster than a new one.
    return hmac.new(derive("contact", f"index/{label}"), digestmod=sha256)


def _fingerprint(label: str, value: str, bits: int) -> int:
    mac = _keyed(label).copy()
    mac.update(value.encode())
    return int.from_bytes(mac.digest()[:8], "big") >> (64 - bits)


def fingerprint(field: str, value: str) -> int:
    """Fingerprint of a normalised value of one field; 0 <= result < 2**BLIND_INDEX_BITS."""
    return _fingerprint(field, value, settings.BLIND_INDEX_BITS)


def name_tokens(parts: Iterable[tuple[str, str]]) -> list[int]:
    """16-bit tokens of (kind, text) parts of a name, sorted and without repeats."""
    return sorted({_fingerprint(f"name/{kind}", text, NAME_BITS) for kind, text in parts})


def keyed_mark(label: str, value: str) -> bytes:
    """32 bytes that stand for a value nobody needs to guess at, such as a key or a code.

    Not for what a patient tells: a whole mark, unlike a fingerprint, is certain to whoever finds
    the root.
    """
    mac = _keyed(f"mark/{label}").copy()
    mac.update(value.encode())
    return mac.digest()


def forget() -> None:
    """Drop keyed objects: after a change of roots in tests."""
    _keyed.cache_clear()
