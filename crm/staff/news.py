"""What happened to an account: refused sign-ins and changed ways in, told to its owner.

Source: OWASP ASVS 5.0, 6.3.5 and 6.3.7. No mail and no SMS goes out: staff are told where they are,
in the product, and ask the security administrator.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.functional import Promise

from crm.staff import rules
from crm.staff.events import StaffEvent
from crm.staff.models import User
from privacy.audit import selectors as trail
from privacy.audit.models import AuditEvent

KEPT: Final = timedelta(days=90)
MOST: Final = 20
SLIPS: Final = timedelta(minutes=5)  # who mistypes and comes in at once knows about it
REFUSED: Final = frozenset({StaffEvent.SIGN_IN_FAILED, StaffEvent.SIGN_IN_THROTTLED})
CHANGED: Final = frozenset(
    {
        StaffEvent.ALL_ENDED,
        StaffEvent.FACTOR_ENROLLED,
        StaffEvent.FACTOR_RESET,
        StaffEvent.PASSKEY_ADDED,
        StaffEvent.PASSKEY_COPIED,
        StaffEvent.PASSKEY_REVOKED,
        StaffEvent.PASSWORD_CHANGED,
        StaffEvent.PASSWORD_RESET,
        StaffEvent.RECOVERY_MADE,
        StaffEvent.RECOVERY_USED,
        StaffEvent.TOKEN_ISSUED,
    }
)


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened to an account; ``by_other`` if a colleague or a command did it."""

    at: datetime
    label: Promise | str
    ip: str | None
    device: tuple[str, str]
    refused: bool
    by_other: bool


@dataclass(frozen=True, slots=True)
class SinceLastTime:
    """How much happened since the sign-in before this one, at ``last``."""

    last: datetime
    refused: int
    changed: int


def news_of(user: User) -> list[News]:
    """The newest of the last 90 days, newest first, at most 20."""
    return [_told(event, user) for event in _events(user, since=timezone.now() - KEPT)]


def since_last_time(user: User, *, ip: str | None) -> SinceLastTime | None:
    """What to say at a sign-in; None if nothing happened, or nobody signed in before.

    In: ``ip`` where the sign-in comes from; its own slips of the last minutes are not counted.
    """
    now = timezone.now()
    newest = trail.moments_of(user.pk, StaffEvent.SIGNED_IN, since=now - KEPT, most=2)
    earlier = newest[1:]  # the first is the sign-in of this moment
    if not earlier:
        return None
    events = _events(user, since=earlier[0])
    slips = [one for one in events if _is_slip(one, ip, now)]
    refused = sum(one.action in REFUSED for one in events) - len(slips)
    changed = sum(one.action in CHANGED for one in events)
    return SinceLastTime(earlier[0], refused, changed) if refused or changed else None


def _is_slip(event: AuditEvent, ip: str | None, now: datetime) -> bool:
    return event.action in REFUSED and event.ip == ip and event.at > now - SLIPS


def _events(user: User, *, since: datetime) -> list[AuditEvent]:
    actions = [one.value for one in REFUSED | CHANGED]
    target = f"staff:{user.staff_no}"
    return trail.about_account(user.pk, target, actions=actions, since=since, most=MOST)


def _told(event: AuditEvent, user: User) -> News:
    return News(
        at=event.at,
        label=StaffEvent(event.action).label,
        ip=event.ip,
        device=rules.device_of(event.agent),
        refused=event.action in REFUSED,
        by_other=event.actor != user.pk,
    )
