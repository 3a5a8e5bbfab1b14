"""What is held about access for a time and break-glass (S55, T19)."""

from django.utils.translation import gettext_lazy as _

from crm.access_requests.models import (
    AccessApproval,
    AccessRequest,
    BreakGlassLift,
    BreakGlassVerdict,
)
from privacy.inventory import LINK, ORDER, STATE, WHEN, WHO, Basis, c1, of

_WHY = _("Why it was asked, refused or judged so; names nobody")

TABLES = (
    of(
        AccessRequest,
        Basis.SECURITY,
        c1(LINK, "batch", "clinic", "patient", "previous"),
        c1(_("Who asked to see whom, by code, and what for"), "staff", "code", "kind", "purpose"),
        c1(_WHY, "reason", "refusal"),
        c1(ORDER, "renewals", "needed"),
        c1(STATE, "state"),
        c1(WHO, "decided_by", "closed_by"),
        c1(WHEN, "asked_at", "wanted_until", "until", "decided_at", "closed_at"),
    ),
    of(
        AccessApproval,
        Basis.SECURITY,
        c1(LINK, "request"),
        c1(WHO, "approver"),
        c1(WHEN, "until"),
    ),
    of(
        BreakGlassVerdict,
        Basis.SECURITY,
        c1(LINK, "request"),
        c1(WHO, "judge"),
        c1(STATE, "justified"),
        c1(_WHY, "words"),
    ),
    of(
        BreakGlassLift,
        Basis.SECURITY,
        c1(WHO, "staff", "lifted_by"),
        c1(STATE, "unjudged"),
        c1(_WHY, "reason"),
    ),
)  # fmt: skip
