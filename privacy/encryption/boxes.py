"""The sealed box, bound to the place it stands in (ADR 0003), by either algorithm (ADR 0027).

    format 1 B | algorithm 1 B | key version 4 B | nonce 12 B | ciphertext | tag 16 B

The bound data is a length-prefixed list of format, algorithm, zone, model, field, row, owner and
key version, so that a box moved to another row, field or patient does not open.
"""

import os
import struct
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidTag

from privacy.encryption.algorithms import NAMES, TAG_BYTES, DataKey, chosen
from privacy.errors import Unreadable

FORMAT = 1
NONCE_BYTES = 12
HEADER = struct.Struct(">BBI")
_LENGTH = struct.Struct(">I").pack
OVERHEAD = HEADER.size + NONCE_BYTES + TAG_BYTES


class Place(NamedTuple):
    """Where a box belongs: ``owner`` is the patient (or the installation for its own secrets)."""

    zone: str
    model: str
    field: str
    row: bytes
    owner: bytes

    @property
    def path(self) -> str:
        return f"{self.model}.{self.field}"


def bind(*parts: bytes) -> bytes:
    """Length-prefixed join: no two different lists give the same bytes."""
    return b"".join([_LENGTH(len(part)) + part for part in parts])


@lru_cache(maxsize=256)
def _bound_start(algorithm: int, zone: str, model: str, field: str) -> bytes:
    # The same for every box of a column: put together once.
    return bind(bytes([FORMAT]), bytes([algorithm]), zone.encode(), model.encode(), field.encode())


def _bound(place: Place, algorithm: int, key_version: int) -> bytes:
    start = _bound_start(algorithm, place.zone, place.model, place.field)
    return start + bind(place.row, place.owner, key_version.to_bytes(4, "big"))


def pad(data: bytes, step: int) -> bytes:
    """Length first, then zeros up to a multiple of ``step``: the size says little about a name."""
    framed = len(data).to_bytes(4, "big") + data
    return framed + bytes(-len(framed) % step)


def unpad(data: bytes) -> bytes:
    length = int.from_bytes(data[:4], "big")
    return data[4 : 4 + length]


def seal(text: str, *, place: Place, key: DataKey, key_version: int, step: int) -> bytes:
    """Encrypt ``text`` for ``place`` by the installation's algorithm; a new random nonce each."""
    nonce = os.urandom(NONCE_BYTES)
    algorithm = chosen()
    bound = _bound(place, algorithm, key_version)
    body = key.encrypt(algorithm, nonce, pad(text.encode(), step), bound)
    return HEADER.pack(FORMAT, algorithm, key_version) + nonce + body


def key_version_of(box: bytes) -> int:
    """Which version of the patient's key sealed the box.

    Raises: Unreadable if this is no box of a known form.
    """
    return _head(box)[1]


def claim_of(head: bytes) -> tuple[int, int] | None:
    """Algorithm and key version that the first ``HEADER.size`` bytes of a box claim, if any."""
    if len(head) < HEADER.size:
        return None
    form, algorithm, version = HEADER.unpack_from(head)
    return (int(algorithm), int(version)) if form == FORMAT and algorithm in NAMES else None


def _head(box: bytes) -> tuple[int, int]:
    """Algorithm and key version that a box claims; both are bound, so a lie does not open."""
    if len(box) < OVERHEAD:
        raise Unreadable("E-BOX-SHORT")
    claim = claim_of(box)
    if claim is None:
        raise Unreadable("E-BOX-FORM")
    return claim


def unseal(box: bytes, *, place: Place, key: DataKey) -> str:
    """The text of the box.

    Raises: Unreadable if the box was changed, moved or belongs to another key. Never "".
    """
    algorithm, version = _head(box)
    nonce = box[HEADER.size : HEADER.size + NONCE_BYTES]
    try:
        bound = _bound(place, algorithm, version)
        padded = key.decrypt(algorithm, nonce, box[HEADER.size + NONCE_BYTES :], bound)
    except InvalidTag as error:
        raise Unreadable("E-BOX-TAG") from error
    return unpad(padded).decode()
