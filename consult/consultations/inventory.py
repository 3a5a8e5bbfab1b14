"""What is held of talks: words sealed, a few answers from fixed lists in clear (S27)."""

from django.utils.translation import gettext_lazy as _

from consult.consultations.models import Addendum, Consultation, Turn
from privacy.inventory import LINK, ORDER, STATE, WHEN, WHO, Basis, c1, c3, c4, of

_CODES = _("Codes from a fixed list, beside a patient code alone: lists and counts need them")
_TALK = _("What was said and advised, for whoever cares next")
_COVERED = _("How many personal numbers were covered before the text was stored")

TABLES = (
    of(
        Consultation,
        Basis.HEALTH,
        c1(LINK, "patient", "import_row"),
        c1(_("By which way the patient came"), "channel", "source"),
        c4(_("What the talk was about and how it ended"), "need_clarity", "worries", "explained",
           "disposition", "next_step", plain=_CODES),
        c4(_TALK, "note", "unsent"),
        c4(_("What the patient searched for, and for which department"), "keyword", "department"),
        c1(STATE, "status"),
        c1(_("What the patient was told at the start"), "notice_version"),
        c1(_("How often staff asked for name or phone, also after a no"), "contact_asks",
           "asks_after_refusal", "asks_before"),
        c1(ORDER, "version", "talk_version"),
        c1(WHO, "consultant", "edited_by", "submitted_by", "imported_by"),
        c1(WHEN, "started_at", "next_contact_at", "edited_at", "submitted_at"),
    ),
    of(
        Turn,
        Basis.HEALTH,
        c1(LINK, "consultation"),
        c1(ORDER, "position"),
        c1(_("Which side spoke"), "speaker"),
        c3(_("Under which name staff spoke, until the side is known"), "label"),
        c4(_TALK, "text"),
        c1(_COVERED, "covered"),
        c1(WHEN, "said_at"),
    ),
    of(
        Addendum,
        Basis.HEALTH,
        c1(LINK, "consultation"),
        c1(WHO, "author"),
        c1(STATE, "kind"),
        c4(_TALK, "text"),
        c1(_COVERED, "covered"),
    ),
)  # fmt: skip
