"""What the pages of one's own findings show: the act by code, what was found and said."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise

from crm.joint_review import reading
from crm.joint_review.models import ReviewFinding
from crm.staff.models import User
from privacy.audit.events import Registry

Words = str | Promise


@dataclass(frozen=True, slots=True)
class OwnFinding:
    """A finding as its person sees it: the act by code, what was found and said, nothing else."""

    finding: ReviewFinding
    action: Words
    codes: list[str]  # of the patients the act was about
    who: str  # whose act it was; "" for one's own
    found_by: str  # which side, not who
    may_answer: bool


def own_shown(findings: Iterable[ReviewFinding], viewer: User) -> list[OwnFinding]:
    """Findings of ``selectors.findings_of`` with the words of their acts."""
    wanted = list(findings)
    events, _seals = reading.events_of(one.item for one in wanted)
    codes = {one.pk: list(one.codes) for one in events}
    others = {one.item.actor for one in wanted if one.item.actor} - {viewer.pk}
    names = {one.pk: one.display_name for one in User.objects.filter(pk__in=others)}
    found = []
    for one in wanted:
        own = one.item.actor == viewer.pk
        said = one.stated_at if own else one.answered_at
        found.append(
            OwnFinding(
                finding=one,
                action=Registry.label(one.item.action),
                codes=codes.get(one.item.event_id, []),
                who="" if own or one.item.actor is None else names.get(one.item.actor, ""),
                found_by=one.item.side_name,
                may_answer=said is None and one.state != one.State.CLOSED,
            )
        )
    return found
