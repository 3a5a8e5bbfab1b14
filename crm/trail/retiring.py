"""An old month leaves the database: archived, proved, asked for, approved, dropped (ADR 0025)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from psycopg import sql

from crm.staff.models import User
from crm.trail.events import TrailEvent
from crm.trail.models import MonthRetirement
from privacy.access.policy import Permission, can
from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.audit.models import READER, AuditEvent, RetiredMonth, acting_as
from privacy.audit.unhurried import unhurried
from privacy.custody import month_archive
from privacy.custody.rules import kept_until
from privacy.errors import AccessDenied, Conflict, DomainError

PREFIX: Final = "privacy_auditevent_"
LEAST_MONTHS: Final = 12  # R25: no setting goes below
OTHER_YEARS: Final = 3
Hold = Callable[[datetime, datetime], bool]
_holds: list[tuple[Promise | str, Hold]] = []
_PARTITIONS = """
    SELECT child.relname, child.reltuples::bigint, pg_total_relation_size(child.oid)
    FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
    WHERE inhparent = 'privacy_auditevent'::regclass AND child.relname ~ '_[0-9]{6}$'
    ORDER BY child.relname DESC
"""


def register_hold(label: Promise | str, hold: Hold) -> None:
    """Let an upper floor keep months online: ``hold(begins, ends)`` is asked each time."""
    _holds.append((label, hold))


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One month of the trail as the page shows it. ``rows`` is the planner's estimate."""

    month: str
    rows: int
    size: int
    row: MonthRetirement | None
    online_until: date
    holds: list[str]
    followed: bool  # the month after it is archived

    @property
    def step(self) -> str:
        """What comes next: the first of these words whose condition holds, else ``drop``."""
        row = self.row
        steps = {
            "done": bool(row and row.retired_at),
            "young": timezone.localdate() < self.online_until,
            "held": bool(self.holds),
            "archive": row is None,
            "next": not self.followed,
            "ask": bool(row and not row.asked_by_id),
            "approve": bool(row and not row.approved_by_id),
        }
        return next((word for word, holds in steps.items() if holds), "drop")


