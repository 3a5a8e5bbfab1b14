"""Finding a sealed value without opening the table: keyed, truncated fingerprints.

A fingerprint is cut to so few bits that several patients share one, and a stolen table answers
"maybe" at best, even to somebody who later finds the key (ADR 0004). How few depends on how many
patients there are; the width of new ones is that of the newest IndexWidth. The caller opens the
few candidates and compares.
"""

import hmac
import time
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256

from privacy.encryption import rules
from privacy.encryption.keys import derive
from privacy.encryption.models import index_width

NAME_BITS = 16
# How long a process goes on with the width it knows: rows of every width are found, so an old one
# costs nothing but a row that the next rebuild looks at.
SECONDS_KNOWN = 10.0
_known: list[tuple[float, int]] = []  # when it was read, and what


@lru_cache(maxsize=64)
def _keyed(label: str) -> "hmac.HMAC":
    # One keyed object, copied for each use, is 1.8 times faster than a new one.
    return hmac.new(derive("contact", f"index/{label}"), digestmod=sha256)


def _fingerprint(label: str, value: str, bits: int) -> int:
    mac = _keyed(label).copy()
    mac.update(value.encode())
    return int.from_bytes(mac.digest()[:8], "big") >> (64 - bits)


def fingerprint(field: str, value: str) -> int:
    """Fingerprint of a normalised value of one field, as wide as any; 0 <= result < 2**16."""
    return _fingerprint(field, value, rules.WIDEST)


def index_value(field: str, value: str, *, bits: int | None = None) -> int:
    """What to store of a normalised value: ``bits`` wide, or as new ones are."""
    return rules.stored(fingerprint(field, value), _width() if bits is None else bits)


def _width() -> int:
    """The width of new fingerprints, read once in SECONDS_KNOWN: an import asks for every row."""
    now = time.monotonic()
    if not _known or now - _known[-1][0] > SECONDS_KNOWN:
        _known[:] = [(now, index_width())]
    return _known[-1][1]


def index_values(field: str, value: str) -> list[int]:
    """What a row with this value may have stored: one for each width, rebuilt or not."""
    return rules.every_width(fingerprint(field, value))


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
    """Drop keyed objects and the width: after a change of roots or of the plan."""
    _keyed.cache_clear()
    _known.clear()
