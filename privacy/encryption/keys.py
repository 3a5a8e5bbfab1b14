"""Key encryption keys and everything else derived from a root (ADR 0003).

root --HKDF-SHA256(label, version)--> KEK of a zone, keys of blind indexes, of the audit MAC.
"""

from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import models

from privacy.encryption.providers import RootNotHeld, provider

# Keys that a process may hold instead of the root they come from, so that it opens nothing that
# the audit root seals (ADR 0013): of the events, for worker and sealer; and of the sealer's name.
LEAVES: Final = {
    ("audit", "audit/mac", 1): "audit-mac",
    ("audit", "audit/signer", 1): "audit-signer",
}


class Zone(models.TextChoices):
    """Which of a patient's two keys seals a field, so that each can be destroyed alone."""

    CONTACT = "contact", "Contact"
    CLINICAL = "clinical", "Clinical"


@lru_cache(maxsize=64)
def derive(root_name: str, label: str, version: int = 1) -> bytes:
    """32 bytes derived from a root for one use; or the leaf, where only that was handed over.

    Raises: RootNotHeld if this process holds neither; ImproperlyConfigured if what it holds
        cannot be used.
    """
    try:
        root = provider().root(root_name)
    except RootNotHeld:
        leaf = LEAVES.get((root_name, label, version))
        if leaf is None:
            raise
        return provider().root(leaf)
    info = f"suian/{label}/v{version}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(root)


def check_value(root: bytes) -> bytes:
    """Tells whether a root is the same as another time; says nothing of the root itself."""
    return HKDF(
        algorithm=hashes.SHA256(), length=16, salt=None, info=b"suian/root/check/v1"
    ).derive(root)


@lru_cache(maxsize=16)
def kek(zone: str, version: int) -> AESGCM:
    """The key that wraps data keys of ``zone``; the object is kept, making one costs more."""
    return AESGCM(derive(zone, f"kek/{zone}", version))


def forget() -> None:
    """Drop derived keys: after a change of roots in tests."""
    derive.cache_clear()
    kek.cache_clear()
