"""What is held about exports: who asked, who agreed, what became of the file (S59, T13)."""

from django.utils.translation import gettext_lazy as _

from privacy.exports.models import Export, ExportApproval, ExportMark
from privacy.inventory import LINK, ORDER, PROOF, STATE, WHEN, WHO, Basis, c1, c2, c3, of

_WHAT = _("What leaves: kinds of data and days, no values")

TABLES = (
    of(
        Export,
        Basis.SECURITY,
        c1(LINK, "clinic"),
        c1(ORDER, "code", "rows", "builds", "written", "built_rows", "size"),
        c1(WHO, "requester", "requester_side", "refused_by", "sides", "needs_owner"),
        c1(_("What it is asked for, and why it was refused; names nobody"),
           "purpose", "reason", "refusal"),
        c1(_WHAT, "dataset", "fields", "identifying", "since", "until", "stage"),
        c2(_("Who gets the file, and why they may have it"),
           "recipient_kind", "recipient", "recipient_name", "recipient_why"),
        c1(STATE, "state", "failure"),
        c1(WHEN, "asked_at", "decide_until", "approved_at", "lease_until", "built_at",
           "available_until", "downloaded_at", "password_shown_at", "closed_at"),
        c1(PROOF, "sha256"),
        c3(_("Opens the file, until it was shown once or its day is over"), "password"),
    ),
    of(
        ExportApproval,
        Basis.SECURITY,
        c1(LINK, "export"),
        c1(WHO, "approver", "side"),
    ),
    of(
        ExportMark,
        Basis.SECURITY,
        c1(LINK, "export"),
        c3(_("An invented person's row, by which a leaked file is known; nobody real"), "row"),
        c1(_("To find an invented row without holding it"), "digests"),
    ),
)  # fmt: skip
