"""What becomes of a finding: somebody's to see to, answered, closed, or an incident of its own."""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.incidents import services as incidents
from crm.incidents.models import Incident
from crm.joint_review import rules, selectors
from crm.joint_review.events import ReviewEvent
from crm.joint_review.models import ReviewFinding
from crm.joint_review.services.judging import OWN, side_of
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.errors import AccessDenied, Conflict, DomainError

State = ReviewFinding.State
LONGEST_TITLE = 80


@transaction.atomic
def answer(*, finding_id: UUID, actor: User, text: str) -> ReviewFinding:
    """Note what is said to a finding: by whom it is about, in their own word; by whoever sees to
    it, or a side, what the department says. Each of both once, and until it is closed.

    Raises: ReviewFinding.DoesNotExist; AccessDenied for all others; Conflict if this is said, or
        the finding is closed; DomainError under 10 characters.
    """
    finding, text = _held(actor, finding_id), _checked(text)
    about = finding.item.actor == actor.pk
    if not about and finding.owner_id != actor.pk:
        side_of(actor)
    if finding.state == State.CLOSED:
        raise Conflict(_("This finding is closed."))
    if (finding.stated_at if about else finding.answered_at) is not None:
        raise Conflict(_("This finding has its answer."))
    if about:
        finding.statement, finding.stated_by, finding.stated_at = text, actor, timezone.now()
    else:
        finding.answer, finding.answered_by, finding.answered_at = text, actor, timezone.now()
    finding.state = State.ANSWERED
    finding.save()
    audit.record(
        ReviewEvent.ANSWERED,
        actor=actor,
        target=finding.target,
        reason=text,
        detail={"own": int(about)},
    )
    return finding


def answer_own(*, finding_id: UUID, actor: User, text: str) -> ReviewFinding:
    """The same for whom it is about and who sees to it; for all others there is no such finding.

    Raises: ReviewFinding.DoesNotExist; what ``answer`` raises.
    """
    selectors.finding_shown_to(actor, finding_id)
    return answer(finding_id=finding_id, actor=actor, text=text)


@transaction.atomic
def assign(*, finding_id: UUID, actor: User, owner: User | None, due_on: date) -> ReviewFinding:
    """Say who sees to a finding, and until which day of clinic time.

    In: ``owner`` None for the side that found it.
    Raises: ReviewFinding.DoesNotExist; AccessDenied for who does not review, and for one's own;
        Conflict once it is closed; DomainError for a day that is over, and for whom it is about or
        somebody who is not at work here or knows no codes.
    """
    side_of(actor)
    finding = _held(actor, finding_id)
    if finding.item.actor == actor.pk:
        raise AccessDenied(_("Who sees to a finding is not for whom it is about to say."))
    if finding.state == State.CLOSED:
        raise Conflict(_("This finding is closed."))
    if owner and not selectors.owners_for(finding).filter(pk=owner.pk).exists():
        raise DomainError(_("A colleague sees to a finding, never whom it is about."))
    if rules.is_late(due_on, timezone.localdate()):
        raise DomainError(_("Choose today or a day to come."))
    _give(finding, owner, due_on, actor)
    return finding


@transaction.atomic
def give_back(*, leaver: User, actor: User) -> int:
    """Leave what somebody who leaves was to see to with the side that found it (W14).

    A finding is never inherited: whose superior somebody is, and whom it is about, is of the
    person. Its day stays. Out: how many.
    """
    resting = selectors.findings_resting_on(leaver).select_for_update(of=("self",))
    findings = list(resting.order_by("pk"))
    for finding in findings:
        _give(finding, None, finding.due_on, actor)
    return len(findings)


def _give(finding: ReviewFinding, owner: User | None, due_on: date, actor: User) -> None:
    finding.owner, finding.due_on = owner, due_on
    finding.save(update_fields=["owner", "due_on", "updated_at"])
    audit.record(
        ReviewEvent.ASSIGNED,
        actor=actor,
        target=finding.target,
        detail={"to": owner.staff_no if owner else "", "due": due_on.isoformat()},
    )


def close(*, finding_id: UUID, actor: User, text: str) -> ReviewFinding:
    """Close it with what came of it. Nobody closes what was found about them.

    Raises: ReviewFinding.DoesNotExist; AccessDenied (booked for one's own); Conflict unless it is
        answered and open; DomainError under 10 characters.
    """
    item = selectors.finding_of(actor, finding_id).item
    if not rules.may_judge(actor.pk, side_of(actor), actor=item.actor, only=item.only_side):
        audit.record_denial(actor=actor, target=f"finding:{finding_id}", reason=OWN)
        raise AccessDenied(
            _("Nobody reviews their own doings: what one side did, the other side judges.")
        )
    return _close(finding_id, actor, _checked(text))


@transaction.atomic
def _close(finding_id: UUID, actor: User, text: str) -> ReviewFinding:
    finding = _held(actor, finding_id)
    if finding.state != State.ANSWERED:
        raise Conflict(_("A finding is closed once, after its answer."))
    finding.state, finding.outcome = State.CLOSED, text
    finding.closed_by, finding.closed_at = actor, timezone.now()
    finding.save()
    audit.record(ReviewEvent.CLOSED, actor=actor, target=finding.target, reason=text)
    return finding


@transaction.atomic
def make_incident(*, finding_id: UUID, actor: User) -> Incident:
    """Declare an incident of a finding: its clocks run from when it was noted (R23).

    Raises: ReviewFinding.DoesNotExist; AccessDenied; Conflict if there is one already.
    """
    side_of(actor)
    finding = _held(actor, finding_id)
    if finding.incident_id:
        raise Conflict(_("There is an incident of this finding already."))
    item = finding.item
    words = _("Joint review %(sheet)s, number %(number)s") % {
        "sheet": item.sheet.label, "number": item.number,
    }  # fmt: skip
    whose = User.objects.filter(clinic_id=actor.clinic_id)
    suspect = whose.filter(pk=item.actor).first() if item.actor else None
    made = incidents.declare(
        title=words[:LONGEST_TITLE],
        known_at=finding.created_at,
        since=item.event_at,
        until=None,
        suspect=suspect,
        actor=actor,
    )
    finding.incident = made
    finding.save(update_fields=["incident", "updated_at"])
    audit.record(
        ReviewEvent.INCIDENT,
        actor=actor,
        target=finding.target,
        detail={"incident": str(made.pk)},
    )
    return made


def _held(actor: User, finding_id: UUID) -> ReviewFinding:
    rows = ReviewFinding.objects.select_for_update(of=("self",)).select_related("item__sheet")
    found = rows.get(pk=finding_id, item__sheet__clinic_id=actor.clinic_id)
    selectors.check_shown(actor, found)
    return found


def _checked(text: str) -> str:
    text = text.strip()
    if not rules.SHORTEST_TEXT <= len(text) <= rules.LONGEST_TEXT:
        raise DomainError(_("Write at least %(n)d characters.") % {"n": rules.SHORTEST_TEXT})
    return text
