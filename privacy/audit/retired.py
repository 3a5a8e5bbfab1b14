"""Months of the trail that lie in an archive: the verifier knows them (ADR 0025)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from privacy.audit.models import AuditSeal, RetiredMonth


@dataclass(slots=True)
class Retired:
    """The retired months that the audit root vouches for; ``forged`` are the others.

    ``missing`` counts, by month, the sealed events that were not found: all of them or none.
    """

    months: list[RetiredMonth] = field(default_factory=list)
    forged: list[str] = field(default_factory=list)
    missing: dict[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls) -> "Retired":
        """Call it acting as the reader."""
        found = cls()
        for row in RetiredMonth.objects.order_by("month"):
            sound = bytes(row.mac) == row.due_mac()
            found.months += [row] if sound else []
            found.forged += [] if sound else [row.month]
        return found

    def of(self, at: datetime) -> RetiredMonth | None:
        """The retired month that this moment lies in."""
        return next((row for row in self.months if row.begins <= at < row.ends), None)

    def excuses(self, at: datetime) -> bool:
        """Whether a sealed event of this moment may be away. Counts it."""
        row = self.of(at)
        if row is not None:
            self.missing[row.month] = self.missing.get(row.month, 0) + 1
        return row is not None

    def knows(self, event_id: UUID) -> bool:
        """Whether the event was sealed and lies in a retired month."""
        seal = AuditSeal.objects.filter(event_id=event_id).first() if self.months else None
        return seal is not None and self.of(seal.event_at) is not None

    def known_among(self, event_ids: Collection[UUID]) -> set[UUID]:
        """Those of the events that ``knows`` says yes to, by one query."""
        if not self.months:
            return set()
        seals = AuditSeal.objects.filter(event_id__in=event_ids)
        found = seals.values_list("event_id", "event_at")
        return {one for one, at in found if self.of(at) is not None}

    def wrong(self) -> list[str]:
        """Months of which another number is away than was archived, and those made up."""
        rows = {row.month: row.rows for row in self.months}
        return [*self.forged, *(one for one, away in self.missing.items() if away != rows[one])]
