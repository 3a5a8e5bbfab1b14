"""Exports of patient data: who has to agree, how much one person may take, how long it lasts.

Source: security design 6 "Export" and "Separation", T2, T13; ADR 0029.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from privacy.pseudonyms.rules import ALPHABET, display_code, make_code, parse_code

SHORTEST_REASON: Final = 10  # characters
LONGEST_TEXT: Final = 500
LONGEST_RECIPIENT: Final = 120
CAP_ROWS: Final = 250  # of one requester within CAP_SPAN; above it the owner agrees too (T2)
CAP_SPAN: Final = timedelta(days=30)
MOST_ROWS: Final = 2000  # of one export
DECIDE_WITHIN: Final = timedelta(days=7)  # what waits for longer has lapsed
BUILD_WITHIN: Final = timedelta(days=2)  # what was approved and is not built by then is dropped
AVAILABLE: Final = timedelta(hours=24)
KEPT_BY_RECIPIENT: Final = timedelta(days=30)  # what the README asks of whoever gets the file
LEASE: Final = timedelta(seconds=60)  # a builder that is silent for so long is dead
MOST_BUILDS: Final = 5  # tries before an export is given up
MARKS: Final = 2  # invented rows of one export
PREFIX: Final = "EX"
SECURITY: Final = "security_admin"  # roles by their code: rules know no table
QUALITY: Final = "medical_qc"
OWNER: Final = "auditor"  # none of the eleven roles owns the clinic: ADR 0029
TWO: Final = frozenset({SECURITY, QUALITY})
PASSWORD_GROUPS: Final = 5
PASSWORD_GROUP: Final = 4  # 5 x 4 signs of 5 bits: 100 bits


class Objection(StrEnum):
    """Why somebody cannot agree to an export. The first that applies is the one that is told."""

    OWN = "own_export"  # who asks
    RECIPIENT = "is_recipient"  # who gets the file
    SAME_SIDE = "same_side"  # the asker's own department
    NO_SIDE = "no_side"  # a department that has no say in this export
    GIVEN = "side_has_agreed"  # the same person, or a colleague of the same department
    IN_LINE = "in_line"  # superior or subordinate of the asker or of another approver


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as far as the separation of duties goes: department, and who stands above them."""

    pk: UUID
    role: str
    name: str
    above: frozenset[UUID]


def is_over_cap(taken: int, wanted: int) -> bool:
    """Whether ``wanted`` rows more are above what one person takes without the owner (T2).

    In: ``taken`` rows of the last 30 days, built or under way.
    """
    return taken + wanted > CAP_ROWS


def sides_for(requester_role: str, *, over_cap: bool) -> frozenset[str] | None:
    """The departments that have to agree, one person of each; None if there are not enough.

    Security administration and quality control; where the requester belongs to one of them the
    auditor stands in its place. Above the cap the auditor agrees as the owner, besides the two:
    a requester of one of these departments then lacks a third one, and takes no more than the cap.
    """
    sides = {OWNER if side == requester_role else side for side in TWO}
    if not over_cap:
        return frozenset(sides)
    return frozenset({*sides, OWNER}) if requester_role not in {*TWO, OWNER} else None


def objection(
    person: Person,
    *,
    requester: Person,
    recipient: UUID | None,
    recipient_name: str,
    sides: frozenset[str],
    agreed: Sequence[Person],
) -> Objection | None:
    """Why ``person`` cannot agree; None if nothing stands against it (T13).

    In: ``recipient`` a colleague who gets the file; ``recipient_name`` as typed for one outside,
    which stops whoever bears that name; ``agreed`` who has agreed so far.
    """
    grounds = {
        Objection.OWN: person.pk == requester.pk,
        Objection.RECIPIENT: person.pk == recipient
        or bool(person.name and person.name in recipient_name),
        Objection.SAME_SIDE: person.role == requester.role,
        Objection.NO_SIDE: person.role not in sides,
        Objection.GIVEN: any(one.pk == person.pk or one.role == person.role for one in agreed),
        Objection.IN_LINE: any(_in_line(person, one) for one in (requester, *agreed)),
    }
    return next((ground for ground, applies in grounds.items() if applies), None)


def _in_line(one: Person, other: Person) -> bool:
    return one.pk in other.above or other.pk in one.above


def is_downloadable(state: str, available_until: datetime | None, *, now: datetime) -> bool:
    """Whether the one download is still to be had at ``now`` (aware)."""
    return state == "ready" and available_until is not None and now < available_until


def new_password() -> str:
    """A password of 100 random bits, in groups that can be read out: "7K2M-9QXA-…"."""
    groups = (
        "".join(secrets.choice(ALPHABET) for _ in range(PASSWORD_GROUP))
        for _ in range(PASSWORD_GROUPS)
    )
    return "-".join(groups)


def new_export_code() -> str:
    """What an export is called inside and outside the house: "EX7K2M9QXA"."""
    return PREFIX + make_code()


def parse_export_code(text: str) -> str | None:
    """The export's code that ``text`` means, typed with or without dash and blanks; or None."""
    folded = "".join(text.upper().replace("-", "").split())
    if not folded.startswith(PREFIX):
        return None
    code = parse_code(folded.removeprefix(PREFIX))
    return PREFIX + code if code else None


def show_export_code(code: str) -> str:
    """In groups, for reading aloud: "EX-7K2M-9QXA"."""
    return f"{PREFIX}-{display_code(code.removeprefix(PREFIX))}"
