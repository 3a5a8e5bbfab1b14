"""A builder takes up an export, shows how far it is, and leaves one file behind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from privacy.audit import services as audit
from privacy.exports import files, rules, selectors
from privacy.exports.events import ExportEvent
from privacy.exports.models import Export, ExportMark, mark_digest
from privacy.exports.services.deciding import book, close, locked
from privacy.minimisation.rules import cover
from privacy.receipts import Receipt, SubjectRef

State = Export.State


class Lost(Exception):
    """The export was withdrawn, or another builder has taken it up: this one leaves nothing."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An invented row as written, and the texts in it by which it is found again."""

    row: str
    texts: tuple[str, ...]


@transaction.atomic
def take_up() -> Export | None:
    """The next export to build, for this builder alone until its lease ends; None if none waits.

    One whose builders have all died is given up.
    """
    now = timezone.now()
    held = selectors.with_work(now).select_for_update(skip_locked=True, of=("self",)).first()
    if held is None:
        return None
    if held.builds >= rules.MOST_BUILDS:
        close(held, State.FAILED, failure=Export.Failure.GAVE_UP)
        book(ExportEvent.FAILED, held, outcome="failed")
        return None
    held.state, held.builds, held.written = State.BUILDING, held.builds + 1, 0
    held.lease_until = now + rules.LEASE
    held.save(update_fields=["state", "builds", "written", "lease_until", "updated_at"])
    return held


@transaction.atomic
def open_rows(*, export: Export, subjects: Iterable[SubjectRef], fields: Iterable[str]) -> Receipt:
    """Book, in the requester's name, whose data the file is to hold; opens what is sealed (S59)."""
    return audit.record(
        ExportEvent.OPENED,
        actor=export.requester,
        subjects=subjects,
        fields=fields,
        purpose=export.purpose,
        reason=cover(export.reason).text,  # asked for before numbers were refused, it may hold one
        target=export.target,
        detail={"build": export.builds},
    )


def advance(*, export: Export, written: int) -> None:
    """Tell how far it has come, which renews the lease. Raises: Lost."""
    now = timezone.now()
    mine = Export.objects.filter(pk=export.pk, state=State.BUILDING, builds=export.builds)
    if not mine.update(written=written, lease_until=now + rules.LEASE, updated_at=now):
        raise Lost


@transaction.atomic
def fail(*, export: Export, failure: str) -> None:
    """Give up: what was approved cannot be built. Does nothing if the export is no more ours."""
    held = locked(export.pk)
    if _is_ours(held, export):
        close(held, State.FAILED, failure=failure)
        book(ExportEvent.FAILED, held, outcome="failed", failure=failure)


def finish(*, export: Export, parts: Mapping[str, bytes], marks: Iterable[Mark], rows: int) -> None:
    """Seal the parts into one archive under a new password, and offer it for a day.

    Raises: Lost; then nothing of this try is left.
    """
    password = rules.new_password()
    half = files.write_half(export.pk, export.builds, parts, password)
    try:
        with transaction.atomic():
            held = locked(export.pk)
            if not _is_ours(held, export):
                raise Lost
            _lay_marks(held.pk, marks)
            now = timezone.now()
            held.state, held.lease_until = State.READY, None
            held.written = held.built_rows = rows
            held.built_at, held.available_until = now, now + rules.AVAILABLE
            held.sha256, held.size = files.digest_of(half), half.stat().st_size
            held.password = password
            held.save()
            book(ExportEvent.BUILT, held, actor=held.requester, rows=rows, sha256=held.sha256,
                 build=held.builds)  # fmt: skip
            # Before the commit: a name without its row is swept away, a row without its file lies.
            files.keep(half, held.pk)
    finally:
        half.unlink(missing_ok=True)


def _is_ours(held: Export, export: Export) -> bool:
    return held.state == State.BUILDING and held.builds == export.builds


def _lay_marks(export_id: UUID, marks: Iterable[Mark]) -> None:
    for mark in marks:
        ExportMark.objects.create(
            export_id=export_id,
            row=mark.row,
            digests=[mark_digest(text) for text in mark.texts if text],
        )
