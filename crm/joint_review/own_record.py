"""Events on the record of whoever reviews, as a patient here: others judge them (T1, ADR 0030)."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Max, Min, QuerySet

from crm.joint_review import rules
from crm.joint_review.models import ReviewItem
from crm.joint_review.rules import SIDES, Side
from crm.patients.guards import codes_of_oneself
from crm.staff.models import User
from privacy.audit.models import READER, AuditEvent, acting_as


def kept_from(viewer: User, items: QuerySet[ReviewItem]) -> set[UUID]:
    """The events of the items that name the viewer as a patient: neither shown to them nor judged
    by them. What they did themselves is theirs to know, and what nobody else at work could judge
    is left to them: else the sheet could never be signed.
    """
    codes = codes_of_oneself(viewer)
    naming = _naming(codes, items) if codes else {}
    if not naming:
        return set()
    people = User.objects.filter(clinic=viewer.clinic_id, is_active=True, role__in=SIDES)
    others = [(one, codes_of_oneself(one)) for one in people.exclude(pk=viewer.pk)]
    sides = {rules.side_of(one.role) for one in (viewer, *(one for one, _codes in others))}
    kept = set()
    for item in items.filter(event_id__in=naming).exclude(actor=viewer.pk):
        free = [one for one, own in others if own.isdisjoint(naming[item.event_id])]
        # While a side has nobody, nobody can sign, so nothing has to be left to the viewer.
        if sides != set(Side) or not _is_left_to(viewer, item, free):
            kept.add(item.event_id)
    return kept


def _naming(codes: set[str], items: QuerySet[ReviewItem]) -> dict[UUID, list[str]]:
    """The events of the items' time that name any of the codes, with all codes they name."""
    span = items.order_by().aggregate(first=Min("event_at"), last=Max("event_at"))
    if span["first"] is None:
        return {}
    with acting_as(READER):
        rows = AuditEvent.objects.filter(
            codes__overlap=sorted(codes), at__range=(span["first"], span["last"])
        )
        return dict(rows.values_list("id", "codes"))


def _is_left_to(viewer: User, item: ReviewItem, others: Iterable[User]) -> bool:
    """Whether the viewer may judge the event and none of the others may."""

    def may(who: User) -> bool:
        side = rules.side_of(who.role)
        return rules.may_judge(who.pk, side, actor=item.actor, only=item.only_side)

    return may(viewer) and not any(may(one) for one in others)
