"""What the day's board holds: codes and times (S49, S53)."""

from django.utils.translation import gettext_lazy as _

from crm.scheduling.models import Room, Visit
from privacy.inventory import LINK, STATE, WHEN, Basis, c0, c1, of

TABLES = (
    of(
        Room,
        Basis.NONE,
        c0(_("What stands on the door of a room"), "clinic", "label"),
        c1(WHEN, "retired_at"),
    ),
    of(
        Visit,
        Basis.SERVICE,
        c1(LINK, "patient", "clinic", "visit_code"),
        c1(_("What the visit is about, in neutral words, and where"), "purpose", "room"),
        c1(STATE, "state", "previous"),
        c1(WHEN, "day", "changed_at", "arrived_at"),
    ),
)
