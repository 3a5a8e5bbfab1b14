"""What a box is sealed with: AES-256-GCM, or SM4-GCM where an installation chose it (ADR 0027).

A box names its algorithm, so both lie side by side and open; the setting decides about new ones.
"""

from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

AES_256_GCM, SM4_GCM = 1, 2
TAG_BYTES: Final = 16
SM4_KEY_BYTES: Final = 16
SETTINGS: Final[Mapping[str, int]] = {"aes-256-gcm": AES_256_GCM, "sm4-gcm": SM4_GCM}
NAMES: Final[Mapping[int, str]] = {AES_256_GCM: "AES-256-GCM", SM4_GCM: "国密 SM4-GCM 128 位"}


def chosen() -> int:
    """The algorithm of new boxes. Raises: KeyError for a setting that nobody knows (a check)."""
    return SETTINGS[settings.SEAL_ALGORITHM]


def sm4_key(secret: bytes) -> bytes:
    """The SM4 key of a data key: HKDF with SM3, so that no key serves two algorithms."""
    return HKDF(
        algorithm=hashes.SM3(), length=SM4_KEY_BYTES, salt=None, info=b"suian/sm4-gcm/v1"
    ).derive(secret)


def sm4_encrypt(key: bytes, nonce: bytes, data: bytes, bound: bytes) -> bytes:
    """Ciphertext and tag (RFC 8998)."""
    sealing = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    sealing.authenticate_additional_data(bound)
    return sealing.update(data) + sealing.finalize() + sealing.tag


def sm4_decrypt(key: bytes, nonce: bytes, body: bytes, bound: bytes) -> bytes:
    """The plain text. Raises: InvalidTag if anything was changed."""
    if len(body) < TAG_BYTES:
        raise InvalidTag
    mode = modes.GCM(nonce, body[-TAG_BYTES:])
    opening = Cipher(algorithms.SM4(key), mode).decryptor()
    opening.authenticate_additional_data(bound)
    return opening.update(body[:-TAG_BYTES]) + opening.finalize()


class DataKey:
    """The usable secret of a box, for either algorithm; ciphers are made once a key."""

    __slots__ = ("_aes", "_secret", "_sm4")

    def __init__(self, secret: bytes) -> None:
        """In: 32 bytes."""
        self._aes = AESGCM(secret)
        self._secret = secret
        self._sm4: bytes | None = None  # derived when first asked for: most clinics never do

    def _sm4_key(self) -> bytes:
        if self._sm4 is None:
            self._sm4 = sm4_key(self._secret)
        return self._sm4

    def encrypt(self, algorithm: int, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        """Ciphertext and tag of 16 bytes, whichever algorithm."""
        if algorithm == SM4_GCM:
            return sm4_encrypt(self._sm4_key(), nonce, data, bound)
        return self._aes.encrypt(nonce, data, bound)

    def decrypt(self, algorithm: int, nonce: bytes, body: bytes, bound: bytes) -> bytes:
        """The plain text. Raises: InvalidTag if anything was changed."""
        if algorithm == SM4_GCM:
            return sm4_decrypt(self._sm4_key(), nonce, body, bound)
        return self._aes.decrypt(nonce, body, bound)
