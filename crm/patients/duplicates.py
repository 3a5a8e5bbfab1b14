"""How likely two registrations are one person; a warning with reasons, never a block (W3)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from crm.patients.rules import fold_name


class Reason(StrEnum):
    """What two registrations have in common."""

    SAME_ID = "same_id"
    SAME_PHONE = "same_phone"
    SAME_NAME_AND_YEAR = "same_name_and_year"
    SAME_NAME = "same_name"
    SIMILAR_NAME = "similar_name"


# Weights are ours: an identity number decides; a phone is often shared by spouses, so alone it
# warns and no more; a common name alone stays below the line.
WEIGHTS = {
    Reason.SAME_ID: 100,
    Reason.SAME_PHONE: 55,
    Reason.SAME_NAME_AND_YEAR: 50,
    Reason.SAME_NAME: 30,
    Reason.SIMILAR_NAME: 15,
}
WARN_FROM = 50
CERTAIN = 100
_SHORTEST_COMPARABLE = 2


@dataclass(frozen=True, slots=True)
class Person:
    """The facts compared: plain name, canonical phone and ID number, birth year if known."""

    name: str = ""
    phone: str = ""
    id_number: str = ""
    birth_year: int | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """``score`` 0..100 and its reasons, strongest first."""

    score: int
    reasons: tuple[Reason, ...]

    @property
    def warns(self) -> bool:
        return self.score >= WARN_FROM


_SAME: tuple[tuple[Reason, Callable[[Person], str]], ...] = (
    (Reason.SAME_ID, lambda person: person.id_number),
    (Reason.SAME_PHONE, lambda person: person.phone),
)


def likeness(one: Person, other: Person) -> Likeness:
    """How likely ``one`` and ``other`` are the same person; the order does not matter.

    Two different identity numbers are two people whatever else agrees.
    """
    if one.id_number and other.id_number and one.id_number != other.id_number:
        return Likeness(0, ())
    reasons = [reason for reason, fact in _SAME if fact(one) and fact(one) == fact(other)]
    by_name = _name_reason(one, other)
    reasons += [by_name] if by_name else []
    score = min(CERTAIN, sum(WEIGHTS[reason] for reason in reasons))
    return Likeness(score, tuple(sorted(reasons, key=lambda reason: -WEIGHTS[reason])))


def _name_reason(one: Person, other: Person) -> Reason | None:
    left, right = fold_name(one.name), fold_name(other.name)
    if not left or not right:
        return None
    years_known = one.birth_year is not None and other.birth_year is not None
    if left == right:
        if not years_known:
            return Reason.SAME_NAME
        return Reason.SAME_NAME_AND_YEAR if one.birth_year == other.birth_year else None
    if years_known and one.birth_year != other.birth_year:
        return None
    return Reason.SIMILAR_NAME if _one_slip(left, right) else None


def _one_slip(left: str, right: str) -> bool:
    """Whether one character was added, left out, replaced or swapped with its neighbour."""
    if min(len(left), len(right)) < _SHORTEST_COMPARABLE or abs(len(left) - len(right)) > 1:
        return False
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    tails = {
        (left[start + 1 :], right[start + 1 :]),  # replaced
        (left[start + 1 :], right[start:]),  # added on the left
        (left[start:], right[start + 1 :]),  # added on the right
    }
    swapped = left[start : start + 2] == right[start : start + 2][::-1]
    return any(a == b for a, b in tails) or (swapped and left[start + 2 :] == right[start + 2 :])
