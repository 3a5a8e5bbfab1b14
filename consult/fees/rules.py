"""Money of an estimate: lines, categories, ranges, totals and what changed (S66, S67).

CNY as Decimal with two places, rounded half up as on a till receipt. Nothing here is a float.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum

from consult.fees.capitals import in_capitals

__all__ = ["in_capitals"]

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
# A course of treatment is some 100,000; ten million is a slip of the keyboard.
MOST_PER_LINE = Decimal("9999999.99")
MOST_QUANTITY = Decimal(9999)
LONGEST_ITEM, LONGEST_UNIT, LONGEST_NOTE = 80, 12, 200
MOST_LINES = 200
_NUMBER = re.compile(r"E-?([0-9]{4})-?([0-9]{4,8})")


def parse_number(text: str) -> str | None:
    """The whole estimate number that ``text`` means ("E-2026-0318"), or None.

    Forgives case, full-width forms, spaces and dashes; never a missing digit.
    """
    folded = unicodedata.normalize("NFKC", text).upper()
    folded = "".join("-" if unicodedata.category(sign) == "Pd" else sign for sign in folded)
    found = _NUMBER.fullmatch("".join(folded.split()))
    return f"E-{found[1]}-{found[2]}" if found else None


class Category(StrEnum):
    """The four parts a full-course estimate must show (S67), in the order of print."""

    BASIC = "basic"
    MEDICINE = "medicine"
    SURGERY = "surgery"
    COMPLICATION = "complication"


class Problem(StrEnum):
    """Why a line is not taken."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    NOT_A_NUMBER = "not_a_number"
    NEGATIVE = "negative"
    NOT_POSITIVE = "not_positive"
    TOO_LARGE = "too_large"
    TOO_PRECISE = "too_precise"
    RANGE_REVERSED = "range_reversed"
    TOO_MANY_LINES = "too_many_lines"
    OF_A_PERSON = "of_a_person"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of one field; ``limit`` is what was passed, as text for the message."""

    field: str
    problem: Problem
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``key`` stays the same over versions; a range has ``high`` above ``low``.

    ``low`` and ``high`` are unit prices in CNY; without a range they are equal. ``coverage`` is
    none, partial or full; ``insurance`` is the note that explains it.
    """

    key: str
    category: Category
    item: str
    unit: str
    quantity: Decimal
    low: Decimal
    high: Decimal
    optional: bool = False
    insurance: str = ""
    coverage: str = "none"
    by_occurrence: bool = False  # charged only if it happens: to lose this mark is a change

    @property
    def amount(self) -> "Amount":
        return Amount(_cents(self.quantity * self.low), _cents(self.quantity * self.high))


@dataclass(frozen=True, slots=True)
class Amount:
    """From ``low`` to ``high`` CNY; equal where the sum is certain."""

    low: Decimal = ZERO
    high: Decimal = ZERO

    @property
    def certain(self) -> bool:
        return self.low == self.high

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Amount") -> "Amount":
        """The change of each end; for a difference ``low`` may exceed ``high``."""
        return Amount(self.low - other.low, self.high - other.high)


@dataclass(frozen=True, slots=True)
class Totals:
    """All four categories (zero where empty), the sum, and the part marked not necessary."""

    by_category: Mapping[Category, Amount]
    overall: Amount
    optional: Amount


