"""A file under the audit root, in chunks: AES-256-GCM as STREAM (Hoang et al. 2015) (ADR 0025).

``SUIAN-ARCHIVE-1\\n`` | salt 32 B | chunks of 1 MiB and a tag of 16 B each, the last one shorter.
Each chunk's nonce is its number and whether it is the last, so that none can be left out, moved or
cut off; key and head are the file's own.
"""

import hmac
import os
from collections.abc import Iterable, Iterator
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.encryption.keys import derive
from privacy.errors import Unreadable

MAGIC: Final = b"SUIAN-ARCHIVE-1\n"
CHUNK, TAG, SALT = 1 << 20, 16, 32


def _cipher(salt: bytes) -> AESGCM:
    return AESGCM(hmac.digest(derive("audit", "audit/archive"), salt, "sha256"))


def _nonce(number: int, *, last: bool) -> bytes:
    return bytes(7) + number.to_bytes(4, "big") + bytes([last])


def sealed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The sealed file, in pieces. Raises: RootNotHeld without the audit root."""
    head = MAGIC + os.urandom(SALT)
    cipher, waiting, number = _cipher(head[len(MAGIC) :]), bytearray(), 0
    yield head
    for piece in pieces:
        waiting += piece
        while len(waiting) > CHUNK:
            yield cipher.encrypt(_nonce(number, last=False), bytes(waiting[:CHUNK]), head)
            del waiting[:CHUNK]
            number += 1
    yield cipher.encrypt(_nonce(number, last=True), bytes(waiting), head)


def opened(file: IO[bytes]) -> Iterator[bytes]:
    """What was sealed, chunk by chunk; nothing of it is the whole before the last one came.

    Raises: Unreadable for another file, another root, or one that was changed or cut.
    """
    head = file.read(len(MAGIC) + SALT)
    if len(head) != len(MAGIC) + SALT or not head.startswith(MAGIC):
        raise Unreadable("E-ARCHIVE-FORM")
    cipher, number = _cipher(head[len(MAGIC) :]), 0
    chunk = file.read(CHUNK + TAG)
    while True:
        following = file.read(CHUNK + TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), chunk, head)
        except (InvalidTag, ValueError) as error:
            raise Unreadable("E-ARCHIVE-TAG") from error
        if not following:
            return
        chunk, number = following, number + 1
