"""What is held about the roots' copies and the nightly comparison: numbers and digests."""

from django.utils.translation import gettext_lazy as _

from privacy.custody.models import Reconciliation, RestoreProof, RootEscrow
from privacy.inventory import PROOF, STATE, WHEN, Basis, c1, of

TABLES = (
    of(
        RootEscrow,
        Basis.NONE,
        c1(_("Which root was printed for its custodians"), "root"),
        c1(PROOF, "check_value", "share_digests"),
    ),
    of(
        RestoreProof,
        Basis.NONE,
        c1(WHEN, "as_of"),
        c1(
            _("What a restored backup was found to hold, as numbers"),
            "subjects", "data_keys", "events", "checkpoint", "anchors",
        ),
    ),
    of(
        Reconciliation,
        Basis.NONE,
        c1(STATE, "table", "phase", "after"),
        c1(
            _("What the nightly comparison of rows found, as numbers"),
            "rows",
            "boxes",
            "unnoted",
            "findings",
            "sealed",
        ),
        c1(WHEN, "finished_at"),
        c1(PROOF, "mac"),
    ),
)  # fmt: skip
