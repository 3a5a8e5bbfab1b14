"""A patient's data keys, wrapped; and the canaries that prove the roots are the right ones."""

import os
from collections.abc import Iterable
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from privacy.encryption.boxes import NONCE_BYTES, bind
from privacy.encryption.keys import KEK_VERSION, Zone, kek
from privacy.errors import Unreadable
from privacy.records import Record, RetentionClass


class SubjectKey(Record):
    """One 256-bit data key of one patient and zone, wrapped under the zone's KEK.

    Destroying the row destroys what it sealed (crypto-shredding), zone by zone.
    """

    retention = RetentionClass.CLINICAL
    # A plain id, not a foreign key: key store and records may live in different schemas.
    subject_id = models.UUIDField()
    zone = models.CharField(max_length=8, choices=Zone)
    version = models.PositiveIntegerField(default=1)
    kek_version = models.PositiveIntegerField(default=KEK_VERSION)
    wrapped = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_subject_key_per_version", fields=["subject_id", "zone", "version"]
            ),
            models.CheckConstraint(
                name="subject_key_is_wrapped_256_bits",
                condition=Exact(Length("wrapped"), NONCE_BYTES + 32 + 16),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.zone} key {self.version}"

    def _bound(self) -> bytes:
        return bind(
            self.subject_id.bytes,
            self.zone.encode(),
            str(self.version).encode(),
            str(self.kek_version).encode(),
        )

    @classmethod
    def issue(cls, subject_ids: Iterable[UUID]) -> list["SubjectKey"]:
        """New, unsaved keys for both zones of each patient."""
        keys = [cls(subject_id=one, zone=zone) for one in subject_ids for zone in Zone]
        for key in keys:
            nonce = os.urandom(NONCE_BYTES)
            wrap = kek(key.zone, key.kek_version).encrypt(nonce, os.urandom(32), key._bound())  # noqa: SLF001 - own class
            key.wrapped = nonce + wrap
        return keys

    def open(self) -> AESGCM:
        """The usable key.

        Raises: Unreadable if the wrap was changed or the root is not the one it was made with.
        """
        wrapped = bytes(self.wrapped)
        try:
            dek = kek(self.zone, self.kek_version).decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], self._bound()
            )
        except InvalidTag as error:
            raise Unreadable("E-KEY-WRAP") from error
        return AESGCM(dek)


class KeyCanary(Record):
    """A known text under each KEK: if it does not open, the roots are not this database's."""

    retention = RetentionClass.SETTINGS
    zone = models.CharField(max_length=8)
    kek_version = models.PositiveIntegerField()
    box = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_canary_per_kek", fields=["zone", "kek_version"])
        ]

    def __str__(self) -> str:
        return f"{self.zone} v{self.kek_version}"
