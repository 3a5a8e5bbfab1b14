"""Signs that one person holds offices under two accounts. Nothing proves it; somebody has to ask.

What a table could compare for certain (a passkey, a phone) is unique or sealed. Left are the name,
when the second account is opened, and the browser, when one office follows another at it.
"""

import unicodedata
from collections import defaultdict
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final
from uuid import UUID

from crm.separation.events import SeparationEvent
from crm.staff.models import User
from privacy.access.policy import Role
from privacy.access.separation import Breach
from privacy.audit.models import READER, AuditEvent, acting_as

OFFICES: Final = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
SOON: Final = timedelta(minutes=10)  # from one sign-in to the other, at one browser
SILENT: Final = timedelta(days=90)  # a pair of accounts that was told is not told again so soon


def same_name(since: datetime, until: datetime) -> list[Breach]:
    """Accounts opened in this time whose name another account at work bears, one an office's.

    Told once, by the newer account: namesakes exist.
    """
    at_work: dict[tuple[UUID, str], list[User]] = defaultdict(list)
    for one in User.objects.filter(is_active=True).order_by("created_at", "pk"):
        at_work[one.clinic_id, _folded(one.display_name)].append(one)
    return [
        Breach("person", newer.pk, f"staff:{older.staff_no}")
        for people in at_work.values()
        for place, newer in enumerate(people)
        if since <= newer.created_at < until
        for older in people[:place]
        if older.role != newer.role and OFFICES & {older.role, newer.role}
    ]


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def same_browser(since: datetime, until: datetime) -> list[Breach]:
    """Two accounts of two offices that signed in at one address and browser within ten minutes.

    The server's own address tells nothing: there a proxy does not say who asks.
    """
    officers = {one.pk: one for one in User.objects.filter(role__in=OFFICES)}
    with acting_as(READER):
        rows = AuditEvent.objects.filter(
            action="staff.signed_in", at__gte=since - SOON, at__lt=until, actor__in=officers
        ).order_by("at", "id")
        acts = list(rows.values_list("at", "actor", "ip", "agent"))
    last: dict[tuple[str, str], tuple[datetime, User]] = {}
    found = []
    for at, actor, address, agent in acts:
        if actor is None or not address or ip_address(address).is_loopback:
            continue
        now, before = officers[actor], last.get((address, agent))
        last[address, agent] = (at, now)
        if before and at >= since and at - before[0] <= SOON and _two_offices(now, before[1]):
            found.append(Breach("person", now.pk, f"staff:{before[1].staff_no}"))
    told = _told(until - SILENT) if found else set()
    return [one for one in found if (str(one.person), one.target) not in told]


def _two_offices(one: User, other: User) -> bool:
    return one.clinic_id == other.clinic_id and one.role != other.role


def _told(since: datetime) -> set[tuple[str, str]]:
    with acting_as(READER):
        rows = AuditEvent.objects.filter(action=SeparationEvent.BREACH.value, at__gte=since)
        details = list(rows.filter(detail__pair="person").values_list("detail", flat=True))
    return {(str(one.get("person")), str(one.get("what"))) for one in details}
