"""What waits in the side column, what is overdue, and what a leaver saw to; imported once."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.clearance.leaving import Handed, register_handover
from crm.joint_review.selectors import (
    findings_waiting_for,
    late_findings,
    overdue,
    overdue_of,
    unsigned_for,
)
from crm.joint_review.services.tickets import give_back
from crm.staff.models import User
from crm.web.nav import Rows, register_count
from crm.web.notices import Notice, register_notice
from privacy.access.policy import Permission, can
from privacy.actors import Actor
from privacy.exports.gates import no_new_exports_while


def _waiting(actor: Actor) -> int | Rows:
    return unsigned_for(actor) if isinstance(actor, User) else 0


def _own(actor: Actor) -> int | Rows:
    return findings_waiting_for(actor) if isinstance(actor, User) else 0


def _hand_over(leaver: User, _successor: User | None, actor: User) -> Handed:
    return Handed(gettext_lazy("Findings to see to"), 0, give_back(leaver=leaver, actor=actor))


def _late_findings(actor: Actor) -> Notice | None:
    if not isinstance(actor, User) or not can(actor, Permission.JUDGE_REVIEW):
        return None
    late = late_findings(actor)
    if not late:
        return None
    words = ngettext(
        "%(n)d finding of a joint review should have been closed.",
        "%(n)d findings of joint reviews should have been closed.",
        late,
    )
    return Notice(words % {"n": late}, reverse("review:list"), _("To the findings"))


def _overdue(actor: Actor) -> Notice | None:
    if not isinstance(actor, User) or not can(actor, Permission.JUDGE_REVIEW):
        return None
    late = overdue_of(actor.clinic, timezone.now())
    if not late:
        return None
    words = ngettext(
        "%(n)d joint review is overdue: %(label)s. Exports wait until both sides have signed.",
        "%(n)d joint reviews are overdue, the oldest is %(label)s. Exports wait for them.",
        len(late),
    )
    text = words % {"n": len(late), "label": late[0].label}
    return Notice(text, reverse("review:list"), _("To the reviews"))


register_handover("findings", _hand_over, order=30)
register_count("review:list", _waiting)
register_count("review:own", _own, urgent=True)
register_notice("joint_review", _overdue)
register_notice("review_findings", _late_findings)
no_new_exports_while(
    "joint_review",
    overdue,
    gettext_lazy("A joint review is overdue. New exports wait until both sides have signed it."),
)
