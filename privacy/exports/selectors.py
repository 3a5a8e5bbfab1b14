"""Finding exports: one's own, those that wait for one's word, those with work to do."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from privacy.access.policy import Permission, can
from privacy.actors import Actor
from privacy.exports import rules
from privacy.exports.models import Export, ExportApproval, ExportMark, mark_digest
from privacy.exports.rules import Person

State = Export.State


def person_of(user: Actor) -> Person:
    """Somebody with all who stand above them, however many."""
    above: set[UUID] = set()
    one = getattr(user, "superior", None)
    while one is not None and one.pk not in above:
        above.add(one.pk)
        one = one.superior
    return Person(user.pk, user.role, getattr(user, "display_name", ""), frozenset(above))


def _rows() -> QuerySet[Export]:
    return Export.objects.select_related("requester", "recipient", "refused_by")


def shown_to(staff: Actor) -> QuerySet[Export]:
    """One's own; and for whoever agrees to exports, all of the clinic."""
    mine = Q(requester_id=staff.pk)
    if can(staff, Permission.APPROVE_EXPORT):
        mine |= Q(clinic=staff.clinic_id)
    return _rows().filter(mine)


def own(staff: Actor) -> QuerySet[Export]:
    """What this person asked for, newest first."""
    return _rows().filter(requester_id=staff.pk)


def waiting_for(staff: Actor) -> QuerySet[Export]:
    """What waits for the word of this person's department, the oldest first.

    Who is in line with somebody is told so on the page; a list cannot know.
    """
    if not can(staff, Permission.APPROVE_EXPORT):
        return Export.objects.none()
    given = ExportApproval.objects.filter(export_id=OuterRef("pk"), side=staff.role)
    mine = Q(requester_id=staff.pk) | Q(recipient_id=staff.pk, recipient__isnull=False)
    asked = Export.objects.waiting().filter(clinic=staff.clinic_id, sides__contains=[staff.role])
    open_ones = asked.exclude(mine).exclude(Exists(given))
    return open_ones.select_related("requester", "recipient").order_by("asked_at", "pk")


def rows_taken(requester: Actor, *, now: datetime) -> int:
    """Rows of one person's exports within the last 30 days: built, or still under way (T2)."""
    since = now - rules.CAP_SPAN
    under_way = Q(state=State.ASKED, decide_until__gt=now) | Q(
        state__in=[State.APPROVED, State.BUILDING]
    )
    found = Export.objects.filter(Q(built_at__gt=since) | under_way, requester_id=requester.pk)
    total = found.aggregate(total=Sum("rows"))["total"]
    return int(total or 0)


def approvals_of(export: Export) -> list[ExportApproval]:
    """Who has agreed, in order."""
    return list(export.approvals.select_related("approver").order_by("created_at"))


def sides_missing(export: Export) -> list[str]:
    """The departments that have not agreed yet."""
    given = {one.side for one in export.approvals.all()}
    return [side for side in sorted(export.sides) if side not in given]


def with_work(now: datetime) -> QuerySet[Export]:
    """Approved and not taken up, or taken up by a builder that has died; the oldest first.

    What is too late is none of them, whether or not the clock has dropped it yet.
    """
    free = Q(state=State.APPROVED) | Q(state=State.BUILDING, lease_until__lt=now)
    in_time = Q(approved_at__gt=now - rules.BUILD_WITHIN)
    return Export.objects.filter(free & in_time).order_by("approved_at", "pk")


def run_out(now: datetime) -> QuerySet[Export]:
    """Built ones whose day is over, and approved ones that nobody built in time."""
    return Export.objects.filter(
        Q(state__in=[State.READY, State.DOWNLOADED], available_until__lte=now)
        | Q(
            state__in=[State.APPROVED, State.BUILDING],
            approved_at__lte=now - rules.BUILD_WITHIN,
        )
    )


def with_files() -> Iterator[UUID]:
    """Exports that may have a file just now."""
    states = [State.BUILDING, State.READY]
    return Export.objects.filter(state__in=states).values_list("pk", flat=True).iterator()


def found_by_mark(staff: Actor, *texts: str) -> list[ExportMark]:
    """Invented rows of the clinic's exports that bear one of the texts, as they are written."""
    digests = [mark_digest(text) for text in texts if text]
    marks = ExportMark.objects.filter(
        export__clinic=staff.clinic_id, digests__overlap=digests
    ).select_related("export__requester")
    return list(marks)


def found_by_code(staff: Actor, code: str) -> Export | None:
    """The clinic's export of that code."""
    return _rows().filter(clinic=staff.clinic_id, code=code).first()


def decidable(export: Export) -> bool:
    """Whether its time for approvals has not run out."""
    return export.state == State.ASKED and export.decide_until > timezone.now()
