"""Finds what was changed behind the net: rows that are not what was last noted of them (ADR 0021).

A superuser can switch triggers off and put an old ciphertext back; it opens as well as the right
one. The note of the right one stays, and whether the notes are those that were sealed is looked at
first. Batches, each a transaction with its alarms: a run that was
killed is taken up where it stopped, and the clinic works meanwhile.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import connection, models, transaction
from django.utils import timezone

from privacy.audit import services as audit
from privacy.audit.models import READER, RowChange, acting_as
from privacy.audit.retired import Retired
from privacy.audit.row_changes import LATELY, UNWATCHED, RowEvent, broken_seals
from privacy.audit.unhurried import unhurried
from privacy.custody import resealing
from privacy.custody.guarding import altered_functions, guards
from privacy.custody.models import Reconciliation
from privacy.encryption.registry import way_to_owner
from privacy.inventory import own_models
from privacy.pseudonyms.models import Subject

BATCH = 1000  # rows a transaction: some 100 ms
MOST_ALARMS: Final = 200  # events a run; what is beyond is counted at its end
ONE_NIGHT = timedelta(hours=20)  # what was left unfinished for longer begins anew
NOTES: Final = RowChange._meta.db_table  # noqa: SLF001 - Django's public secret
RUNS: Final = Reconciliation._meta.db_table  # noqa: SLF001 - as above
Phase = Reconciliation.Phase


class Verdict(StrEnum):
    """What is wrong with a row, as events tell it."""

    CHANGED = "changed"  # a box is not the one last noted
    GONE = "gone"  # noted, not taken away, and not there
    BACK = "back"  # taken away, and there again
    UNGUARDED = "unguarded"  # triggers of the table, or a function of the net, are not as made
    FORGED = "forged"  # a run's place and counts are not those that the product wrote
    REWRITTEN = "rewritten"  # notes are not those that were sealed; ``key``: the seal's number


@dataclass(frozen=True, slots=True)
class Finding:
    """One row (or ``*``: a whole table) that is not what was noted."""

    table: str
    key: str
    verdict: Verdict
    columns: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        return f"{self.table}:{self.key}"


@dataclass(frozen=True, slots=True)
class Step:
    """What one batch looked at."""

    rows: int
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class _Batch:
    """Raw facts of a batch; ``last``: where the next one goes on, "" at the end of a phase."""

    last: str = ""
    rows: int = 0
    boxes: int = 0
    unnoted: int = 0
    findings: list[Finding] = field(default_factory=list)


def watched() -> dict[str, type[models.Model]]:
    """The tables under the net, by name and in the order of a run."""
    found = {str(one._meta.db_table): one for one in own_models()}  # noqa: SLF001 - Django's public secret
    return {name: found[name] for name in sorted(found) if name not in UNWATCHED}


@unhurried()
def rows_to_compare() -> int:
    """About how many rows a run looks at, from the planner's figures: for a progress bar."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(greatest(reltuples, 0)), 0) FROM pg_class "
            "WHERE relname = ANY(%s) AND relnamespace = 'public'::regnamespace",
            [list(watched())],
        )
        return int(cursor.fetchone()[0])


def open_run() -> Reconciliation:
    """The run that was left unfinished this night, else a new one.

    The table of runs is not under the net: only a row with the product's own MAC is taken up.
    """
    left = Reconciliation.objects.filter(created_at__gt=timezone.now() - ONE_NIGHT)
    for one in left.order_by("-created_at"):
        if one.is_genuine:
            if one.finished_at:
                break
            return one
    with transaction.atomic():
        run = Reconciliation.objects.create()
        run.keep()
    return run


def reconcile(run: Reconciliation, *, process: str) -> Iterator[Step]:
    """Go on with a run to its end, a step a batch; ``run`` is kept up to date.

    Findings are events (``rows.mismatch``, failed) with table, key and fields, and with the
    patient where the row's way there is still known. The end is an event with all counts.
    """
    if not run.table:
        yield _check_notes(run, process)
    while not run.finished_at:
        yield _step(run, process)


@unhurried()
def _check_notes(run: Reconciliation, process: str) -> Step:
    """Whether the notes are those that were sealed: else agreeing with them proves nothing."""
    with acting_as(READER):  # by itself: it may take a minute, and writers would hold up the seals
        broken = broken_seals(Retired.load(), since=timezone.now() - LATELY)
    found = [Finding(NOTES, str(number), Verdict.REWRITTEN) for number, _event in broken]
    with transaction.atomic():
        if not _lock(run):
            return _give_up(run, process)
        if run.table or run.finished_at:  # somebody else has begun meanwhile, and told of them
            return Step(rows=0)
        found += _forged()
        found += [Finding(one, "*", Verdict.UNGUARDED) for one in altered_functions()]
        run.findings += len(found)
        _raise(run, found, process)
        _enter_next_table(run)
        run.keep()
    return Step(rows=0, findings=found)


def _forged() -> list[Finding]:
    """Open runs that the product did not write. Told of once: then the row is taken away."""
    open_runs = Reconciliation.objects.select_for_update().filter(finished_at=None)
    forged = [one for one in open_runs if not one.is_genuine]
    Reconciliation.objects.filter(pk__in=[one.pk for one in forged]).delete()
    return [Finding(RUNS, str(one.pk), Verdict.FORGED) for one in forged]


