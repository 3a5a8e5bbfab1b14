"""Finds the right data key; at most one query per receipt and zone, none kept past a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.encryption.models import SubjectKey
from privacy.errors import Unreadable
from privacy.receipts import Receipt

# Keys for writing, for the length of one request or one batch. Holding them longer would let a
# shredded patient's data be sealed, or read, in another process after the shredding.
_scope: ContextVar[dict[tuple[UUID, str], tuple[int, AESGCM]] | None] = ContextVar(
    "suian_key_scope", default=None
)


@contextmanager
def scope() -> Iterator[None]:
    """Keep keys fetched for writing until the block ends."""
    token = _scope.set({})
    try:
        yield
    finally:
        _scope.reset(token)


def remember(keys: list[SubjectKey]) -> None:
    """Put freshly issued keys into the open scope, if there is one."""
    held = _scope.get()
    if held is not None:
        for key in keys:
            held[key.subject_id, key.zone] = (key.version, key.open())


def writing_key(subject_id: UUID, zone: str) -> tuple[int, AESGCM]:
    """Version and key that seal new values of this patient.

    Raises: Unreadable if the patient has no key in this zone (never issued, or shredded).
    """
    held = _scope.get()
    if held is not None and (subject_id, zone) in held:
        return held[subject_id, zone]
    newest = SubjectKey.objects.filter(subject_id=subject_id, zone=zone).order_by("version").last()
    if newest is None:
        raise Unreadable("E-KEY-NONE")
    found = (newest.version, newest.open())
    if held is not None:
        held[subject_id, zone] = found
    return found


def reading_key(receipt: Receipt, subject_id: UUID, zone: str, version: int) -> AESGCM:
    """The key of a box, from the receipt's own cache; one query fills it for all its patients.

    Raises: Unreadable if the key does not exist (any more) or does not open.
    """
    if zone not in receipt.loaded_zones:
        rows = SubjectKey.objects.filter(subject_id__in=receipt.subject_ids, zone=zone).defer(
            "created_at", "updated_at"
        )
        receipt.keys.update({(row.subject_id, zone, row.version): row for row in rows})
        receipt.loaded_zones.add(zone)
    found = receipt.keys.get((subject_id, zone, version))
    if found is None:
        raise Unreadable("E-KEY-NONE")
    if isinstance(found, SubjectKey):
        receipt.keys[subject_id, zone, version] = found = found.open()
    if not isinstance(found, AESGCM):
        raise TypeError("the receipt's cache holds keys only")
    return found
