"""What alerts hold: codes and counts."""

from django.utils.translation import gettext_lazy as _

from crm.alerts.models import Alert, TrailPlace
from privacy.inventory import LINK, ORDER, STATE, WHEN, WHO, Basis, c1, of

TABLES = (
    of(
        Alert,
        Basis.SECURITY,
        c1(_("What has to be looked at, and whom it is about"), "kind", "target", "staff", "codes",
           "times"),
        c1(LINK, "clinic", "event_id"),
        c1(STATE, "state"),
        c1(WHO, "taken_by", "closed_by"),
        c1(_("What was found and done, by code"), "note"),
        c1(WHEN, "day", "last_at", "taken_at", "closed_at"),
    ),
    of(TrailPlace, Basis.NONE, c1(ORDER, "reader", "xid")),
)  # fmt: skip
