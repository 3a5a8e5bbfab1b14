"""Counting rows, asking for an export, looking at exports, tracing a leaked row."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access_requests.selectors import patients_of_clinic
from crm.exports import rules, selectors
from crm.exports.datasets import DATASETS
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.errors import AccessDenied
from privacy.exports import rules as export_rules
from privacy.exports import selectors as exports
from privacy.exports.events import ExportEvent
from privacy.exports.models import Export
from privacy.exports.services import deciding
from privacy.exports.services.deciding import Order


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows an order holds now, and what of the cap is used already."""

    rows: int
    taken: int
    over_cap: bool
    sides: list[str]  # who would have to agree; empty if there are not enough


def count(*, order: Order, actor: User) -> Counted:
    """The number of rows, without contents; booked all the same.

    Raises: AccessDenied for fields that the role does not see (booked).
    """
    _refuse_what_the_role_does_not_see(order, actor)
    with transaction.atomic():
        rows = _rows(order, actor)
        taken = exports.rows_taken(actor, now=timezone.now())
        over = export_rules.is_over_cap(taken, rows)
        sides = export_rules.sides_for(actor.role, over_cap=over)
        detail = {"rows": rows, "fields": len(order.fields), "identifying": int(order.identifying)}
        audit.record(ExportEvent.COUNTED, actor=actor, purpose=order.purpose, detail=detail)
    return Counted(rows, taken, over, sorted(sides or ()))


def ask(*, order: Order, actor: User) -> Export:
    """Ask for what is counted now. Raises: as ``count`` and ``deciding.ask``."""
    _refuse_what_the_role_does_not_see(order, actor)
    with transaction.atomic():
        return deciding.ask(order=order, rows=_rows(order, actor), actor=actor)


def _refuse_what_the_role_does_not_see(order: Order, actor: User) -> None:
    """Outside any transaction of its own: the refusal stays booked."""
    open_now = {one.code for one in DATASETS[order.dataset].open_to(actor)}
    if can(actor, Permission.REQUEST_EXPORT) and open_now >= set(order.fields):
        return
    needed = Permission.REQUEST_EXPORT.value
    audit.record_denial(actor=actor, target="export:ask", reason=needed)
    raise AccessDenied(_("Your role does not export these fields."))


def _rows(order: Order, actor: User) -> int:
    rows = selectors.rows_for(
        actor,
        dataset=order.dataset,
        purpose=order.purpose,
        stage=order.stage,
        since=order.since,
        until=order.until,
    )
    return rows[: export_rules.MOST_ROWS + 1].count()


@dataclass(frozen=True, slots=True)
class Traced:
    """Where a text from a leaked file points to: exports, each with why."""

    marked: list[Export]  # an invented row, or the export's own code: proof
    held: list[Export]  # exports that had this patient in them: a list to look through


@transaction.atomic
def trace(*, text: str, actor: User) -> Traced:
    """Which exports a code, number or name out of a file points to. The text is not kept."""
    spelt = rules.spellings(text)
    marked = {one.export.pk: one.export for one in exports.found_by_mark(actor, *spelt)}
    code = export_rules.parse_export_code(text)
    named = exports.found_by_code(actor, code) if code else None
    if named:
        marked[named.pk] = named
    patient = next(iter(patients_of_clinic(actor, spelt).values()), None)
    codes = selectors.exports_that_held(actor, patient) if patient and not marked else []
    held = list(exports.shown_to(actor).filter(code__in=codes))
    audit.record(
        ExportEvent.TRACED,
        actor=actor,
        subjects=[patient] if patient else [],
        detail={"marked": len(marked), "held": len(held)},
    )
    return Traced(list(marked.values()), held)
