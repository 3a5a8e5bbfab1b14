"""What is noted of verifications and exports of the trail: numbers and digests."""

from django.utils.translation import gettext_lazy as _

from crm.trail.models import HeadCopy, MonthExport, MonthRetirement, VerificationRun
from privacy.inventory import PROOF, STATE, WHEN, WHO, Basis, c1, of

_COUNTED = _("What was checked or left the house, as numbers")

TABLES = (
    of(
        VerificationRun,
        Basis.SECURITY,
        c1(WHO, "requested_by"),
        c1(STATE, "state", "whole", "findings"),
        c1(_COUNTED, "events", "checkpoints", "unsealed", "anchored"),
        c1(WHEN, "since", "finished_at"),
        c1(PROOF, "head"),
    ),
    of(
        MonthExport,
        Basis.SECURITY,
        c1(WHO, "requested_by"),
        c1(STATE, "state", "complete"),
        c1(_COUNTED, "month", "first_seq", "last_seq", "first_checkpoint", "last_checkpoint",
           "written", "withheld"),
        c1(WHEN, "finished_at"),
        c1(PROOF, "head", "manifest", "verifier"),
    ),
    of(
        HeadCopy,
        Basis.SECURITY,
        c1(STATE, "kind"),
        c1(_COUNTED, "number", "last_seq", "recipients"),
        c1(WHEN, "day", "at"),
        c1(PROOF, "chain", "authority", "token"),
    ),
    of(
        MonthRetirement,
        Basis.SECURITY,
        c1(WHO, "asked_by", "approved_by"),
        c1(_("Why an archived month is dropped"), "reason"),
        c1(_COUNTED, "month", "rows", "archive_size", "freed"),
        c1(WHEN, "asked_at", "approved_at", "retired_at", "keep_until"),
        c1(PROOF, "head", "manifest", "archive"),
    ),
)  # fmt: skip
