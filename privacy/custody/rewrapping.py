"""Wrapping data keys under the active version while the clinic works (ADR 0011).

A batch is one transaction: whatever moment a run is killed at, each key is wrapped under one
version or the other, and the next run goes on with those that are left.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.custody.events import KeyEvent
from privacy.encryption.models import SubjectKey, active_versions
from privacy.errors import Unreadable

BATCH = 500  # holds row locks for some 30 ms; a registration never waits for longer

_WRITE = """
    UPDATE privacy_subjectkey AS held
    SET wrapped = made.wrapped, kek_version = made.kek_version, updated_at = now()
    FROM unnest(%s::uuid[], %s::bytea[], %s::integer[]) AS made(id, wrapped, kek_version)
    WHERE held.id = made.id
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction did: keys wrapped anew, and keys whose old wrap does not open."""

    done: int
    unreadable: int
    last: UUID

    @property
    def seen(self) -> int:
        return self.done + self.unreadable


def waiting() -> int:
    """How many data keys are not under the active version of their zone."""
    return SubjectKey.objects.filter(_stale()).count()


def rewrap(
    *, actor: Actor | None = None, process: str = "", limit: int | None = None
) -> Iterator[Batch]:
    """Wrap what waits, batch by batch, at most ``limit`` keys; one audit event a batch.

    Keys that another transaction holds are passed over and looked at again at the end; those
    that do not open are counted, stay as they are and keep their version from being retired.
    """
    left, progress = limit, True
    while progress:
        progress, after = False, UUID(int=0)
        while left is None or left > 0:
            batch = _one_batch(after, min(BATCH, left or BATCH), actor, process)
            if batch is None:
                break
            yield batch
            after, progress = batch.last, progress or batch.done > 0
            left = None if left is None else left - batch.seen
        if left is not None and left <= 0:
            return


@transaction.atomic
def _one_batch(after: UUID, size: int, actor: Actor | None, process: str) -> Batch | None:
    active = active_versions()
    rows = SubjectKey.objects.select_for_update(skip_locked=True).filter(_stale(active))
    keys = list(rows.filter(pk__gt=after).order_by("pk")[:size])
    if not keys:
        return None
    opened = [key for key in keys if _rewrapped(key, active[key.zone])]
    if opened:
        with connection.cursor() as cursor:
            columns = [key.pk for key in opened], [key.wrapped for key in opened]
            cursor.execute(_WRITE, [*columns, [key.kek_version for key in opened]])
    failed = len(keys) - len(opened)
    audit.record(
        KeyEvent.REWRAPPED,
        actor=actor,
        process=process,
        outcome="failed" if failed else "ok",
        detail={"keys": len(opened), "unreadable": failed},
    )
    return Batch(done=len(opened), unreadable=failed, last=keys[-1].pk)


def _rewrapped(key: SubjectKey, version: int) -> bool:
    try:
        key.rewrap(version)
    except Unreadable:
        return False
    return True


def _stale(active: dict[str, int] | None = None) -> Q:
    stale = Q()
    for zone, version in (active or active_versions()).items():
        stale |= Q(zone=zone, kek_version__lt=version)
    return stale
