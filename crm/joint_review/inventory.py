"""What sheets of the joint review hold: ids of events, verdicts, texts without personal data."""

from django.utils.translation import gettext_lazy as _

from crm.joint_review.models import (
    ReviewFinding,
    ReviewItem,
    ReviewSheet,
    ReviewSignature,
    ReviewView,
)
from privacy.inventory import LINK, ORDER, PROOF, STATE, WHEN, WHO, Basis, c1, of

_DRAWN = _("Which events are looked at, and on what grounds")
_TEXT = _("What was found, said and done about it, by code")

TABLES = (
    of(
        ReviewSheet,
        Basis.SECURITY,
        c1(LINK, "clinic"),
        c1(_DRAWN, "kind", "begins_on", "since", "until", "reason", "events", "counts"),
        c1(WHO, "drawn_by"),
        c1(PROOF, "seed", "first_checkpoint", "checkpoint", "root", "chain"),
    ),
    of(
        ReviewItem,
        Basis.SECURITY,
        c1(LINK, "sheet", "event_id", "earlier"),
        c1(ORDER, "number", "seq"),
        c1(_DRAWN, "event_at", "action", "actor", "role", "only_side", "grounds", "facts"),
        c1(PROOF, "event_digest"),
        c1(STATE, "verdict"),
        c1(WHO, "side", "judged_by"),
        c1(WHEN, "judged_at"),
    ),
    of(
        ReviewSignature,
        Basis.SECURITY,
        c1(LINK, "sheet"),
        c1(WHO, "side", "signer"),
        c1(PROOF, "digest"),
    ),
    of(
        ReviewFinding,
        Basis.SECURITY,
        c1(LINK, "item", "incident"),
        c1(_TEXT, "text", "answer", "statement", "outcome"),
        c1(STATE, "state"),
        c1(WHO, "author", "owner", "answered_by", "stated_by", "closed_by"),
        c1(WHEN, "due_on", "answered_at", "stated_at", "closed_at"),
    ),
    of(
        ReviewView,
        Basis.NONE,
        c1(WHO, "staff"),
        c1(_("Filters that somebody uses often"), "name", "ground", "role", "state"),
    ),
)
