"""A new data key for one patient, and every box of the zone sealed with it (ADR 0011).

Boxes are put by compare-and-swap on the box that was read: an edit at the same time wins and is
looked at again. The old key stays until no box needs it and nobody can still hold one that does.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Count
from django.db.models.functions import Now, Substr
from django.utils.translation import gettext as _

from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.audit.unhurried import unhurried
from privacy.custody.events import KeyEvent
from privacy.encryption.algorithms import DataKey, chosen
from privacy.encryption.boxes import HEADER, claim_of, key_version_of, seal, unseal
from privacy.encryption.keys import Zone
from privacy.encryption.models import SubjectKey
from privacy.encryption.registry import SealedColumn, sealed_columns
from privacy.errors import DomainError, Unreadable
from privacy.pseudonyms.models import Subject

# A form read before the new key may save old boxes back: no request and no batch lives this long.
GRACE = timedelta(minutes=10)
PASSES = 5


class By(NamedTuple):
    """Who the events name: a person, or else a process."""

    actor: Actor | None
    process: str


@dataclass(slots=True)
class Tally:
    """What became of the boxes of one patient and zone."""

    resealed: int = 0
    overtaken: int = 0  # an edit was faster; looked at again
    unreadable: int = 0  # stay as they are, and so does their key
    destroyed: int = 0  # old data keys


def reencrypt(
    *, subject: Subject, zone: str, actor: Actor | None = None, process: str = ""
) -> Tally:
    """Give the patient a new data key in ``zone`` and seal every box of theirs with it.

    A run that was killed is taken up where it stopped: no second new key is made while an older
    one still waits for its end. Old keys end in ``finish``, ``GRACE`` after the last old box.
    Raises: DomainError if the patient has no key in the zone (erased).
    """
    who = By(actor, process)
    renew(subject=subject, zone=zone, actor=actor, process=process)
    tally = Tally()
    for _pass in range(PASSES):
        before = tally.overtaken
        _reseal_all(subject, zone, tally, who)
        if tally.overtaken == before:
            break
    return tally


@transaction.atomic
def renew(
    *, subject: Subject, zone: str, actor: Actor | None = None, process: str = ""
) -> SubjectKey:
    """The patient's next data key; the one that is on its way already, if a run was stopped.

    Raises: DomainError if the patient has no key in the zone.
    """
    keys = _locked_keys(subject, zone)
    if not keys:
        raise DomainError(_("This patient has no key in this zone: it was erased."))
    if len(keys) > 1:
        return keys[-1]
    made = keys[-1].successor()
    made.save(force_insert=True)
    SubjectKey.objects.filter(pk=keys[-1].pk).update(superseded_at=Now())
    audit.record(
        KeyEvent.RENEWED,
        actor=actor,
        process=process,
        subjects=[subject],
        detail={"zone": zone, "version": made.version},
    )
    return made


def finish(*, subject: Subject, zone: str, actor: Actor | None = None, process: str = "") -> Tally:
    """Destroy the patient's old keys that no box has needed for ``GRACE``.

    A box that an old form put back meanwhile is sealed anew, and the wait begins again.
    """
    tally = Tally()
    with transaction.atomic():
        old = _locked_keys(subject, zone)[:-1]
        found = _reseal_all(subject, zone, tally, By(actor, process))
        if found:
            SubjectKey.objects.filter(pk__in=[key.pk for key in old]).update(superseded_at=Now())
        else:
            over = SubjectKey.objects.filter(
                pk__in=[key.pk for key in old], superseded_at__lt=Now() - GRACE
            )
            tally.destroyed = over.delete()[0]
        if tally.destroyed:
            audit.record(
                KeyEvent.OLD_KEY_DESTROYED,
                actor=actor,
                process=process,
                subjects=[subject],
                detail={"zone": zone, "keys": tally.destroyed},
            )
    return tally


def unfinished() -> Iterator[tuple[Subject, str]]:
    """Patients and zones whose old data keys still wait for their end."""
    waiting = SubjectKey.objects.filter(superseded_at__isnull=False)
    for subject_id, zone in waiting.values_list("subject_id", "zone").distinct():
        yield Subject.objects.get(pk=subject_id), zone


@unhurried()
def of_another_algorithm(zone: str) -> list[Subject]:
    """Patients with a box in ``zone`` that is not of the installation's algorithm (ADR 0027)."""
    found: set[UUID] = set()
    for column in sealed_columns(zone):
        boxes = _by_algorithm(column).exclude(algorithm=chosen())
        found.update(boxes.values_list(column.owner, flat=True))
    return list(Subject.objects.filter(pk__in=found).order_by("code"))


