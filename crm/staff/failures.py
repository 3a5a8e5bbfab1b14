"""Failed sign-ins in the trail: each is booked, up to a rate beyond which one is told to wait.

Strangers may try, a try at a locked name costs them nothing, and nobody may shorten the trail.
"""

from typing import Final

from django.db import transaction

from crm.staff.events import StaffEvent
from crm.staff.models import User
from crm.web.counting import count_refusal
from privacy.audit import services as audit

PER_SOURCE: Final = 20  # failures a minute that are booked of one address, maybe a whole clinic's
IN_ALL: Final = 200  # ... and of all addresses together


@transaction.atomic
def book(event: StaffEvent, known: User | None, *, ip: str | None) -> int:
    """Book a failure. An unknown name is not written down: people type passwords into its field.

    Out: 0; beyond the rate of the address, with nothing booked, the seconds to wait.
    """
    counted = count_refusal("sign-ins", f"from:{ip}", per_source=PER_SOURCE, in_all=IN_ALL)
    if counted.wait:
        return counted.wait
    audit.record(
        event,
        actor=known,
        process="" if known else "sign-in",
        outcome="denied",
        detail=counted.detail,
    )
    return 0
