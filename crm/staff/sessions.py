"""Ending sessions: the oldest of three, one's own, somebody's all, everybody's after a restore."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from crm.staff import selectors
from crm.staff.events import StaffEvent
from crm.staff.models import ApiToken, StaffSession, User
from crm.staff.rules import MOST_SESSIONS, End
from privacy.audit import services as audit

KEPT = timedelta(days=1)  # so that an old cookie is told why it opens nothing


@transaction.atomic
def make_room(*, user: User, keep: bytes) -> int:
    """End the oldest sessions beyond two; ``keep`` is the hash of the one that was just begun.

    Two sign-ins at once stand in line at the account's row. Out: how many ended.
    """
    User.objects.select_for_update().get(pk=user.pk)
    others = selectors.live_sessions_of(user).exclude(key_hash=keep)
    too_many = [row.pk for row in others[MOST_SESSIONS - 1 :]]
    return _end(StaffSession.objects.filter(pk__in=too_many), End.ONE_TOO_MANY, actor=user)


@transaction.atomic
def end_own(*, user: User, session_id: UUID) -> int:
    """End one of the own sessions; 0 if there is no such live one."""
    return _end(selectors.live_sessions_of(user).filter(pk=session_id), End.OWN_WISH, actor=user)


@transaction.atomic
def end_others(*, user: User, keep: bytes, why: End = End.OWN_WISH) -> int:
    """End all own sessions but the one whose key's hash is ``keep``."""
    return _end(selectors.live_sessions_of(user).exclude(key_hash=keep), why, actor=user)


@transaction.atomic
def end_everything(
    *, user: User, actor: User | None, why: End = End.BY_ADMINISTRATOR, process: str = ""
) -> tuple[int, int]:
    """End all sessions and API tokens of an account; holds from its next request.

    In: ``process`` the command that did it, where there is no actor.
    Out: how many sessions, how many tokens.
    """
    now = timezone.now()
    ended = _close(StaffSession.objects.filter(user=user), why)
    live = ApiToken.objects.filter(user=user, revoked_at__isnull=True, expires_at__gt=now)
    tokens = live.update(revoked_at=now, updated_at=now)
    audit.record(
        StaffEvent.ALL_ENDED,
        actor=actor,
        process=process,
        clinic=None if actor else user.clinic_id,
        target=f"staff:{user.staff_no}",
        detail={"sessions": ended, "tokens": tokens, "why": why.value},
    )
    return ended, tokens


@transaction.atomic
def end_of_everybody(*, tokens: bool) -> tuple[int, int]:
    """End every session, and with ``tokens`` every API token: what a restore brought back."""
    now = timezone.now()
    ended = _close(StaffSession.objects.all(), End.RESTORE)
    revoked = 0
    if tokens:
        live = ApiToken.objects.filter(revoked_at__isnull=True)
        revoked = live.update(revoked_at=now, updated_at=now)
    audit.record(
        StaffEvent.ALL_ENDED,
        process="end_all_sessions",
        target="staff:all",
        detail={"sessions": ended, "tokens": revoked, "why": End.RESTORE.value},
    )
    return ended, revoked


def forget_old(*, now: datetime) -> int:
    """Delete sessions that ended or ran out a day ago; returns how many."""
    over = StaffSession.objects.filter(expires_at__lt=now - KEPT)
    ended = StaffSession.objects.filter(ended_at__lt=now - KEPT)
    return over.delete()[0] + ended.delete()[0]


def _end(sessions: QuerySet[StaffSession], why: End, *, actor: User) -> int:
    ended = _close(sessions, why)
    if ended:
        audit.record(
            StaffEvent.SESSION_ENDED,
            actor=actor,
            target=f"staff:{actor.staff_no}",
            detail={"sessions": ended, "why": why.value},
        )
    return ended


def _close(sessions: QuerySet[StaffSession], why: End) -> int:
    """Mark as ended and empty: a request under way cannot save over it (see the store)."""
    now = timezone.now()
    return sessions.filter(ended_at__isnull=True).update(
        ended_at=now, updated_at=now, end_reason=why.value, data=""
    )
