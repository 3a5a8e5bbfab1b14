"""What is noted of requests to erase and of restrictions: codes, people, days."""

from django.utils.translation import gettext_lazy as _

from crm.custody.models import ErasureRequest, Restriction
from privacy.inventory import LINK, STATE, WHEN, WHO, Basis, c1, of

TABLES = (
    of(
        ErasureRequest,
        Basis.SECURITY,
        c1(LINK, "clinic", "patient"),
        c1(WHO, "asked_by", "confirmed_by", "closed_by"),
        c1(STATE, "state"),
        c1(_("Which data are to be erased, and why"), "zone", "reason", "wish", "why_not"),
        c1(WHEN, "asked_at", "confirmed_at", "closed_at"),
    ),
    of(
        Restriction,
        Basis.SECURITY,
        c1(LINK, "clinic", "patient"),
        c1(WHO, "restricted_by", "lift_asked_by", "lifted_by"),
        c1(STATE, "status_before"),
        c1(_("Why the record is restricted, and why not any more"), "ground", "wish", "lift_why"),
        c1(WHEN, "restricted_at", "lift_asked_at", "lifted_at"),
    ),
)
