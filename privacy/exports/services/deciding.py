"""Asking for an export, agreeing, refusing, taking it back."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from privacy.access.caps import CAP_REACHED
from privacy.access.policy import Permission, can
from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.errors import AccessDenied, Conflict, DomainError
from privacy.exports import files, gates, rules, selectors
from privacy.exports.events import ExportEvent
from privacy.exports.models import Export, ExportApproval
from privacy.exports.rules import Objection
from privacy.minimisation.reasons import refuse_numbers

State = Export.State
WORDS: Final[dict[Objection, Promise]] = {
    Objection.OWN: gettext_lazy("Nobody agrees to what they asked for."),
    Objection.RECIPIENT: gettext_lazy("Who gets the file does not agree to it."),
    Objection.SAME_SIDE: gettext_lazy("Somebody of the asker's own role does not agree to it."),
    Objection.NO_SIDE: gettext_lazy("Your role has no say in this export."),
    Objection.GIVEN: gettext_lazy("Your side has agreed already. Another one has to agree too."),
    Objection.IN_LINE: gettext_lazy(
        "Nobody agrees beside their own superior, or to what their superior asked for."
    ),
}


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. Days are clinic days, both included; "" and None: not narrowed."""

    dataset: str
    fields: tuple[str, ...]
    identifying: bool
    since: date | None
    until: date | None
    stage: str
    purpose: str
    reason: str
    recipient_kind: str
    recipient: Actor | None
    recipient_name: str
    recipient_why: str


@transaction.atomic
def ask(*, order: Order, rows: int, actor: Actor) -> Export:
    """Ask for a file of ``rows`` rows, counted just now by whoever knows the data set.

    Raises: AccessDenied for a role that exports nothing; NotNow while the clinic owes another
        duty; NoFolder; DomainError for no rows or too many, for reasons too short, and above the
        cap for whom there are not enough departments (booked).
    What passes the cap has an event of its own, and so has the refusal at it: both are alerts.
    Source: security design 6, T2, T13.
    """
    _need(actor, Permission.REQUEST_EXPORT, "export:ask")
    now = timezone.now()
    gates.refuse_while_closed(clinic_id=actor.clinic_id, at=now)
    files.folder()
    _check_rows(rows)
    _check_words(order)
    # Under the person's own row: two windows do not both take the last rows below the cap.
    get_user_model().objects.select_for_update(no_key=True, of=("self",)).get(pk=actor.pk)
    over = rules.is_over_cap(selectors.rows_taken(actor, now=now), rows)
    sides = _sides_for(actor, over_cap=over)
    export = Export.objects.create(
        code=rules.new_export_code(),
        clinic=actor.clinic_id,
        requester_id=actor.pk,
        requester_side=actor.role,
        purpose=order.purpose,
        reason=order.reason.strip(),
        dataset=order.dataset,
        fields=list(order.fields),
        identifying=order.identifying,
        since=order.since,
        until=order.until,
        stage=order.stage,
        recipient_kind=order.recipient_kind,
        recipient_id=order.recipient.pk if order.recipient else None,
        recipient_name=order.recipient_name,
        recipient_why=order.recipient_why.strip(),
        rows=rows,
        sides=sorted(sides),
        needs_owner=over,
        asked_at=now,
        decide_until=now + rules.DECIDE_WITHIN,
    )
    event = ExportEvent.ASKED_ABOVE_CAP if over else ExportEvent.ASKED
    book(event, export, actor=actor, reason=export.reason, rows=rows,
         fields=len(order.fields), identifying=int(order.identifying))  # fmt: skip
    return export


@transaction.atomic
def approve(*, export: Export, actor: Actor) -> Export:
    """Agree for one's department; approved when all departments have agreed.

    Raises: AccessDenied with the ground (booked) for whoever the separation of duties stops;
        Conflict if it was decided or has lapsed meanwhile.
    """
    held = _decided_now(export.pk, actor)
    agreed = [selectors.person_of(one.approver) for one in selectors.approvals_of(held)]
    ground = rules.objection(
        selectors.person_of(actor),
        requester=selectors.person_of(held.requester),
        recipient=held.recipient_id,
        recipient_name=held.recipient_name,
        sides=frozenset(held.sides),
        agreed=agreed,
    )
    if ground is not None:
        audit.record_denial(actor=actor, target=held.target, reason=ground.value)
        raise AccessDenied(str(WORDS[ground]))
    ExportApproval.objects.create(export=held, approver_id=actor.pk, side=actor.role)
    event = ExportEvent.AGREED
    if not selectors.sides_missing(held):
        held.state, held.approved_at, event = State.APPROVED, timezone.now(), ExportEvent.APPROVED
        held.save(update_fields=["state", "approved_at", "updated_at"])
    book(event, held, actor=actor, rows=held.rows, given=len(agreed) + 1, needed=len(held.sides))
    return held


