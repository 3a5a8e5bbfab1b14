"""Which acts are looked at whole, and why all others are not (S60, ADR 0028). Pure.

Every event of the product stands in one of these tables: a test asks, so that a new one is judged
by whoever adds it.
"""

from collections.abc import Mapping
from typing import Final

# What gives or changes rights, what opens a way into an account, what ends a protection, and what
# destroys keys or parts of the trail for good.
RIGHTS: Final = frozenset(
    {
        *("staff.created", "staff.suspended", "staff.token_issued", "staff.all_ended"),
        "staff.superior_changed",  # who may not approve somebody's exports
        *("staff.password_reset", "staff.factor_reset", "staff.factor_enrolled"),
        *("staff.passkey_added", "staff.recovery_made", "staff.recovery_used"),
        *("clearance.published", "clearance.left", "clearance.came_back"),
        *("clearance.licence_recorded", "clearance.licence_withdrawn"),
        *("clearance.clinic_licence_recorded", "clearance.clinic_licence_withdrawn"),
        *("keys.rotated", "keys.retired", "keys.escrowed", "keys.erased"),
        *("keys.given_up", "keys.ledger_begun", "erasure.confirmed"),
        "restriction.lifted",  # ends a protection
        *("patient.team_handed_over", "patient.guard_lifted", "honey.retired"),
        *("audit.retirement_asked", "audit.retirement_approved", "audit.month_retired"),
    }
)
GRANTS: Final = frozenset(
    {
        *("access_request.agreed", "access_request.approved", "patient.joined_team"),
        *("break_glass.judged", "break_glass.lifted"),
    }
)
ROWS: Final = frozenset({"rows.unattributed", "rows.mismatch", "consents.differ"})

# Kinds that weigh nothing by themselves: the sample draws from them, the signs count them, and
# plain text of minors and guarded patients has grounds of its own. A new event of them needs no
# line; "export" and "breakglass" are looked at whole, whatever they are called.
LIGHT_KINDS: Final[Mapping[str, str]] = {
    "view": "a look; relation, hours and number are watched",
    "reveal": "plain text of whoever is not guarded; relation, hours and number are watched",
    "send": "consent is read at the moment of sending (R7)",
    "denial": "nothing was given; many of one person are an alert",
    "import": "invented people and anonymised talks",
}
# Of the kinds that may weigh (change, access, sign-in, print, system): what does not, and why.
# A name that ends in a dot stands for everything that begins with it.
LIGHT: Final[Mapping[str, tuple[str, ...]]] = {
    "daily work with patients; the sample draws from it": (
        *("call.", "consent.", "consultation.", "estimate.", "message.", "plan.", "visit."),
        *("patient.registered", "patient.contact_changed", "patient.fact_taken"),
        *("patient.stage_changed", "patient.set_aside", "patient.double_settled"),
        *("patient.joined_at_desk", "patient.former_removed"),
        *("patient.label_printed", "patient.ticket_printed", "patient.visit_code_issued"),
    ),
    "what the clinic offers, no right": ("price.", "room."),
    # After a change of the algorithm an old key ends for each patient: one line a day tells it.
    "a ground of its own looks at it": ("keys.old_destroyed",),
    "takes a right back, or asks for one that others decide on": (
        *("patient.left_team", "patient.guard_lift_asked", "staff.token_revoked"),
        *("staff.passkey_revoked", "staff.session_ended"),
        *("access_request.asked", "access_request.ended"),
        *("access_request.refused", "access_request.withdrawn"),
        *("erasure.asked", "erasure.called_off", "restriction.lift_asked"),
    ),
    "protects more than before": (
        *("patient.guarded", "patient.guard_kept", "honey.planted"),
        *("restriction.begun", "restriction.kept"),
    ),
    "signing in and out, and one's own settings; failures and throttling raise alerts": (
        *("staff.signed_in", "staff.signed_out", "staff.factor_confirmed", "staff.factor_shown"),
        *("staff.password_changed", "staff.settings_changed", "staff.session_moved"),
    ),
    "staff prove what they know; the clearance counts each day": (
        *("clearance.signed", "clearance.test_started", "clearance.test_ended"),
        "clearance.looked_after",
    ),
    "raised, handled and closed on pages of its own, never by whom it is about": (
        *("alert.", "incident.opened", "incident.step_added", "incident.closed"),
        *("incident.scoped", "incident.described", "incident.notice_printed"),
        "crypto.failed",
        *("separation.breach", "separation.checked"),
    ),
    "the review itself: two names, a digest, a list in the trail": ("review.",),
    "jobs that read or seal, and give nothing to anybody": (
        *("access_request.age_read", "patient.age_read", "patient.compared"),
        *("patient.hidden_double", "search.compared"),
        *("keys.renewed", "keys.resealed", "keys.rewrapped", "keys.erased_again"),
        *("keys.restore_proved", "keys.index_planned", "patient.reindexed"),
        *("rows.sealed", "rows.reconciled", "consents.compared"),
        *("audit.assured", "audit.head_mailed", "audit.head_stamped", "audit.verified"),
        *("audit.plaintext_hunted", "audit.sheet_printed"),
    ),
}


def is_light(kind: str, action: str) -> bool:
    """Whether the tables say why the sample is enough for an act of this kind."""
    if kind in LIGHT_KINDS:
        return True
    named = [one for of_reason in LIGHT.values() for one in of_reason]
    return any(action.startswith(one) if one.endswith(".") else action == one for one in named)
