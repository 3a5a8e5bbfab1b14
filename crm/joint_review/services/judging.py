"""Judging what was drawn. Nobody judges their own; a reviewer's doings go to the other side."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.joint_review import rules, selectors
from crm.joint_review.events import ReviewEvent
from crm.joint_review.models import ReviewFinding, ReviewItem, ReviewSheet
from crm.joint_review.own_record import kept_from
from crm.joint_review.rules import Side
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.errors import AccessDenied, Conflict, DomainError

Verdict = ReviewItem.Verdict
OWN: Final = "own_event"  # why the trail says that somebody was refused


def side_of(actor: User) -> Side:
    """The side the actor reviews for. Raises: AccessDenied for all other roles."""
    side = rules.side_of(actor.role)
    if side is None or not can(actor, Permission.JUDGE_REVIEW):
        raise AccessDenied(_("Only the two sides of the review judge and sign."))
    return side


def held(actor: User, sheet_id: UUID) -> ReviewSheet:
    """The sheet, nobody else's until the transaction ends, and not signed by anybody.

    Raises: ReviewSheet.DoesNotExist; Conflict once it is signed.
    """
    sheet = ReviewSheet.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=sheet_id)
    if sheet.signatures.exists():
        raise Conflict(_("This sheet is signed: nothing on it changes any more."))
    return sheet


def judge(*, item_id: UUID, actor: User, verdict: str, text: str = "") -> ReviewItem:
    """Say of one event whether it is in order; a finding opens a ticket with its text.

    Raises: ReviewItem.DoesNotExist; AccessDenied for other roles, one's own doings, those on one's
        own record and those that are for the other side (booked); Conflict once the sheet is
        signed, or to take a finding back; DomainError for a finding without at least 10 characters.
    """
    side, text = side_of(actor), text.strip()
    item = selectors.item_of(actor, item_id)
    _check_not_own(item, actor, side)
    return _judge(item, actor, side, verdict, text)


@transaction.atomic
def _judge(item: ReviewItem, actor: User, side: Side, verdict: str, text: str) -> ReviewItem:
    held(actor, item.sheet_id)
    item.refresh_from_db()
    if item.verdict == Verdict.FINDING:
        raise Conflict(_("A finding stays a finding. Answer and close it."))
    if verdict == Verdict.FINDING and not (rules.SHORTEST_TEXT <= len(text) <= rules.LONGEST_TEXT):
        raise DomainError(_("Say in at least 10 characters what is not in order."))
    item.verdict, item.side = Verdict(verdict), side.value
    item.judged_by, item.judged_at, item.earlier = actor, timezone.now(), None
    item.save(update_fields=["verdict", "side", "judged_by", "judged_at", "earlier", "updated_at"])
    if verdict == Verdict.FINDING:
        ReviewFinding.objects.create(
            item=item, text=text, author=actor, owner=selectors.superior_of(item)
        )
    audit.record(
        ReviewEvent.JUDGED,
        actor=actor,
        target=item.sheet.target,
        reason=text if verdict == Verdict.FINDING else "",
        detail={"item": item.number, "verdict": verdict, "event": str(item.event_id)},
    )
    return item


def _check_not_own(item: ReviewItem, actor: User, side: Side) -> None:
    own_record = kept_from(actor, ReviewItem.objects.filter(pk=item.pk))
    if not own_record and rules.may_judge(actor.pk, side, actor=item.actor, only=item.only_side):
        return
    audit.record_denial(actor=actor, target=item.sheet.target, reason=OWN)
    raise AccessDenied(
        _("Nobody reviews their own doings: what one side did, the other side judges.")
    )


@transaction.atomic
def tick(*, sheet_id: UUID, actor: User, item_ids: Iterable[UUID]) -> int:
    """Judge random events as in order, many at once; returns how many were.

    What has another ground than chance, is judged already or is not for the actor stays as it is.
    Raises: ReviewSheet.DoesNotExist; AccessDenied; Conflict once the sheet is signed.
    """
    side, sheet = side_of(actor), held(actor, sheet_id)
    rows = _open_to(sheet, actor, side).filter(pk__in=list(item_ids), grounds=[rules.RANDOM])
    numbers = sorted(rows.values_list("number", flat=True))
    now = timezone.now()
    rows.update(
        verdict=Verdict.IN_ORDER, side=side.value, judged_by=actor, judged_at=now, updated_at=now
    )
    if numbers:
        audit.record(
            ReviewEvent.TICKED,
            actor=actor,
            target=sheet.target,
            detail={"items": " ".join(map(str, numbers)), "count": len(numbers)},
        )
    return len(numbers)


@transaction.atomic
def take_over(*, sheet_id: UUID, actor: User) -> int:
    """Take over what was found of the same events on sheets that both sides signed; returns how
    many. A week's work is not done again for its month.

    Raises: ReviewSheet.DoesNotExist; AccessDenied; Conflict once the sheet is signed.
    """
    side, sheet = side_of(actor), held(actor, sheet_id)
    before = selectors.signed_before(sheet).filter(event_id=OuterRef("event_id"))
    rows = _open_to(sheet, actor, side).annotate(
        before_id=Subquery(before.values("pk")[:1]), said=Subquery(before.values("verdict")[:1])
    )
    found = list(rows.filter(before_id__isnull=False))
    now = timezone.now()
    for item in found:
        item.verdict, item.earlier_id = item.said, item.before_id
        item.side, item.judged_by, item.judged_at, item.updated_at = side.value, actor, now, now
    columns = ["verdict", "earlier", "side", "judged_by", "judged_at", "updated_at"]
    ReviewItem.objects.bulk_update(found, columns, batch_size=500)
    if found:
        audit.record(
            ReviewEvent.TAKEN_OVER,
            actor=actor,
            target=sheet.target,
            detail={"count": len(found)},
        )
    return len(found)


def _open_to(sheet: ReviewSheet, actor: User, side: Side) -> QuerySet[ReviewItem]:
    rows = ReviewItem.objects.filter(sheet=sheet, verdict="", only_side__in=["", side.value])
    rows = rows.exclude(actor=actor.pk)
    return rows.exclude(event_id__in=kept_from(actor, rows))
