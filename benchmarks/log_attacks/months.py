"""A sealed month to export: three checkpoints before it, five in it, two after."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import time_machine
from django.db import connection, transaction

from crm.staff.models import User
from privacy.audit import services as audit
from privacy.audit.context import Origin, acting_from
from privacy.audit.events import AccessEvent, AuditTrailEvent
from privacy.audit.sealing import seal_once

ZONE = ZoneInfo("Asia/Shanghai")
MONTH, BEFORE = "2026-09", "2026-08"
HEADS = (  # days and hours at which four events are sealed each
    "2026-08-10 09:00", "2026-08-20 09:00", "2026-08-31 23:58",
    "2026-09-01 00:10", "2026-09-08 09:00", "2026-09-15 09:00", "2026-09-22 09:00",
    "2026-09-30 23:59", "2026-10-01 00:02", "2026-10-05 09:00",
)  # fmt: skip
EACH = 4
FIRST, LAST = 13, 36  # numbers of the month; its closing checkpoint was sealed in October
END = 41  # the first number that is not written yet


def moment(text: str) -> datetime:
    """A moment of clinic time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def fill(actor: User) -> None:
    """Write and seal the months. Texts have what could be spelled in two ways."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_ensure_partitions('2026-07-01', 7)")
    for head, start in enumerate(map(moment, HEADS)):
        for number in range(EACH):
            with time_machine.travel(start + timedelta(seconds=number), tick=False):
                write_one(actor, head, number)
        with time_machine.travel(start + timedelta(seconds=EACH), tick=False):
            seal_once()


def write_one(actor: User, head: int, number: int) -> None:
    """One event, unlike any other."""
    origin = Origin(ip=f"10.1.4.{head + 1}", agent=f"Firefox/1{number}", session=bytes(8))
    event = AccessEvent.DENIED if number % 2 else AuditTrailEvent.VIEWED
    with acting_from(origin), transaction.atomic():
        audit.record(
            event,
            actor=actor,
            fields=["patientcontact.phone", "patientcontact.name"],
            purpose="review",
            reason=f"Zoë 电话联系 {head} {number}",
            target=f"visit:{head}-{number}",
            outcome="denied" if number % 2 else "ok",
            detail={"n": number, "text": "第一次", "page": head},
        )
