"""The two clocks of an incident, and the digest of whom it touched (R23)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

# From the moment the clinic knows: the internal report with a first grade, then the report to the
# authority (from grade "larger" upwards; or the decision, with its reason, that none is due).
TRIAGE: Final = timedelta(hours=1)
REPORT: Final = timedelta(hours=4)
SOON: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline, and when it was met if it was; aware moments."""

    due_at: datetime
    stopped_at: datetime | None = None

    def left(self, now: datetime) -> timedelta:
        """Time left when it was stopped, or now; negative when it is over."""
        return self.due_at - (self.stopped_at or now)

    def is_late(self, now: datetime) -> bool:
        """Whether it ran out before it was stopped."""
        return self.left(now) < timedelta(0)

    def tone(self, now: datetime) -> str:
        """The colour word beside the words: ok, warn, bad or ""."""
        if self.is_late(now):
            return "bad"
        if self.stopped_at:
            return "ok"
        return "warn" if self.left(now) <= SOON else ""


def digest_of(codes: Iterable[str]) -> str:
    """SHA-256 over the codes in order, one a line, in hex: what a closed incident is held to."""
    return sha256("\n".join(sorted(codes)).encode()).hexdigest()
