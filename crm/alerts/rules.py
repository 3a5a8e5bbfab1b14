"""What of the trail is worth an alert, and about what it is (R23)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from privacy.access.caps import CAP_REACHED

BURST: Final = 10  # refusals of one person
BURST_WINDOW: Final = timedelta(minutes=10)
LAG_SECONDS: Final = 60  # ADR 0005
ROWS_LAG: Final = timedelta(minutes=10)  # their seal comes every minute: ADR 0010

CRYPTO, UNATTRIBUTED, MISMATCH, TRAIL = "crypto", "unattributed", "mismatch", "trail"
SEPARATION, CONSENT = "separation", "consent"
SEALER, DENIALS, LOCKED, TOKEN, PASSKEY = "sealer", "denials", "locked", "token", "passkey"
REVIEW: Final = "review"
CAP: Final = "cap"
VERDICT: Final = "verdict"
HONEY, BREAK_GLASS, DEADLINE = "honey", "break_glass", "deadline"
MISSED: Final = "missed"
# What each night does and says in the trail: action -> process.
NIGHTLY: Final[Mapping[str, str]] = {
    "rows.reconciled": "reconcile_rows",
    "audit.verified": "verify_nightly",
}
MOST_SILENCE: Final = timedelta(hours=26)
# Action of the trail -> kind of alert. Refusals that stand alone are no alert, many of them are; a
# cap that was reached is one by itself: whoever stops there every day never comes to many (T2).
BY_ACTION: Final[Mapping[str, str]] = {
    "crypto.failed": CRYPTO,
    "rows.unattributed": UNATTRIBUTED,
    "rows.mismatch": MISMATCH,
    "rows.reconciled": MISMATCH,
    "consents.differ": CONSENT,
    "audit.verified": TRAIL,
    "audit.head_compared": TRAIL,
    "audit.head_mailed": TRAIL,
    "audit.head_stamped": TRAIL,
    "separation.breach": SEPARATION,
    "staff.sign_in_throttled": LOCKED,
    "staff.token_refused": TOKEN,
    "staff.passkey_copied": PASSKEY,
    "review.overdue": REVIEW,
    "break_glass.used": BREAK_GLASS,
    "export.asked_above_cap": CAP,
}
ONLY_FAILED: Final = frozenset({TRAIL, MISMATCH})


@dataclass(frozen=True, slots=True)
class Facts:
    """The part of an event that decides."""

    action: str
    outcome: str
    target: str
    fields: Sequence[str]
    actor: UUID | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """An alert to raise: what has happened, and to what or whom."""

    kind: str
    target: str


def sign_of(facts: Facts) -> Sign | None:
    """What a single event asks to be looked at; None for most of them."""
    if facts.reason == CAP_REACHED and facts.actor:
        return Sign(CAP, whose(facts.actor))
    kind = BY_ACTION.get(facts.action)
    if kind is None or (kind in ONLY_FAILED and facts.outcome != "failed"):
        return None
    return Sign(kind, _target(kind, facts)[:100])


def _target(kind: str, facts: Facts) -> str:
    if kind in {LOCKED, TOKEN, PASSKEY, BREAK_GLASS, CAP}:
        # Strangers are one target, not one an address: they could bury every other alert.
        return whose(facts.actor) if facts.actor else "unknown"
    if kind == CRYPTO:
        return facts.fields[0] if facts.fields else "unknown"
    if kind == UNATTRIBUTED:
        return facts.target.partition(":")[0]
    return facts.target or kind


def whose(actor: UUID) -> str:
    """The target of an alert about a member of staff."""
    return f"staff:{actor}"
