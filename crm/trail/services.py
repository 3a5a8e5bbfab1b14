"""Opening, verifying and exporting the trail. Each of them is an event of the trail itself."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from crm.staff.models import User
from crm.trail import selectors
from crm.trail.events import TrailEvent
from crm.trail.models import VerificationRun
from crm.trail.selectors import Row, Screen
from crm.web.cells import BOM, csv_text
from privacy.audit import services as audit
from privacy.audit.context import acting_from, current_origin
from privacy.audit.events import AuditTrailEvent
from privacy.audit.findings import Report
from privacy.audit.row_changes import LATELY
from privacy.audit.selectors import Filter, Mark, Proof, count_up_to, seal_status
from privacy.audit.verification import verify
from privacy.errors import DomainError

MOST_ROWS = 10_000
SUNDAY, WEEK = 6, timedelta(days=7)
NIGHT = "verify_nightly"
AT_ONCE = 50_000  # events that are verified while the page waits: about five seconds
HEADER = (
    "at", "who", "role", "kind", "action", "outcome", "codes", "fields", "purpose", "reason",
    "target", "ip", "agent", "id",
)  # fmt: skip


class TooManyRows(DomainError):
    """The filter matches more than one export may hold."""


def asked_for(wanted: Filter) -> dict[str, str | int]:
    """What a filter asks, for the event: codes and days, no names."""
    facts = asdict(wanted)
    facts["actors"] = len(wanted.actors) if wanted.actors is not None else 0
    facts["codes"] = len(wanted.codes)
    # Not what is hidden from whom: the event would tell that a colleague is a patient here (T1).
    for name in ("clinic", "processes", "without", "by_people", "hidden"):
        del facts[name]
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in facts.items()
        if value
    }


@transaction.atomic
def open_trail(
    *, viewer: User, wanted: Filter, before: Mark | None = None, after: Mark | None = None
) -> Screen:
    """One screen of the trail; looking is itself an event (R31)."""
    audit.record(AuditTrailEvent.VIEWED, actor=viewer, detail=asked_for(wanted))
    return selectors.screen(viewer, wanted, before=before, after=after)


@transaction.atomic
def open_event(*, viewer: User, event_id: UUID) -> tuple[Row, Proof] | None:
    """One event with its proof, or None if it is not there for this viewer."""
    found = selectors.one_event(viewer, event_id)
    if found:
        audit.record(TrailEvent.PROVED, actor=viewer, target=f"event:{event_id}")
    return found


def ask_for_verification(*, actor: User) -> VerificationRun:
    """Verify the trail: at once if it is short, else by the exporter that finds the row.

    Out: the run, of everything; an open one is handed back instead of starting a second. The
        night's of what was sealed lately says nothing of the rest, and answers nobody.
    """
    with transaction.atomic():
        running = selectors.open_whole_run()
        if running:
            return running
        run = VerificationRun.objects.create(requested_by=actor)
    status = seal_status()
    if status.events + status.waiting <= AT_ONCE:
        carry_out(run_id=run.pk)
        run.refresh_from_db()
    return run


def carry_out(*, run_id: UUID) -> None:
    """Do a queued verification; nothing if somebody else has taken it."""
    state = VerificationRun.State
    taken = VerificationRun.objects.filter(pk=run_id, state=state.QUEUED)
    if not taken.update(state=state.RUNNING, updated_at=timezone.now()):
        return
    run = VerificationRun.objects.select_related("requested_by").get(pk=run_id)
    try:
        report = verify(run.since)
    except Exception as error:
        _book_failure(run, error)
        raise
    _book_report(run, report)


def verify_by_night() -> None:
    """Verify what was sealed lately; on Sundays (clinic time), and wherever a week has passed
    without it, everything (ADR 0005).

    Whatever is under way beside it: nobody's row in a table keeps the night from looking.
    """
    now = timezone.now()
    whole = VerificationRun.objects.filter(since=None, state=VerificationRun.State.DONE)
    everything = (
        timezone.localdate(now).weekday() == SUNDAY
        or not whole.filter(finished_at__gt=now - WEEK).exists()
    )
    run = VerificationRun.objects.create(since=None if everything else now - LATELY)
    carry_out(run_id=run.pk)


@transaction.atomic
def _book_failure(run: VerificationRun, error: Exception) -> None:
    """A trail that cannot be verified is as much a reason to look as one that does not hold."""
    run.state, run.finished_at = VerificationRun.State.FAILED, timezone.now()
    run.save(update_fields=["state", "finished_at", "updated_at"])
    _book_verdict(run, outcome="failed", error=type(error).__name__)


def _book_verdict(run: VerificationRun, *, outcome: str, **detail: str | int) -> None:
    audit.record(
        AuditTrailEvent.VERIFIED,
        actor=run.requested_by,
        process="" if run.requested_by else NIGHT,
        outcome=outcome,
        detail=detail | ({"since": run.since.isoformat()} if run.since else {}),
    )


@transaction.atomic
def _book_report(run: VerificationRun, report: Report) -> None:
    first = report.first_bad
    rest = sorted(report.findings, key=lambda one: one != first)  # the first bad one first
    run.state, run.finished_at = VerificationRun.State.DONE, timezone.now()
    run.whole, run.head = report.whole, report.head.hex()
    run.events, run.checkpoints = report.events, report.checkpoints
    run.unsealed, run.anchored = report.unsealed, report.anchored
    run.findings = [
        {
            "code": one.code,
            "seq": one.seq,
            "event": str(one.event_id or ""),
            "checkpoint": one.checkpoint,
        }
        for one in rest
    ]
    run.save()
    _book_verdict(
        run,
        outcome="ok" if report.whole else "failed",
        events=report.events,
        findings=report.found,
        head=run.head[:16],
    )


def export(*, viewer: User, wanted: Filter, reason: str) -> Iterator[bytes]:
    """The matching events as CSV, in pieces.

    The event of the export is written before the first byte leaves; a second one, with row count
    and SHA-256 of what left, when it ends or is broken off (ADR 0005).
    Raises: TooManyRows, before anything is written, above MOST_ROWS.
    """
    if count_up_to(wanted, MOST_ROWS + 1) > MOST_ROWS:
        raise TooManyRows(
            _("More than %(most)d events match. Narrow the filter.") % {"most": MOST_ROWS}
        )
    with transaction.atomic():
        # Up to now: or the export would run after its own tail.
        now = timezone.now()
        wanted = replace(wanted, until=min(wanted.until or now, now))
        receipt = audit.record(
            AuditTrailEvent.EXPORTED, actor=viewer, reason=reason, detail=asked_for(wanted)
        )
    return _Pieces(viewer, wanted, str(receipt.event_id)).stream()


class _Pieces:
    """The running export. The request's origin and language are kept: it outlives the request."""

    def __init__(self, viewer: User, wanted: Filter, started_as: str) -> None:
        self.viewer, self.wanted, self.started_as = viewer, wanted, started_as
        self.origin, self.language = current_origin(), get_language() or "zh-hans"
        self.rows, self.digest = 0, sha256()

    def stream(self) -> Iterator[bytes]:
        outcome = "failed"
        try:
            yield self._piece([HEADER], start=BOM)
            for page in selectors.all_rows(self.viewer, self.wanted):
                with override(self.language):
                    piece = self._piece([cells(row) for row in page])
                self.rows += len(page)
                yield piece
            outcome = "ok"
        finally:
            self._book_end(outcome)

    def _piece(self, lines: list[tuple[str, ...]], start: str = "") -> bytes:
        piece = csv_text(lines, start=start).encode()
        self.digest.update(piece)
        return piece

    def _book_end(self, outcome: str) -> None:
        with acting_from(self.origin), transaction.atomic():
            audit.record(
                TrailEvent.EXPORT_ENDED,
                actor=self.viewer,
                target=f"event:{self.started_as}",
                outcome=outcome,
                detail={"rows": self.rows, "sha256": self.digest.hexdigest()},
            )


def cells(row: Row) -> tuple[str, ...]:
    """One line of the export, in the order of HEADER."""
    event = row.event
    return (
        timezone.localtime(event.at).isoformat(timespec="milliseconds"),
        str(row.who),
        str(row.role),
        str(row.kind),
        str(row.action),
        str(row.outcome),
        " ".join(row.codes),
        " ".join(event.fields),
        str(row.purpose),
        str(row.reason),
        event.target,
        event.ip or "",
        event.agent,
        str(event.id),
    )