def online_until(month: str) -> date:
    """The first day on which a month may leave: R25, or AUDIT_ONLINE_MONTHS where that is more."""
    _begins, ends = month_archive.borders(month)
    months = max(LEAST_MONTHS, settings.AUDIT_ONLINE_MONTHS)
    at = ends.year * 12 + ends.month - 1 + months
    return date(at // 12, at % 12 + 1, 1) + timedelta(days=1)  # the clinic's day is ahead of UTC


def keep_archive_until(month: str) -> date:
    """How long the archive has to be kept: as long as records where it tells of any patient."""
    begins, ends = month_archive.borders(month)
    with acting_as(READER):
        rows = AuditEvent.objects.filter(at__gte=begins, at__lt=ends)
        of_patients = rows.exclude(codes=[]).exists()
    years = ends.replace(year=ends.year + OTHER_YEARS)
    return kept_until(ends).date() if of_patients else years.date()


def month_after(month: str) -> str:
    """The next month, as ``2026-01``."""
    return f"{month_archive.borders(month)[1]:%Y-%m}"


def holds_on(month: str) -> list[str]:
    """Why a month has to stay although it is old enough."""
    begins, ends = month_archive.borders(month)
    return [str(label) for label, hold in _holds if hold(begins, ends)]


def months() -> list[MonthLine]:
    """All months that are over: those online, and those that left. Newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS)
        sizes = {_month_of(name): (rows, size) for name, rows, size in cursor.fetchall()}
    rows = {row.month: row for row in MonthRetirement.objects.select_related(
        "asked_by", "approved_by")}  # fmt: skip
    now = f"{timezone.now():%Y-%m}"
    names = sorted({*rows, *(one for one in sizes if one < now)}, reverse=True)
    return [
        _line(one, rows.get(one), *sizes.get(one, (0, 0)), followed=month_after(one) in rows)
        for one in names
    ]


def _month_of(partition: str) -> str:
    digits = partition.removeprefix(PREFIX)
    return f"{digits[:4]}-{digits[4:]}"


def _line(
    month: str, row: MonthRetirement | None, rows: int, size: int, *, followed: bool
) -> MonthLine:
    known = row.rows if row else max(rows, 0)
    held = [] if row and row.retired_at else holds_on(month)
    return MonthLine(month, known, size, row, online_until(month), held, followed)


def _must_be_ready(month: str) -> None:
    until = online_until(month)
    if timezone.localdate() < until:
        raise DomainError(
            _("The month has to stay online until %(day)s.") % {"day": until.isoformat()}
        )
    if not MonthRetirement.objects.filter(month=month_after(month)).exists():
        # Its archive begins with the events that lie on the border, while they can be read.
        raise DomainError(_("Archive the month after it first."))
    held = holds_on(month)
    if held:
        raise DomainError(_("The month has to stay: %(why)s") % {"why": ", ".join(held)})


@unhurried()
def archive(*, month: str, folder: Path, process: str) -> tuple[Path, MonthRetirement]:
    """Write and prove the sealed archive of a month, and note it.

    Raises: ArchiveRefused, NothingSealed, ValueError, FileExistsError; Conflict if it was archived.
    """
    if MonthRetirement.objects.filter(month=month).exists():
        raise Conflict(_("This month is archived already."))
    path, made = month_archive.make(month, folder)
    with transaction.atomic():
        row = MonthRetirement.objects.create(
            month=month,
            rows=made.rows,
            archive_size=made.size,
            archive=made.sha256,
            manifest=made.manifest,
            head=made.head,
            keep_until=keep_archive_until(month),
        )
        audit.record(
            TrailEvent.MONTH_ARCHIVED,
            process=process,
            target=f"month:{month}",
            detail={"rows": made.rows, "sha256": made.sha256, "manifest": made.manifest},
        )
    return path, row


@transaction.atomic
def ask(*, actor: User, month: str, reason: str) -> MonthRetirement:
    """Ask that an archived month be dropped.

    Raises: AccessDenied but for a security administrator; Conflict unless it is archived and not
        asked for; DomainError while it is too young or held.
    """
    if not can(actor, Permission.ASK_RETIREMENT):
        raise AccessDenied(_("A security administrator asks for this."))
    row = _locked(month)
    if row.asked_by_id:
        raise Conflict(_("Somebody asked for this month already."))
    _must_be_ready(month)
    row.asked_by, row.asked_at, row.reason = actor, timezone.now(), reason
    row.save()
    audit.record(
        TrailEvent.RETIREMENT_ASKED, actor=actor, target=f"month:{month}", reason=reason,
        detail={"rows": row.rows, "sha256": row.archive},
    )  # fmt: skip
    return row


@transaction.atomic
def approve(*, actor: User, month: str) -> MonthRetirement:
    """Agree as the second person. Raises: AccessDenied but for an auditor, or for who asked;
    Conflict unless it waits for that; DomainError while it is held.
    """
    row = _locked(month)
    if not can(actor, Permission.APPROVE_RETIREMENT) or row.asked_by_id == actor.pk:
        raise AccessDenied(_("An auditor who did not ask approves this."))
    if row.asked_by_id is None or row.approved_by_id:
        raise Conflict(_("This month does not wait for an approval."))
    _must_be_ready(month)
    row.approved_by, row.approved_at = actor, timezone.now()
    row.save()
    audit.record(
        TrailEvent.RETIREMENT_APPROVED, actor=actor, target=f"month:{month}",
        detail={"rows": row.rows, "sha256": row.archive},
    )  # fmt: skip
    return row


def _locked(month: str) -> MonthRetirement:
    row = MonthRetirement.objects.select_for_update().filter(month=month).first()
    if row is None or row.retired_at:
        raise Conflict(_("This month is not archived, or left already."))
    return row


@unhurried()
def retire(*, month: str, file: Path, owner_url: str, actor: Actor) -> MonthRetirement:
    """Prove the archive anew, note the month as retired, then drop its partition as the owner.

    A run that was stopped between the note, the drop and the end is taken up again.
    Raises: Conflict without both approvals; DomainError while it is young or held, if the file is
        another, does not prove, or the partition has other rows than were archived.
    """
    row = MonthRetirement.objects.filter(month=month, retired_at__isnull=True).first()
    if row is None or row.asked_by_id is None or row.approved_by_id is None:
        raise Conflict(_("This month has not both approvals."))
    _must_be_ready(month)
    if month_archive.digest_of(file) != row.archive:
        raise DomainError(_("This file is not the archive that was approved."))
    month_archive.prove(file, manifest=row.manifest)
    freed = 0
    if _is_there(month):
        rows, covered = month_archive.rows_of(
            *month_archive.borders(month), month_archive.span_to_archive(month)
        )
        if (rows, covered) != (row.rows, row.rows):
            raise DomainError(_("The month has other rows than were archived: verify first."))
        _must_be_ready(month)  # the proof takes minutes, and an incident may have been opened
        _note(row)
        freed = _drop(month, owner_url)
    elif not RetiredMonth.objects.filter(month=month).exists():
        raise DomainError(_("The month is not there, and was not dropped this way: verify."))
    with transaction.atomic():
        row.retired_at, row.freed = timezone.now(), freed
        row.save()
        audit.record(
            TrailEvent.MONTH_RETIRED, actor=actor, target=f"month:{month}",
            detail={"rows": row.rows, "bytes": freed, "sha256": row.archive},
        )  # fmt: skip
    return row


@transaction.atomic
def _note(row: MonthRetirement) -> None:
    begins, ends = month_archive.borders(row.month)
    if row.asked_by_id is None or row.approved_by_id is None:
        raise Conflict(_("This month has not both approvals."))
    if RetiredMonth.objects.filter(month=row.month).exists():
        return
    note = RetiredMonth(
        month=row.month, begins=begins, ends=ends, rows=row.rows, manifest=row.manifest,
        archive=row.archive, asked_by=row.asked_by_id, approved_by=row.approved_by_id,
    )  # fmt: skip
    note.mac = note.due_mac()
    note.save(force_insert=True)


def _is_there(month: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [partition_of(month)])
        return bool(cursor.fetchone()[0])


def partition_of(month: str) -> str:
    """What the month's table is called."""
    return f"{PREFIX}{month.replace('-', '')}"


def _drop(month: str, owner_url: str) -> int:
    """Detach and drop the partition; bytes given back."""
    name = partition_of(month)
    with psycopg.connect(owner_url) as owner:
        owner.execute("SET lock_timeout = '5s'")
        found = owner.execute("SELECT pg_total_relation_size(to_regclass(%s))", [name]).fetchone()
        table = sql.Identifier(name)
        owner.execute(sql.SQL("ALTER TABLE privacy_auditevent DETACH PARTITION {}").format(table))
        owner.execute(sql.SQL("DROP TABLE {}").format(table))
    return int(found[0]) if found else 0
