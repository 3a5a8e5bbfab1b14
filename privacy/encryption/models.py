"""Versions of the zones' keys; patients' data keys, wrapped; the canaries that prove the roots."""

import os
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from privacy.encryption.algorithms import DataKey
from privacy.encryption.boxes import NONCE_BYTES, bind
from privacy.encryption.keys import Zone, kek
from privacy.encryption.rules import WIDEST, index_bits
from privacy.errors import Unreadable
from privacy.records import Record, RetentionClass

DEK_BYTES = 32


class KeyState(models.TextChoices):
    """What a version of a zone's key is good for; it only ever moves down this list."""

    ACTIVE = "active", _("wraps and opens")
    DECRYPT_ONLY = "decrypt_only", _("opens only")
    RETIRED = "retired", _("no data key uses it")
    DESTROYED = "destroyed", _("given up")


class KeyVersion(Record):
    """One version of the key that wraps a zone's data keys (ADR 0011).

    One active version a zone; states go forward only, and none is retired while a data key still
    uses it: the database holds all three (``migrations/operations/key_versions.py``).
    """

    retention = RetentionClass.SETTINGS
    zone = models.CharField(max_length=8, choices=Zone)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=KeyState, default=KeyState.ACTIVE)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_row_per_key_version", fields=["zone", "version"]),
            models.UniqueConstraint(
                name="one_active_key_version_per_zone",
                fields=["zone"],
                condition=Q(state=KeyState.ACTIVE),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.zone} v{self.version}"


def active_versions() -> dict[str, int]:
    """Which version of each zone's key wraps new data keys.

    Raises: ImproperlyConfigured if a zone has none: nothing may be sealed then.
    """
    found = dict(KeyVersion.objects.filter(state=KeyState.ACTIVE).values_list("zone", "version"))
    missing = sorted(set(Zone.values) - set(found))
    if missing:
        raise ImproperlyConfigured(f"no active key version of zone {', '.join(missing)}")
    return found


@lru_cache(maxsize=64)
def _bound_end(zone: str, version: int, kek_version: int) -> bytes:
    # The same for nearly every key of a zone: put together once.
    return bind(zone.encode(), str(version).encode(), str(kek_version).encode())


class WrappedKey(NamedTuple):
    """A data key as it rests, without the row around it: a page opens fifty of them."""

    subject_id: UUID
    zone: str
    version: int
    kek_version: int
    wrapped: bytes

    @property
    def bound(self) -> bytes:
        """What the wrap is tied to."""
        return bind(self.subject_id.bytes) + _bound_end(self.zone, self.version, self.kek_version)

    def dek(self) -> bytes:
        """The plain key. Raises: Unreadable if the wrap does not open."""
        nonce, box = self.wrapped[:NONCE_BYTES], self.wrapped[NONCE_BYTES:]
        try:
            return kek(self.zone, self.kek_version).decrypt(nonce, box, self.bound)
        except InvalidTag as error:
            raise Unreadable("E-KEY-WRAP") from error

    def open(self) -> DataKey:
        """The usable key.

        Raises: Unreadable if the wrap was changed or the root is not the one it was made with.
        """
        return DataKey(self.dek())


