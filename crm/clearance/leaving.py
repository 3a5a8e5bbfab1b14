"""Who leaves, and who comes back (W14). Each floor hands over what it keeps by a registry."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from crm.clearance import selectors
from crm.clearance.events import ClearanceEvent
from crm.staff import enrolment, sessions
from crm.staff.models import User
from crm.staff.rules import End
from privacy.audit import services as audit
from privacy.errors import AccessDenied, DomainError
from privacy.exports.attempts import attempts_of


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of one kind of open work: counts, no codes, for administrators know none."""

    label: str | Promise
    moved: int  # with the successor now
    unassigned: int  # with nobody: somebody has to take it up


# In: leaver, successor or None, actor. Runs inside the transaction of the leaving.
Handover = Callable[[User, User | None, User], Handed]
_handovers: Final[dict[str, tuple[int, Handover]]] = {}


def register_handover(key: str, handover: Handover, *, order: int) -> None:
    """For upper floors, in ``AppConfig.ready()``; the care team is handed over last (90)."""
    _handovers[key] = (order, handover)


@transaction.atomic
def off_board(*, user: User, reason: str, successor: User | None, actor: User) -> dict[str, Handed]:
    """Close the account of somebody who leaves, and hand over their open work, all or nothing.

    In: ``successor`` None leaves the work with nobody; it is counted as such.
    Out: by kind of work what became of it.
    Raises: AccessDenied for one's own account; DomainError if the account is closed, or the
        successor is not active, cleared and of the same role and clinic.
    """
    if user.pk == actor.pk:
        raise AccessDenied(_("Somebody else has to close your account."))
    leaver = User.objects.select_for_update().get(pk=user.pk)
    if leaver.left_at is not None:
        raise DomainError(_("This account is closed already."))
    if successor and not selectors.fitting_successors(leaver).filter(pk=successor.pk).exists():
        raise DomainError(_("Choose an active, cleared colleague of the same role."))
    runs = sorted(_handovers.items(), key=lambda one: one[1][0])
    handed = {key: run(leaver, successor, actor) for key, (_order, run) in runs}
    _close(leaver, actor)
    audit.record(
        ClearanceEvent.LEFT,
        actor=actor,
        target=f"staff:{leaver.staff_no}",
        reason=reason,
        detail={
            "to": successor.staff_no if successor else "",
            **_counts(handed),
            "export_attempts": len(attempts_of(leaver, now=timezone.now())),
        },
    )
    return handed


def _close(leaver: User, actor: User) -> None:
    """No session, token, password or factor is left; the row stays, the trail names it."""
    sessions.end_everything(user=leaver, actor=actor, why=End.SUSPENDED)
    enrolment.drop_factors(user=leaver)
    leaver.clearance_reminders.all().delete()
    leaver.set_unusable_password()
    leaver.is_active, leaver.left_at, leaver.cleared_until = False, timezone.now(), None
    leaver.save()


def _counts(handed: dict[str, Handed]) -> dict[str, str | int]:
    moved = {f"{key}_moved": one.moved for key, one in handed.items()}
    return {**moved, **{f"{key}_unassigned": one.unassigned for key, one in handed.items()}}


@transaction.atomic
def come_back(*, user: User, password: str, actor: User) -> None:
    """Open the account of somebody who left or was suspended again, without a second factor.

    The enrolment code comes from a security administrator, so that nobody alone comes back as
    somebody else (ADR 0016). Nothing signed, learnt or recorded before counts: clearance starts
    anew (W14).
    Raises: AccessDenied for one's own account; DomainError if the account is open.
    """
    if user.pk == actor.pk:
        raise AccessDenied(_("Somebody else has to open your account."))
    person = User.objects.select_for_update().get(pk=user.pk)
    if person.is_active:
        raise DomainError(_("This account is open already."))
    now = timezone.now()
    person.set_password(password)
    person.password_handed_over = True
    person.is_active, person.left_at, person.cleared_until = True, None, None
    person.joined_at = person.password_changed_at = now
    person.save()
    enrolment.drop_factors(user=person)
    audit.record(ClearanceEvent.CAME_BACK, actor=actor, target=f"staff:{person.staff_no}")
