"""Opening the pages of the review: each look is an event. And what somebody likes to see."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.joint_review import selectors
from crm.joint_review.events import ReviewEvent
from crm.joint_review.models import ReviewFinding, ReviewItem, ReviewSheet, ReviewView
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.errors import Conflict, DomainError

MOST_VIEWS = 12


@transaction.atomic
def book_list(*, viewer: User) -> None:
    """Book the look at the list of sheets."""
    audit.record(ReviewEvent.LISTED, actor=viewer)


@transaction.atomic
def open_sheet(*, viewer: User, sheet_id: UUID, wanted: dict[str, str]) -> ReviewSheet:
    """A sheet with its numbers. Raises: ReviewSheet.DoesNotExist."""
    sheet = selectors.sheet_of(viewer, sheet_id)
    asked = {name: value for name, value in wanted.items() if value}
    audit.record(ReviewEvent.VIEWED, actor=viewer, target=sheet.target, detail=asked)
    return sheet


@transaction.atomic
def open_item(*, viewer: User, item_id: UUID) -> ReviewItem:
    """One event under review. Raises: ReviewItem.DoesNotExist."""
    item = selectors.item_of(viewer, item_id)
    audit.record(
        ReviewEvent.ITEM_VIEWED,
        actor=viewer,
        target=item.sheet.target,
        detail={"item": item.number, "event": str(item.event_id)},
    )
    return item


@transaction.atomic
def open_finding(*, viewer: User, finding_id: UUID) -> ReviewFinding:
    """A finding with its event. Raises: ReviewFinding.DoesNotExist."""
    finding = selectors.finding_of(viewer, finding_id)
    audit.record(ReviewEvent.ITEM_VIEWED, actor=viewer, target=finding.target)
    return finding


@transaction.atomic
def list_own(*, viewer: User) -> list[ReviewFinding]:
    """The findings about what the viewer did, and those they see to."""
    found = selectors.findings_shown_to(viewer)
    audit.record(ReviewEvent.OWN_LISTED, actor=viewer)
    return found


@transaction.atomic
def open_own(*, viewer: User, finding_id: UUID) -> ReviewFinding:
    """One of them. Raises: ReviewFinding.DoesNotExist also for everybody else's."""
    finding = selectors.finding_shown_to(viewer, finding_id)
    audit.record(ReviewEvent.OWN_VIEWED, actor=viewer, target=finding.target)
    return finding


@transaction.atomic
def keep_view(*, staff: User, name: str, ground: str, role: str, state: str) -> ReviewView:
    """Keep filters under a name of one's own. Raises: Conflict if the name is taken; DomainError
    above twelve of them."""
    if ReviewView.objects.filter(staff=staff).count() >= MOST_VIEWS:
        raise DomainError(_("Twelve views are enough. Drop one first."))
    try:
        with transaction.atomic():
            return ReviewView.objects.create(
                staff=staff, name=name, ground=ground, role=role, state=state
            )
    except IntegrityError as error:
        raise Conflict(_("You have a view of this name.")) from error


@transaction.atomic
def drop_view(*, staff: User, view_id: UUID) -> None:
    """Forget a view. Raises: ReviewView.DoesNotExist also for somebody else's."""
    ReviewView.objects.get(pk=view_id, staff=staff).delete()
