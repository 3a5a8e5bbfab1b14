"""Fingerprints of phones and ID numbers in another width, while the clinic works (ADR 0004).

A batch is one transaction: whatever moment a run is killed at, each row has one width or the other
and is found by both, and the next run goes on with those that are left.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from crm.patients.events import PatientEvent
from crm.patients.models import PatientContact
from privacy.audit import services as audit
from privacy.custody import index_width
from privacy.errors import Unreadable

BATCH: Final = 200  # contacts; their rows are held for some 100 ms
PATHS: Final = ("patientcontact.phone", "patientcontact.id_number")


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction did: contacts rebuilt, and those that do not open."""

    done: int
    unreadable: int
    last: UUID


def waiting() -> int:
    """How many contacts have a fingerprint of another width than new ones."""
    return _stale(index_width.now()).count()


def rebuild(*, process: str, limit: int | None = None) -> Iterator[Batch]:
    """Rebuild what waits, batch by batch, at most ``limit`` contacts; one audit event a batch.

    Narrower is cut from what is stored. For wider the numbers are opened; the event names whose.
    Rows that somebody holds are passed over, those that do not open stay as they are; both are
    found by the width they have. Always a process: nobody looks at these patients.
    """
    after, left = UUID(int=0), limit
    while left is None or left > 0:
        batch = _one_batch(after, min(BATCH, left or BATCH), process)
        if batch is None:
            return
        yield batch
        after = batch.last
        left = None if left is None else left - batch.done - batch.unreadable


@transaction.atomic
def _one_batch(after: UUID, size: int, process: str) -> Batch | None:
    bits = index_width.now()
    rows = _stale(bits).filter(pk__gt=after).select_related("patient__subject")
    held = list(rows.select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:size])
    if not held:
        return None
    opened = [one for one in held if not one.narrow(bits)]
    receipt = audit.record(
        PatientEvent.REINDEXED,
        process=process,
        subjects=[one.patient for one in opened],
        fields=PATHS if opened else (),
        detail={"rows": len(held), "bits": bits},
    )
    failed = 0
    for one in opened:
        try:
            one.widen(bits, receipt)
        except Unreadable as error:
            audit.record_crypto_failure(path=PATHS[0], code=str(error))
            failed += 1
    PatientContact.objects.bulk_update(held, ["phone_index", "id_number_index"])
    return Batch(done=len(held) - failed, unreadable=failed, last=held[-1].pk)


def _stale(bits: int) -> QuerySet[PatientContact]:
    return PatientContact.objects.of_another_width(bits)
