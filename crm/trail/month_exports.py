"""A month of the trail leaves the house, and its digest goes onto paper (ADR 0009)."""

from collections.abc import Iterator
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from crm.staff.models import User
from crm.trail import selectors
from crm.trail.events import TrailEvent
from crm.trail.models import MonthExport
from privacy.audit import services as audit
from privacy.audit.context import acting_from, current_origin
from privacy.audit.events import AuditTrailEvent
from privacy.audit.exporting import Bundle, Span, span_of, verifier_sha256
from privacy.audit.packing import as_zip


def start(*, viewer: User, month: str, reason: str) -> Iterator[bytes]:
    """The month as a zip, in pieces.

    Booked before the first byte leaves; its end, with the manifest's SHA-256, when it is through
    or broken off. Raises: NothingSealed, before anything is written.
    """
    span = span_of(month)
    with transaction.atomic():
        audit.record(
            AuditTrailEvent.MONTH_EXPORTED, actor=viewer, reason=reason, target=f"month:{month}"
        )
        row = MonthExport.objects.create(
            requested_by=viewer,
            month=month,
            complete=span.complete,
            first_seq=span.first.first_seq,
            last_seq=span.end_seq - 1,
            first_checkpoint=span.first.number,
            last_checkpoint=span.last.number,
            head=bytes(span.last.chain).hex(),
            verifier=verifier_sha256(),
        )
    return _Leaving(viewer, row, span).stream()


class _Leaving:
    """The running export. The request's origin is kept: it outlives the request."""

    def __init__(self, viewer: User, row: MonthExport, span: Span) -> None:
        self.viewer, self.row, self.origin = viewer, row, current_origin()
        shown = partial(selectors.contents_for, viewer)
        self.bundle = Bundle(span, shown=shown, advance=self._advance)

    def stream(self) -> Iterator[bytes]:
        state = MonthExport.State.FAILED
        try:
            yield from as_zip(self.bundle)
            state = MonthExport.State.DONE
        finally:
            self._end(state)

    def _advance(self, count: int) -> None:
        self.row.written += count
        self.row.save(update_fields=["written", "updated_at"])

    def _end(self, state: MonthExport.State) -> None:
        row, done = self.row, state == MonthExport.State.DONE
        row.state, row.finished_at = state, timezone.now()
        row.manifest, row.withheld = self.bundle.manifest if done else "", self.bundle.withheld
        with acting_from(self.origin), transaction.atomic():
            row.save()
            audit.record(
                AuditTrailEvent.MONTH_EXPORT_ENDED,
                actor=self.viewer,
                target=f"month:{row.month}",
                outcome="ok" if done else "failed",
                detail={"events": self.bundle.events, "sha256": row.manifest},
            )


@transaction.atomic
def print_sheet(*, viewer: User, export_id: UUID) -> MonthExport | None:
    """A finished export for its digest sheet, or None. Opening the sheet is the print."""
    row = selectors.month_export(viewer, export_id)
    if row:
        audit.record(TrailEvent.SHEET_PRINTED, actor=viewer, target=f"month:{row.month}")
    return row