class SubjectKey(Record):
    """One 256-bit data key of one patient and zone, wrapped under the zone's KEK.

    Destroying the row destroys what it sealed (crypto-shredding), zone by zone. The newest
    version seals; an older one stays as long as a box needs it (``superseded_at``: since when).
    """

    retention = RetentionClass.CLINICAL
    # A plain id, not a foreign key: keys and records are dumped and restored apart (ADR 0042).
    subject_id = models.UUIDField()
    zone = models.CharField(max_length=8, choices=Zone)
    version = models.PositiveIntegerField(default=1)
    kek_version = models.PositiveIntegerField()
    wrapped = models.BinaryField()
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(name="data_keys_by_version", fields=["zone", "kek_version", "id"])]
        constraints = [
            models.UniqueConstraint(
                name="one_subject_key_per_version", fields=["subject_id", "zone", "version"]
            ),
            models.CheckConstraint(
                name="subject_key_is_wrapped_256_bits",
                condition=Exact(Length("wrapped"), NONCE_BYTES + DEK_BYTES + 16),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.zone} key {self.version}"

    @property
    def _at_rest(self) -> WrappedKey:
        held = bytes(self.wrapped or b"")  # none yet on a key that is being made
        return WrappedKey(self.subject_id, self.zone, self.version, self.kek_version, held)

    @classmethod
    def issue(cls, subject_ids: Iterable[UUID]) -> list["SubjectKey"]:
        """New, unsaved keys for both zones of each patient, under the active versions."""
        active = active_versions()
        keys = [
            cls(subject_id=one, zone=zone, kek_version=active[zone])
            for one in subject_ids
            for zone in Zone
        ]
        for key in keys:
            key._wrap(os.urandom(DEK_BYTES))  # noqa: SLF001 - own class
        return keys

    def successor(self) -> "SubjectKey":
        """A new, unsaved key of the next version for the same patient and zone."""
        key = SubjectKey(
            subject_id=self.subject_id,
            zone=self.zone,
            version=self.version + 1,
            kek_version=active_versions()[self.zone],
        )
        key._wrap(os.urandom(DEK_BYTES))
        return key

    def rewrap(self, kek_version: int) -> None:
        """Wrap the same key anew, unsaved: nothing that it sealed has to be touched.

        Raises: Unreadable if the old wrap does not open.
        """
        dek = self._at_rest.dek()
        self.kek_version = kek_version
        self._wrap(dek)

    def open(self) -> DataKey:
        """The usable key.

        Raises: Unreadable if the wrap was changed or the root is not the one it was made with.
        """
        return self._at_rest.open()

    def _wrap(self, dek: bytes) -> None:
        nonce, key = os.urandom(NONCE_BYTES), kek(self.zone, self.kek_version)
        self.wrapped = nonce + key.encrypt(nonce, dek, self._at_rest.bound)


class ErasureReason(models.TextChoices):
    """Why data was erased. A choice and no free text: it leaves the database (ADR 0012)."""

    REQUESTED = "requested", _("The patient asked for it")
    CONSENT_WITHDRAWN = "withdrawn", _("The patient withdrew the consent it was held by")
    PERIOD_OVER = "period_over", _("The period of keeping is over")
    NOT_NEEDED = "not_needed", _("It is not needed any more")
    UNLAWFUL = "unlawful", _("It should never have been taken down")


class Erasure(Record):
    """One line of the erasure ledger: append-only, by grant and trigger (ADR 0012)."""

    retention = RetentionClass.AUDIT
    subject_id = models.UUIDField()
    code = models.CharField(max_length=8)
    zone = models.CharField(max_length=8, choices=Zone)
    reason = models.CharField(max_length=12, choices=ErasureReason)
    erased_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_erasure_per_zone", fields=["subject_id", "zone"])
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.zone}"


class IndexWidth(Record):
    """How many bits new fingerprints have, from now until the next row; append-only.

    Rows of another width are rebuilt while the clinic works, and found meanwhile (ADR 0004).
    """

    retention = RetentionClass.SETTINGS
    bits = models.PositiveSmallIntegerField()
    patients = models.PositiveIntegerField()  # for how many it was planned

    class Meta:
        constraints = [
            models.CheckConstraint(name="index_width_is_known", condition=Q(bits__lte=WIDEST))
        ]
        indexes = [models.Index(name="newest_index_width", fields=["-created_at"])]

    def __str__(self) -> str:
        return f"{self.bits} bits"


def index_width() -> int:
    """How many bits new fingerprints have: as planned, or as a plan of this moment would say."""
    newest = IndexWidth.objects.order_by("-created_at").values_list("bits", flat=True).first()
    if newest is not None:
        return newest
    held = SubjectKey.objects.filter(zone=Zone.CONTACT)
    return index_bits(held.aggregate(patients=Count("subject_id", distinct=True))["patients"])


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
