"""What a verification of the trail gives out."""

from dataclasses import dataclass, field
from uuid import UUID

from privacy.audit import rules

MOST_FINDINGS = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold. ``seq``: number of the event, 0 where none was given."""

    code: str
    seq: int
    event_id: UUID | None = None
    checkpoint: int = 0


@dataclass(slots=True)
class Report:
    """What a verification saw. ``clock_jumps`` is for the reader: a wrong clock is no tampering."""

    events: int = 0
    checkpoints: int = 0
    unsealed: int = 0
    anchored: int = 0
    archived: int = 0  # sealed events that lie in archives only
    told: int = 0  # events that the second sink names
    clock_jumps: int = 0
    head: bytes = rules.EMPTY_CHAIN
    findings: list[Finding] = field(default_factory=list)
    found: int = 0

    @property
    def whole(self) -> bool:
        return not self.found

    @property
    def first_bad(self) -> Finding | None:
        """The finding with the lowest event number; unnumbered ones come last."""
        return min(
            self.findings,
            key=lambda one: (one.seq == 0, one.seq, one.event_id is None),
            default=None,
        )

    def add(self, finding: Finding) -> None:
        """Count a finding; the first ones are also kept."""
        self.found += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)