def count_boxes() -> list[tuple[str, int, int, int]]:
    """(zone, algorithm, version of the data key, boxes) over all columns, by what boxes claim.

    Reads every table with boxes: for the night. What claims nothing known is not counted; the
    comparison of rows and the canaries find that.
    """
    counted: Counter[tuple[str, int, int]] = Counter()
    for zone in Zone.values:
        for column in sealed_columns(zone):
            head = Substr(column.field.attname, 1, HEADER.size, output_field=models.BinaryField())
            rows = column.model._default_manager.order_by().values_list(head)  # noqa: SLF001 - as below
            for claimed, number in rows.annotate(number=Count("pk")):
                claim = claim_of(bytes(claimed or b""))
                if claim:
                    counted[zone, *claim] += number
    return [(*key, number) for key, number in sorted(counted.items())]


def _by_algorithm(column: SealedColumn) -> models.QuerySet[Any, Any]:
    name = column.field.attname
    rows = column.model._default_manager.exclude(**{f"{name}__isnull": True})  # noqa: SLF001 - Django's public secret
    byte = models.Func(
        models.F(name), models.Value(1), function="get_byte",
        output_field=models.IntegerField(),
    )  # fmt: skip
    found: models.QuerySet[Any, Any] = rows.annotate(algorithm=byte)
    return found


def _locked_keys(subject: Subject, zone: str) -> list[SubjectKey]:
    """The patient's keys, oldest first; nobody else renews, ends or shreds them meanwhile."""
    Subject.objects.select_for_update(no_key=True).get(pk=subject.pk)
    keys = SubjectKey.objects.filter(subject_id=subject.pk, zone=zone)
    return list(keys.order_by("version"))


def _reseal_all(subject: Subject, zone: str, tally: Tally, who: By) -> int:
    """Seal every box of an older key anew; returns how many there were."""
    keys = SubjectKey.objects.filter(subject_id=subject.pk, zone=zone).order_by("version")
    opened = {key.version: key.open() for key in keys}
    return sum(
        _reseal_column(column, subject, opened, tally, who) for column in sealed_columns(zone)
    )


@transaction.atomic
def _reseal_column(
    column: SealedColumn,
    subject: Subject,
    opened: dict[int, DataKey],
    tally: Tally,
    who: By,
) -> int:
    """One column in one transaction, with the event that its changes belong to."""
    newest, found = max(opened, default=0), 0
    for row, box in list(_boxes(column, subject.pk)):
        if _version(box) not in opened or _version(box) == newest:
            continue  # new already, or nothing that any key of this patient could open
        found += 1
        made = _sealed_anew(column, row, box, opened)
        if made is None:
            tally.unreadable += 1
        elif _swap(column, row.pk, box, made, subject.pk):
            tally.resealed += 1
        else:
            tally.overtaken += 1
    if found:
        audit.record(
            KeyEvent.RESEALED,
            actor=who.actor,
            process=who.process,
            subjects=[subject],
            fields=[column.path],
            detail={"zone": column.field.zone, "boxes": found},
        )
    return found


def _boxes(column: SealedColumn, subject_id: UUID) -> Iterator[tuple[models.Model, bytes]]:
    name = column.field.attname
    rows = column.model._default_manager.filter(**{column.owner: subject_id})  # noqa: SLF001 - Django's public secret
    way = column.owner.split("__")[:-1]
    rows = rows.select_related("__".join(way)) if way else rows
    for row in rows.exclude(**{f"{name}__isnull": True}).iterator():
        yield row, bytes(row.__dict__[name])


def _sealed_anew(
    column: SealedColumn, row: models.Model, box: bytes, opened: dict[int, DataKey]
) -> bytes | None:
    newest = max(opened)
    place = column.field.place(row)
    try:
        text = unseal(box, place=place, key=opened[key_version_of(box)])
    except Unreadable:
        return None
    key = opened[newest]
    return seal(text, place=place, key=key, key_version=newest, step=column.field.pad)


def _swap(column: SealedColumn, row: UUID, was: bytes, made: bytes, subject_id: UUID) -> bool:
    """Put the new box in the place of the old one, if that one is still there."""
    values = (column.table, column.field.column, row, was, made, subject_id, column.field.zone)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reseal_box(%s, %s, %s, %s, %s, %s, %s)", values)
        return bool(cursor.fetchone()[0])


def _version(box: bytes) -> int:
    """The key version that a box claims; 0 for what is no box."""
    try:
        return key_version_of(box)
    except Unreadable:
        return 0