@dataclass(frozen=True, slots=True)
class Changed:
    """A line that is in both versions and differs; ``fields`` are the names that differ."""

    before: Line
    after: Line
    fields: tuple[str, ...]

    @property
    def delta(self) -> Amount:
        return self.after.amount - self.before.amount


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new version adds, takes away and changes, and by how much per category."""

    added: tuple[Line, ...]
    removed: tuple[Line, ...]
    changed: tuple[Changed, ...]
    by_category: Mapping[Category, Amount] = field(default_factory=dict)
    overall: Amount = field(default_factory=Amount)

    @property
    def empty(self) -> bool:
        return not (self.added or self.removed or self.changed)


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def read_money(text: str) -> Decimal | Problem:
    """A price as typed ("1,280.5", "￥１２８０") as CNY with two places, or the problem."""
    return _read(text, most=MOST_PER_LINE, positive=False)


def read_quantity(text: str) -> Decimal | Problem:
    """A quantity above 0 up to 9,999 with at most two decimals, or the problem."""
    return _read(text, most=MOST_QUANTITY, positive=True)


_MONEY_SIGNS = {ord(sign): None for sign in ",，￥¥元 \u3000\u00a0"}
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_LONGEST_NUMBER = 40


def _read(text: str, *, most: Decimal, positive: bool) -> Decimal | Problem:
    plain = text.strip().translate(_MONEY_SIGNS).translate(_PLAIN)
    if not plain:
        return Problem.MISSING
    if len(plain) > _LONGEST_NUMBER or not set(plain) <= set("0123456789.-+"):
        return Problem.NOT_A_NUMBER
    try:
        value = Decimal(plain)
    except InvalidOperation:
        return Problem.NOT_A_NUMBER
    return number_problem(value, most=most, positive=positive) or _cents(value) + ZERO  # no -0


def number_problem(value: Decimal, *, most: Decimal, positive: bool) -> Problem | None:
    """Whether a finite or other Decimal may be a price (0..most) or quantity (above 0)."""
    if not value.is_finite():
        return Problem.NOT_A_NUMBER
    if value < 0:
        return Problem.NEGATIVE
    if positive and value == 0:
        return Problem.NOT_POSITIVE
    if value > most:
        return Problem.TOO_LARGE
    return None if value == _cents(value) else Problem.TOO_PRECISE


_MOST = {"quantity": MOST_QUANTITY, "low": MOST_PER_LINE, "high": MOST_PER_LINE}


def line_findings(line: Line) -> list[Finding]:
    """Everything wrong with one line; the product may not pass the largest amount either."""
    findings = [
        Finding(name, Problem.MISSING)
        for name in ("item", "unit")
        if not getattr(line, name).strip()
    ]
    limits = {"item": LONGEST_ITEM, "unit": LONGEST_UNIT, "insurance": LONGEST_NOTE}
    findings += [
        Finding(name, Problem.TOO_LONG, str(limit))
        for name, limit in limits.items()
        if len(getattr(line, name)) > limit
    ]
    numbers = [
        Finding(name, problem, str(most))
        for name, most in {
            "quantity": MOST_QUANTITY,
            "low": MOST_PER_LINE,
            "high": MOST_PER_LINE,
        }.items()
        if (problem := number_problem(getattr(line, name), most=most, positive=name == "quantity"))
    ]
    findings += numbers
    if not numbers and line.high < line.low:
        findings.append(Finding("high", Problem.RANGE_REVERSED))
    elif not numbers and line.amount.high > MOST_PER_LINE:
        findings.append(Finding("quantity", Problem.TOO_LARGE, str(MOST_PER_LINE)))
    return findings


def estimate_findings(lines: Iterable[Line]) -> list[Finding]:
    """Whether the lines as a whole are an estimate: some, and not more than a page can carry."""
    count = sum(1 for _ in lines)
    if count == 0:
        return [Finding("lines", Problem.MISSING)]
    if count > MOST_LINES:
        return [Finding("lines", Problem.TOO_MANY_LINES, str(MOST_LINES))]
    return []


def totals(lines: Iterable[Line]) -> Totals:
    """Sums per category and overall; each line is rounded first, so print and sum agree."""
    by_category = dict.fromkeys(Category, Amount())
    optional = Amount()
    for line in lines:
        by_category[line.category] += line.amount
        if line.optional:
            optional += line.amount
    return Totals(by_category, sum(by_category.values(), Amount()), optional)


_COMPARED = (
    "category",
    "item",
    "unit",
    "quantity",
    "low",
    "high",
    "optional",
    "insurance",
    "coverage",
    "by_occurrence",
)


def difference(before: Iterable[Line], after: Iterable[Line]) -> Difference:
    """What changed from one version to the next, line by line by key (S68)."""
    old, new = ({line.key: line for line in lines} for lines in (before, after))
    changed = []
    for key in (key for key in new if key in old):
        names = tuple(n for n in _COMPARED if getattr(old[key], n) != getattr(new[key], n))
        if names:
            changed.append(Changed(old[key], new[key], names))
    was, now = totals(old.values()), totals(new.values())
    return Difference(
        added=tuple(line for key, line in new.items() if key not in old),
        removed=tuple(line for key, line in old.items() if key not in new),
        changed=tuple(changed),
        by_category={c: now.by_category[c] - was.by_category[c] for c in Category},
        overall=now.overall - was.overall,
    )
