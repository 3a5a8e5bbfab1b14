"""Who is cleared, until when, and what is missing (S1-S4, S10). All days are clinic days."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from typing import Final

FOREVER: Final = date.max  # holds until somebody changes something
NDA, PLEDGE = "nda", "pledge"
# The three rounds of S3 (law, recognising sensitive data, boundaries of a talk), consent and fees.
COURSES: Final = ("privacy", "sensitive", "wording", "consent")
EDITION: Final = 2  # of the courses
# The first edition taught law and sensitive data in one: such a certificate counts for both.
COUNTS_ALSO: Final[Mapping[tuple[str, int], str]] = {("privacy", 1): "sensitive"}
# Who may not work without which registration (S10).
LICENCES_BY_ROLE: Final[Mapping[str, tuple[str, ...]]] = {
    "doctor": ("physician",),
    "nurse": ("nurse",),
}
# What the clinic itself holds (S10), and who keeps it; not every clinic has the second.
INSTITUTION, INTERNET = "institution", "internet"
CLINIC_LICENCES: Final = (INSTITUTION, INTERNET)
KEEPS_CLINIC_LICENCES: Final = frozenset({"system_admin"})
REMIND_DAYS: Final = (7, 30)  # before something lapses; the tighter one first
DRAWN: Final = 5  # questions of a test
READ_AGAIN: Final = timedelta(minutes=10)  # after a test that was not passed


@dataclass(frozen=True, slots=True)
class Edition:
    """A version of a document, and the first day on which it holds."""

    number: int
    applies_from: date


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one person has shown; by slug, course and kind of licence. Dates are last good days."""

    signed: Mapping[str, Set[int]] = field(default_factory=dict)
    certificates: Mapping[str, Sequence[date]] = field(default_factory=dict)
    licences: Mapping[str, Sequence[date]] = field(default_factory=dict)
    clinic: Mapping[str, Sequence[date]] = field(default_factory=dict)  # of the clinic itself


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is asked for: ``until`` its last good day, None if it is missing today.

    ``kind`` is document, course, licence or clinic; only what ``gates`` closes the gate.
    """

    kind: str
    key: str
    until: date | None
    gates: bool = True

    @property
    def item(self) -> str:
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that is asked of one person."""

    lines: tuple[Line, ...]

    @property
    def missing(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.until is None)

    @property
    def cleared_until(self) -> date | None:
        """The last day of clearance without another step; None if the gate is closed today."""
        ends = [line.until for line in self.lines if line.gates]
        known = [end for end in ends if end is not None]
        return min(known, default=FOREVER) if len(known) == len(ends) else None


def standing(
    *, role: str, today: date, documents: Mapping[str, Sequence[Edition]], evidence: Evidence
) -> Standing:
    """What is asked of somebody in ``role`` on ``today``, and until when each part holds.

    In: ``documents`` every document's editions, by slug. NDA and pledge gate, even if nobody has
        laid them down: no text, no clearance. Other documents are to be read, and gate nothing.
    """
    slugs = [NDA, PLEDGE, *sorted(set(documents) - {NDA, PLEDGE})]
    lines = [_document(slug, documents.get(slug, ()), evidence, today) for slug in slugs]
    lines += [
        Line("course", course, _last_day(evidence.certificates.get(course, ()), today))
        for course in COURSES
    ]
    lines += [
        Line("licence", kind, _last_day(evidence.licences.get(kind, ()), today))
        for kind in LICENCES_BY_ROLE.get(role, ())
    ]
    lines += _of_the_clinic(role, evidence, today)
    return Standing(tuple(lines))


def _of_the_clinic(role: str, evidence: Evidence, today: date) -> list[Line]:
    """What the keeper of the clinic's licences is reminded of; it gates nobody's own work."""
    if role not in KEEPS_CLINIC_LICENCES:
        return []
    asked = [one for one in CLINIC_LICENCES if one == INSTITUTION or one in evidence.clinic]
    return [
        Line("clinic", kind, _last_day(evidence.clinic.get(kind, ()), today), gates=False)
        for kind in asked
    ]


def lapsed(ends: Mapping[str, Sequence[date]], today: date) -> dict[str, date]:
    """Kinds of the clinic's licences that have lapsed, with their last good day (S10).

    In: last good days by kind; of what was withdrawn, the day before that. What was never recorded
    has not lapsed: nobody knows of it.
    """
    return {kind: max(days) for kind, days in ends.items() if days and max(days) < today}


def _document(slug: str, editions: Sequence[Edition], evidence: Evidence, today: date) -> Line:
    until = signed_until(editions, evidence.signed.get(slug, frozenset()), today)
    return Line("document", slug, until, gates=slug in {NDA, PLEDGE})


def signed_until(editions: Sequence[Edition], signed: Set[int], today: date) -> date | None:
    """Until when the signatures cover the edition in force; None if today's is not covered.

    Whoever signed an edition has signed all older ones. A newer one asks everybody again from
    the day it holds.
    """
    newest = max(signed, default=0)
    asked = min((one.applies_from for one in editions if one.number > newest), default=None)
    if not editions or (asked is not None and asked <= today):
        return None
    return FOREVER if asked is None else asked - timedelta(days=1)


def _last_day(ends: Iterable[date], today: date) -> date | None:
    last = max(ends, default=None)
    return last if last is not None and last >= today else None


def in_force(editions: Iterable[Edition], today: date) -> int:
    """The number of the edition that holds on ``today``; 0 before the first one does."""
    return max((one.number for one in editions if one.applies_from <= today), default=0)


def reminder(until: date | None, today: date) -> int | None:
    """Which reminder is due for something that holds until then: 7, 30 or None (S10)."""
    if until is None or until < today:
        return None
    left = (until - today).days
    return next((days for days in REMIND_DAYS if left <= days), None)


def hash_of(*texts: str) -> str:
    """The digest that a signature names: titles and bodies in both languages."""
    return sha256("\x1e".join(texts).encode()).hexdigest()


def score(given: Mapping[str, int], right: Mapping[str, int]) -> int:
    """How many questions were answered rightly; what is not answered is wrong."""
    return sum(given.get(key) == answer for key, answer in right.items())


def is_passed(points: int, *, of: int, percent: int) -> bool:
    """Whether a score reaches the pass mark; ``percent`` of all questions, rounded up."""
    return points * 100 >= percent * of
