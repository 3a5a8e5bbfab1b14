"""What is asked when: the written standard of collection, and what a no means (S12-S15, R8, C1).

Data and pure rules; the page renders it, the forms and services obey it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

EDITION: Final = 1
COOL_OFF: Final = timedelta(days=90)  # after a no (R8; the number is ours)
MOST_NOES: Final = 2


class Fact(StrEnum):
    """Everything that a clinic might want to know of somebody."""

    NAME = "name"
    PHONE = "phone"
    COMPLAINT = "complaint"
    SEX = "sex"
    BIRTH_YEAR = "birth_year"
    MARITAL_STATUS = "marital_status"
    ID_NUMBER = "id_number"
    ID_DOCUMENT = "id_document"
    MARRIAGE_CERTIFICATE = "marriage_certificate"
    OCCUPATION = "occupation"
    MOTIVE = "motive"


class Stance(StrEnum):
    """How a fact stands at a stage."""

    ASKED = "asked"
    OFFERED = "offered"  # the patient may tell; a no is an answer
    PURPOSE = "purpose"  # only with a purpose that is kept beside it
    BLOCKED = "blocked"  # not yet: a later stage needs it
    NEVER = "never"


# Stages of a patient's life with the clinic, in order; the law checks papers before treatment.
TALKING: Final = ("new", "in_conversation", "estimate_given")
TREATED: Final = ("in_treatment", "follow_up")
OVER: Final = ("closed",)


@dataclass(frozen=True, slots=True)
class _Line:
    talking: Stance
    treated: Stance
    over: Stance = Stance.BLOCKED


STANDARD: Final[Mapping[Fact, _Line]] = {
    Fact.NAME: _Line(Stance.ASKED, Stance.ASKED),
    Fact.PHONE: _Line(Stance.ASKED, Stance.ASKED),
    Fact.COMPLAINT: _Line(Stance.ASKED, Stance.ASKED),
    Fact.SEX: _Line(Stance.OFFERED, Stance.OFFERED),
    Fact.BIRTH_YEAR: _Line(Stance.OFFERED, Stance.OFFERED),
    Fact.MARITAL_STATUS: _Line(Stance.OFFERED, Stance.OFFERED),
    Fact.ID_NUMBER: _Line(Stance.PURPOSE, Stance.PURPOSE, Stance.PURPOSE),
    Fact.ID_DOCUMENT: _Line(Stance.BLOCKED, Stance.PURPOSE),
    Fact.MARRIAGE_CERTIFICATE: _Line(Stance.BLOCKED, Stance.PURPOSE),
    Fact.OCCUPATION: _Line(Stance.NEVER, Stance.NEVER, Stance.NEVER),
    Fact.MOTIVE: _Line(Stance.NEVER, Stance.NEVER, Stance.NEVER),
}
# Facts that are taken down one by one, after registration.
LATER: Final = (
    Fact.SEX,
    Fact.BIRTH_YEAR,
    Fact.MARITAL_STATUS,
    Fact.ID_NUMBER,
    Fact.ID_DOCUMENT,
    Fact.MARRIAGE_CERTIFICATE,
)
CONTACT: Final = (Fact.NAME, Fact.PHONE)  # what a talk asks for (S17); a no there rests as well
LEGAL_CHECK: Final = "legal_check"  # the purpose that only treatment gives (C1)


def stance(fact: Fact, stage: str) -> Stance:
    """How ``fact`` stands for a patient at ``stage``."""
    line = STANDARD[fact]
    if stage in TREATED:
        return line.treated
    return line.over if stage in OVER else line.talking


def purposes_at(fact: Fact, stage: str, purposes: Sequence[str]) -> list[str]:
    """Those of the purposes that hold at the stage: what the law checks before treatment is no
    purpose of a first visit (C1), and papers are looked at for nothing else."""
    if stance(fact, stage) is not Stance.PURPOSE:
        return []
    if fact is not Fact.ID_NUMBER:
        return [one for one in purposes if one == LEGAL_CHECK]
    return [one for one in purposes if one and (one != LEGAL_CHECK or stage in TREATED)]


@dataclass(frozen=True, slots=True)
class Leave:
    """Whether a fact may be asked for today; ``again_from`` once the last no has cooled off."""

    may: bool
    again_from: date | None = None
    never: bool = False


def noes_apart(days: Iterable[date]) -> list[date]:
    """Those of the noes (clinic days, any order) that count, in order: one given while an earlier
    one rests is the same no, which neither prolongs the rest nor is the second."""
    counted: list[date] = []
    for day in sorted(days):
        if not counted or day >= counted[-1] + COOL_OFF:
            counted.append(day)
    return counted


def leave_to_ask(noes: Sequence[date], *, today: date) -> Leave:
    """Whether to ask after these refusals (clinic days, any order): 90 days of rest after the
    first, then once more, and after the second not again unless the patient comes back to it."""
    if len(noes) >= MOST_NOES:
        return Leave(may=False, never=True)
    if not noes:
        return Leave(may=True)
    again = max(noes) + COOL_OFF
    return Leave(may=today >= again, again_from=again)
