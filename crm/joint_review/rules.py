"""What a joint review is: its periods, its sample, its limits, its digest (S60). Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from hashlib import sha256
from statistics import median_high
from typing import Any, Final
from uuid import UUID

from privacy.audit.rules import canonical

SCHEMA: Final = 1
PERCENT: Final = 5  # of the events that no ground names
OVERDUE_DAYS: Final = 35
SETTLED: Final = timedelta(minutes=2)  # the longest a writer may be late with an event, and more
BASE_DAYS: Final = 30
BURST_TIMES: Final = 3  # more than so many times the own median of a day
FEWEST: Final = 10  # acts of a day below which nothing stands out
BASE_NEEDED: Final = 5  # days somebody has worked, before their own median means anything
LONGEST_EXTRA: Final = 92  # days
RANDOM: Final = "random"
SHORTEST_TEXT: Final = 10
LONGEST_TEXT: Final = 500


class Kind(StrEnum):
    """Which stretch of time a sheet is about."""

    WEEK = "week"  # ISO week
    MONTH = "month"
    EXTRA = "extra"  # drawn by somebody on an occasion


class Side(StrEnum):
    """The two departments that review together."""

    IT = "it"
    QC = "qc"


SIDES: Final[Mapping[str, Side]] = {"security_admin": Side.IT, "medical_qc": Side.QC}


def side_of(role: str) -> Side | None:
    """For which side a role judges and signs; None for all other roles."""
    return SIDES.get(role)


def reserved_for(role: str) -> Side | None:
    """Who alone judges an event of this role: of a reviewer's own doings, the other side."""
    own = side_of(role)
    if own is None:
        return None
    return Side.QC if own is Side.IT else Side.IT


def may_judge(judge: UUID, side: Side | None, *, actor: UUID | None, only: str) -> bool:
    """Whether ``judge`` of ``side`` may judge an event of ``actor`` reserved for ``only`` ("" for
    nobody in particular). Nobody judges their own."""
    return side is not None and judge != actor and only in {"", side.value}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A week or a month of clinic time; ``ends`` is the first day after it."""

    begins: date
    ends: date
    kind: Kind

    @property
    def label(self) -> str:
        """``2026-W47``, ``2026-11``."""
        if self.kind is Kind.MONTH:
            return f"{self.begins:%Y-%m}"
        year, week, _day = self.begins.isocalendar()
        return f"{year}-W{week:02d}"

    def moments(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """First moment in, first moment out; aware, in ``zone``."""
        return midnight(self.begins, zone), midnight(self.ends, zone)

    def is_overdue(self, at: datetime, zone: tzinfo) -> bool:
        """Whether the sheet should have been signed by ``at`` (aware): from the midnight that
        begins the 36th day after the period."""
        return at >= midnight(self.ends + timedelta(days=OVERDUE_DAYS), zone)


def midnight(day: date, zone: tzinfo) -> datetime:
    """When a day of clinic time ``zone`` begins."""
    return datetime.combine(day, time.min, zone)


def week_of(day: date) -> Period:
    """The ISO week of a day."""
    begins = day - timedelta(days=day.weekday())
    return Period(begins, begins + timedelta(days=7), Kind.WEEK)


def month_of(day: date) -> Period:
    """The calendar month of a day."""
    begins = day.replace(day=1)
    return Period(begins, (begins + timedelta(days=31)).replace(day=1), Kind.MONTH)


def periods(first: date, today: date) -> list[Period]:
    """All weeks and months that are over on ``today``, from those that hold ``first`` on."""
    found = []
    for of in (week_of, month_of):
        one = of(first)
        while one.ends <= today:
            found.append(one)
            one = of(one.ends)
    return sorted(found)


# --- what is drawn ----------------------------------------------------------------------------


def seed_of(chain: bytes, *, clinic: UUID, kind: str, begins: date) -> bytes:
    """The seed of a sheet's sample: SHA-256 over the trail's head and whose sheet it is.

    In: ``chain`` of the checkpoint that stands on the sheet. Nobody can choose it, and whoever
    acted in the period could not know it; the same head gives the same seed.
    """
    whose = f"suian/joint-review/{clinic.hex}/{kind}/{begins.isoformat()}/"
    return sha256(whose.encode() + chain).digest()


def sample(seed: bytes, ids: Iterable[UUID], *, percent: int = PERCENT) -> list[UUID]:
    """The random rest: ``percent`` of the ids, rounded up, in the order they were drawn in.

    Those with the smallest SHA-256(seed | id). No order of ``ids`` and no generator of a language
    matters, so an auditor draws the same sample with any tool.
    """
    ranked = sorted({(sha256(seed + one.bytes).digest(), one) for one in ids})
    return [one for _rank, one in ranked[: -(-len(ranked) * percent // 100)]]


# Actions that give or change rights, besides those whose kind says what they are.
RIGHTS: Final = frozenset(
    {
        *("staff.created", "staff.suspended", "staff.factor_reset", "staff.token_issued"),
        "staff.password_reset",
        *("staff.all_ended", "clearance.published", "clearance.left", "clearance.came_back"),
        *("clearance.licence_recorded", "clearance.licence_withdrawn"),
        *("clearance.clinic_licence_recorded", "clearance.clinic_licence_withdrawn"),
        *("keys.rotated", "keys.retired", "keys.escrowed", "keys.erased"),
        "patient.team_handed_over",
    }
)
GRANTS: Final = frozenset(
    {"access_request.agreed", "access_request.approved", "break_glass.judged", "break_glass.lifted"}
)
ROWS: Final = frozenset({"rows.unattributed", "rows.mismatch"})


def grounds_of(kind: str, action: str) -> list[str]:
    """The grounds that an event's kind and action tell by themselves: each of them to 100 %."""
    found = []
    if kind == "breakglass":
        found.append("break_glass")
    if kind == "export":
        found.append("export")
    if action in GRANTS:
        found.append("grant")
    if action in ROWS:
        found.append("unattributed")
    if action in RIGHTS:
        found.append("rights")
    return found


def usual(counts: Sequence[int]) -> int | None:
    """Somebody's own median of a day, over the days they worked (counts above 0); None while
    there are too few of them."""
    worked = [one for one in counts if one > 0]
    return median_high(worked) if len(worked) >= BASE_NEEDED else None


def threshold(counts: Sequence[int]) -> int | None:
    """How many acts of one day are still as usual: three times the own median, and never fewer
    than FEWEST. None while nothing is known of the person."""
    base = usual(counts)
    return None if base is None else max(BURST_TIMES * base, FEWEST)


# --- the digest -------------------------------------------------------------------------------


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 in hexadecimal over the canonical form of what a sheet says: integers and strings.

    Raises: TypeError for values without one canonical form.
    """
    return sha256(canonical({"v": SCHEMA, **content})).hexdigest()


def groups(text: str, size: int = 8) -> list[str]:
    """Hexadecimal in groups that can be read out and compared."""
    return [text[at : at + size] for at in range(0, len(text), size)]