def _lock(run: Reconciliation) -> bool:
    """Whether the row is as the product left it; who else works at it waits behind this batch."""
    run.refresh_from_db(from_queryset=Reconciliation.objects.select_for_update())
    return run.is_genuine


def _give_up(run: Reconciliation, process: str) -> Step:
    """End a run whose row was changed under its hands: nothing in it can be believed."""
    found = Finding(RUNS, str(run.pk), Verdict.FORGED)
    run.rows = run.boxes = run.unnoted = 0
    run.findings = 1
    _raise(run, [found], process)
    _finish(run, process)
    return Step(rows=0, findings=[found])


@unhurried()
@transaction.atomic
def _step(run: Reconciliation, process: str) -> Step:
    if not _lock(run):
        return _give_up(run, process)
    if run.finished_at:
        return Step(rows=0)
    # After a table that went with an upgrade this night.
    if run.table not in watched() and not _enter_next_table(run):
        _finish(run, process)
        return Step(rows=0)
    batch = _compared(run) if run.phase == Phase.ROWS else _gone(run)
    run.findings += len(batch.findings)
    _raise(run, batch.findings, process)
    _advance(run, batch, process)
    return Step(batch.rows, batch.findings)


def _advance(run: Reconciliation, batch: _Batch, process: str) -> None:
    run.rows, run.boxes = run.rows + batch.rows, run.boxes + batch.boxes
    run.unnoted += batch.unnoted
    run.after = batch.last
    if not batch.last and run.phase == Phase.ROWS:
        run.phase = Phase.NOTES
    elif not batch.last and not _enter_next_table(run):
        _finish(run, process)
    run.keep()


def _enter_next_table(run: Reconciliation) -> bool:
    table = min((one for one in watched() if one > run.table), default="")
    if table:
        run.table, run.phase, run.after = table, Phase.ROWS, ""
    return bool(table)


def _finish(run: Reconciliation, process: str) -> None:
    run.sealed = resealing.count_boxes()  # reads every box table: here, so that no page has to
    run.finished_at = timezone.now()
    run.keep()
    audit.record(
        RowEvent.RECONCILED,
        process=process,
        outcome="failed" if run.findings else "ok",
        detail={
            "rows": run.rows,
            "boxes": run.boxes,
            "without_note": run.unnoted,
            "findings": run.findings,
        },
    )


def _compared(run: Reconciliation) -> _Batch:
    """Present rows, and whether their boxes are those last noted."""
    batch = _Batch() if run.after else _Batch(findings=_unguarded(run.table))
    after = UUID(run.after) if run.after else UUID(int=0)
    found = _ask("SELECT * FROM public.rows_compare(%s, %s, %s)", run.table, after)
    for key, operation, boxes, wrong in found:
        batch.rows += 1
        batch.boxes += boxes
        batch.unnoted += operation is None
        if operation in {"D", "T"}:
            batch.findings.append(Finding(run.table, key, Verdict.BACK))
        elif wrong:
            batch.findings.append(Finding(run.table, key, Verdict.CHANGED, tuple(wrong)))
    batch.last = found[-1][0] if len(found) == BATCH else ""
    return batch


def _gone(run: Reconciliation) -> _Batch:
    """Rows that were noted, and whether they are there."""
    found = _ask("SELECT * FROM public.rows_gone(%s, %s, %s)", run.table, run.after)
    return _Batch(
        last=found[-1][0] if len(found) == BATCH else "",
        findings=[Finding(run.table, key, Verdict.GONE) for key, gone in found if gone],
    )


def _unguarded(table: str) -> list[Finding]:
    return [] if guards(table) else [Finding(table, "*", Verdict.UNGUARDED)]


def _ask(question: str, table: str, after: UUID | str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, [table, after, BATCH])
        return list(cursor.fetchall())


def _raise(run: Reconciliation, findings: list[Finding], process: str) -> None:
    """Tell the trail; ``run.findings`` counts these already."""
    before = run.findings - len(findings)
    for one in findings[: max(0, MOST_ALARMS - before)]:
        audit.record(
            RowEvent.MISMATCH,
            process=process,
            outcome="failed",
            subjects=_subjects(one),
            fields=_fields(one),
            target=one.target,
            detail={"finding": one.verdict.value},
        )


def _fields(finding: Finding) -> list[str]:
    if not finding.columns:
        return []
    name = watched()[finding.table]._meta.model_name  # noqa: SLF001 - Django's public secret
    return [f"{name}.{column}" for column in finding.columns]


def _subjects(finding: Finding) -> list[Subject]:
    """The patient of a row that is there, if it has one."""
    if finding.verdict not in {Verdict.CHANGED, Verdict.BACK}:
        return []
    model = watched()[finding.table]
    way = _way_to_subject(model)
    if not way:
        return []
    rows = model._default_manager.filter(pk=finding.key)  # noqa: SLF001 - as above
    return list(Subject.objects.filter(pk__in=rows.values_list(way, flat=True)))


def _way_to_subject(model: type[models.Model]) -> str:
    if model is Subject:
        return "pk"
    if "subject_id" in {one.attname for one in model._meta.concrete_fields}:  # noqa: SLF001 - as above
        return "subject_id"  # a plain id in the key store
    try:
        return way_to_owner(model, "patient_id")  # a patient's key is its subject's
    except LookupError:
        return ""
