"""Finds the right data key; at most one query per receipt and zone, none kept past a request."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from privacy.encryption.algorithms import DataKey
from privacy.encryption.models import Erasure, SubjectKey, WrappedKey
from privacy.errors import Erased, Unreadable
from privacy.receipts import Receipt

ERASED = 0  # in a receipt's cache, in place of a key's version: this zone was erased
# Keys for writing, for the length of one request or one batch. Holding them longer would let a
# shredded patient's data be sealed, or read, in another process after the shredding.
_scope: ContextVar[dict[tuple[UUID, str], tuple[int, DataKey]] | None] = ContextVar(
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


def writing_key(subject_id: UUID, zone: str) -> tuple[int, DataKey]:
    """Version and key that seal new values of this patient.

    Raises: Erased if the patient's zone was erased; Unreadable if there is no key else.
    """
    held = _scope.get()
    if held is not None and (subject_id, zone) in held:
        return held[subject_id, zone]
    newest = SubjectKey.objects.filter(subject_id=subject_id, zone=zone).order_by("version").last()
    if newest is None:
        raise Erased if _erased([subject_id], zone) else Unreadable("E-KEY-NONE")
    found = (newest.version, newest.open())
    if held is not None:
        held[subject_id, zone] = found
    return found


def reading_key(receipt: Receipt, subject_id: UUID, zone: str, version: int) -> DataKey:
    """The key of a box, from the receipt's own cache; one query fills it for all its patients.

    Raises: Erased if the patient's zone was erased; Unreadable if the key does not exist
        for another reason, or does not open.
    """
    if zone not in receipt.loaded_zones:
        _load(receipt, zone)
    found = receipt.keys.get((subject_id, zone, version))
    if found is None:
        gone = (subject_id, zone, ERASED) in receipt.keys
        raise Erased if gone else Unreadable("E-KEY-NONE")
    if isinstance(found, WrappedKey):
        receipt.keys[subject_id, zone, version] = found = found.open()
    if not isinstance(found, DataKey):
        raise TypeError("the receipt's cache holds keys only")
    return found


def _load(receipt: Receipt, zone: str) -> None:
    """One query for the keys of all patients; a second one if somebody has none."""
    # Bare columns: a model instance a key costs more than opening it.
    found = SubjectKey.objects.filter(subject_id__in=receipt.subject_ids, zone=zone)
    rows = [WrappedKey(*row) for row in found.values_list(*WrappedKey._fields)]
    receipt.keys.update({(row.subject_id, zone, row.version): row for row in rows})
    receipt.loaded_zones.add(zone)
    without = receipt.subject_ids - {row.subject_id for row in rows}
    for subject_id in _erased(without, zone) if without else ():
        receipt.keys[subject_id, zone, ERASED] = None


def _erased(subject_ids: Iterable[UUID], zone: str) -> list[UUID]:
    found = Erasure.objects.filter(subject_id__in=subject_ids, zone=zone)
    return list(found.values_list("subject_id", flat=True))
