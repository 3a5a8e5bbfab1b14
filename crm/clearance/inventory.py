"""What is held about staff's clearance: signatures, trainings, licences (S1-S3, S10)."""

from django.utils.translation import gettext_lazy as _

from crm.clearance.models import ClinicLicence, Document, Licence, Reminder, Signature, Sitting
from privacy.inventory import LINK, ORDER, PROOF, STATE, WHEN, WHO, Basis, c0, c1, c2, of

TABLES = (
    of(
        Document,
        Basis.NONE,
        c0(_("What staff sign or read, in both languages"),
           "slug", "kind", "title_zh", "title_en", "body_zh", "body_en"),
        c1(ORDER, "number"),
        c1(PROOF, "sha256"),
        c1(WHEN, "applies_from"),
        c1(WHO, "published_by"),
    ),
    of(
        Signature,
        Basis.STAFF,
        c1(LINK, "document"),
        c1(_("Who signed, and in which language it was read"), "staff", "language"),
        c1(PROOF, "sha256"),
    ),
    of(
        Sitting,
        Basis.STAFF,
        c1(_("Whose training it is, what was asked and answered"),
           "staff", "course", "edition", "drawn", "answers", "points"),
        c1(WHEN, "finished_at", "valid_until"),
    ),
    of(
        Licence,
        Basis.STAFF,
        c1(_("Whose licence it is"), "staff", "kind"),
        c2(_("To look the licence up in the public register"), "number"),
        c1(WHO, "checked_by"),
        c1(WHEN, "expires_on", "withdrawn_at"),
    ),
    of(
        ClinicLicence,
        Basis.NONE,
        c0(_("What the clinic itself may do, as its licence says"),
           "clinic", "kind", "number", "issuer", "valid_from", "valid_until"),
        c1(WHO, "recorded_by"),
        c1(WHEN, "withdrawn_at"),
    ),
    of(
        Reminder,
        Basis.STAFF,
        c1(_("Whom to remind of what lapses"), "staff", "item"),
        c1(STATE, "days"),
        c1(WHEN, "lapses_on"),
    ),
)  # fmt: skip