@transaction.atomic
def refuse(*, export: Export, actor: Actor, reason: str) -> Export:
    """Refuse, with a reason that is kept and shown to who asked. One "no" is enough.

    Raises: AccessDenied for the asker and for a department without a say; Conflict as
        ``approve``; DomainError without at least 10 characters.
    """
    reason = reason.strip()
    if not rules.SHORTEST_REASON <= len(reason) <= rules.LONGEST_TEXT:
        raise DomainError(_("Say in at least 10 characters why not."))
    held = _decided_now(export.pk, actor)
    if actor.pk == held.requester_id or actor.role not in held.sides:
        audit.record_denial(actor=actor, target=held.target, reason=Objection.NO_SIDE.value)
        raise AccessDenied(str(WORDS[Objection.NO_SIDE]))
    held.state, held.refusal, held.refused_by_id = State.REFUSED, reason, actor.pk
    held.closed_at = timezone.now()
    held.save()
    book(ExportEvent.REFUSED, held, actor=actor, reason=reason)
    return held


@transaction.atomic
def withdraw(*, export: Export, actor: Actor) -> Export:
    """Take one's own back before it was downloaded; file and key are destroyed.

    Raises: AccessDenied for anybody else; Conflict if there is nothing left to take back.
    """
    held = locked(export.pk)
    if held.requester_id != actor.pk:
        audit.record_denial(actor=actor, target=held.target)
        raise AccessDenied(_("Only who asked can withdraw it."))
    if held.state not in {State.ASKED, State.APPROVED, State.BUILDING, State.READY}:
        raise Conflict(_("This export is over already."))
    had_file = held.state in {State.BUILDING, State.READY}
    close(held, State.WITHDRAWN)
    book(ExportEvent.WITHDRAWN, held, actor=actor, file=int(had_file))
    return held


# --- shared with building and handing over ----------------------------------------------------


def locked(export_id: UUID) -> Export:
    """The export as it is now, for this transaction alone."""
    rows = Export.objects.select_for_update(of=("self",))
    return rows.select_related("requester", "recipient").get(pk=export_id)


def close(held: Export, state: str, *, failure: str = "") -> None:
    """End it: no key from now on, and with the commit no file."""
    held.state, held.failure = state, failure
    held.password, held.lease_until, held.closed_at = None, None, timezone.now()
    held.save()
    export_id = held.pk
    transaction.on_commit(lambda: files.remove(export_id))


def book(
    event: ExportEvent,
    export: Export,
    *,
    actor: Actor | None = None,
    reason: str = "",
    outcome: str = "ok",
    **detail: str | int,
) -> None:
    """One event of an export, by its actor or, without one, by the job that looks after them."""
    audit.record(
        event,
        actor=actor,
        process="" if actor else "exports",
        clinic=None if actor else export.clinic,
        purpose=export.purpose,
        reason=reason,
        target=export.target,
        outcome=outcome,
        detail=detail,
    )


def _need(actor: Actor, permission: Permission, target: str) -> None:
    if not can(actor, permission):
        audit.record_denial(actor=actor, target=target, reason=permission.value)
        raise AccessDenied(_("Your role has no part in exports."))


def _decided_now(export_id: UUID, actor: Actor) -> Export:
    held = locked(export_id)
    _need(actor, Permission.APPROVE_EXPORT, held.target)
    if actor.clinic_id != held.clinic:
        audit.record_denial(actor=actor, target=held.target)
        raise AccessDenied(_("Your role has no part in exports."))
    if held.state != State.ASKED:
        raise Conflict(_("This export has been decided meanwhile. Look at its state."))
    if held.decide_until <= timezone.now():
        raise Conflict(_("Nobody decided in time, so this export has lapsed."))
    return held


def _sides_for(actor: Actor, *, over_cap: bool) -> frozenset[str]:
    sides = rules.sides_for(actor.role, over_cap=over_cap)
    if sides is None:
        audit.record_denial(actor=actor, target="export:ask", reason=CAP_REACHED)
        raise DomainError(
            _("Above %(cap)d rows in 30 days a third side has to agree; your role has none.")
            % {"cap": rules.CAP_ROWS}
        )
    return sides


def _check_rows(rows: int) -> None:
    if rows < 1:
        raise DomainError(_("Nothing matches. There is nothing to export."))
    if rows > rules.MOST_ROWS:
        raise DomainError(
            _("One export holds %(most)d rows at most. Narrow the days or the stage.")
            % {"most": rules.MOST_ROWS}
        )


def _check_words(order: Order) -> None:
    if min(len(order.reason.strip()), len(order.recipient_why.strip())) < rules.SHORTEST_REASON:
        raise DomainError(_("Say in at least 10 characters what it is for, and why they get it."))
    refuse_numbers(order.recipient_why)
