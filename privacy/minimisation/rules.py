"""Cover personal numbers in free text before it is stored (S12).

Phones in every written form, identity numbers, bank cards, e-mail, WeChat and QQ ids; what they
look like, and what is spared, is ``finding``'s. Positions are code points.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from privacy.minimisation.finding import find_numbers
from privacy.minimisation.spans import Kind

COVER = "※"
KEPT = 2  # the last two digits let staff and patient agree which number is meant


@dataclass(frozen=True, slots=True)
class Covered:
    """The text with every personal number covered, and how many of each kind there were."""

    text: str
    counts: Mapping[Kind, int]


def cover(text: str) -> Covered:
    """``text`` with letters and digits of personal numbers replaced by ※, one for one.

    Phones, identity and card numbers keep their last two digits, addresses and ids nothing.
    Covering twice changes nothing.
    """
    spans = find_numbers(text)
    parts: list[str] = []
    end = 0
    for span in spans:
        parts += [text[end : span.start], _covered(text[span.start : span.end], span.type)]
        end = span.end
    parts.append(text[end:])
    return Covered("".join(parts), Counter(span.type for span in spans))


def _covered(value: str, kind: Kind) -> str:
    kept = KEPT if kind in {Kind.PHONE, Kind.ID_CARD, Kind.BANK_CARD} else 0
    signs = [index for index, sign in enumerate(value) if sign.isalnum()]
    hidden = set(signs[: len(signs) - kept])
    return "".join(COVER if index in hidden else sign for index, sign in enumerate(value))
