"""What is held of follow-up calls: an outcome from a fixed list."""

from django.utils.translation import gettext_lazy as _

from followup.calls.models import CallResult
from privacy.inventory import LINK, ORDER, WHEN, WHO, Basis, c1, c4, of

TABLES = (
    of(
        CallResult,
        Basis.CONSENT,
        c1(LINK, "step"),
        c1(ORDER, "number"),
        c4(_("What came of the call"), "outcome",
           plain=_("A code from a fixed list, beside a patient code alone")),
        c1(WHEN, "call_again_at"),
        c1(WHO, "operator"),
    ),
)  # fmt: skip
