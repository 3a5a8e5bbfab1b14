"""What the ledger of consents holds (R4, R5)."""

from django.utils.translation import gettext_lazy as _

from privacy.consent.models import ConsentEntry, ConsentState, ConsentText
from privacy.inventory import LINK, ORDER, PROOF, WHEN, WHO, Basis, c0, c1, of

_ANSWER = _("What the patient allowed or refused, for which purpose and channel")
_HOW = _("How the answer was given, and to which words")

TABLES = (
    of(
        ConsentEntry,
        Basis.RECORD,
        c1(LINK, "subject"),
        c1(_ANSWER, "purpose", "channel", "answer"),
        c1(WHEN, "paused_until"),
        c1(_HOW, "text", "text_sha256", "manner", "unasked"),
        c1(WHO, "operator"),
    ),
    of(
        ConsentState,
        Basis.RECORD,
        c1(LINK, "subject"),
        c1(_ANSWER, "purpose", "channel", "status"),
        c1(WHEN, "paused_until", "expires_at"),
    ),
    of(
        ConsentText,
        Basis.NONE,
        c0(_("The words patients are shown before they answer"), "purpose", "language", "body"),
        c0(ORDER, "version"),
        c0(PROOF, "sha256"),
    ),
)
