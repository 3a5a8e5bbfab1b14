"""What personal data is called here, where it lies in a text, and who wins an overlap."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What was found; the order is the precedence where two claim the same characters."""

    EMAIL = "email"
    ID_CARD = "id_card"
    BANK_CARD = "bank_card"
    PHONE = "phone"
    WECHAT = "wechat"
    QQ = "qq"
    RECORD_NO = "record_no"
    ADDRESS = "address"
    NAME = "name"


_RANK = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Span:
    """``text[start:end]`` is personal; code points, end exclusive."""

    start: int
    end: int
    type: Kind


def settled(spans: Iterable[Span], length: int) -> list[Span]:
    """The spans in order and free of overlaps: the higher kind wins, then the longer, the earlier.

    In: ``length`` of the text, in code points.
    """
    taken = bytearray(length)
    kept = []
    for span in sorted(spans, key=lambda s: (_RANK[s.type], s.start - s.end, s.start)):
        if not any(taken[span.start : span.end]):
            taken[span.start : span.end] = b"\x01" * (span.end - span.start)
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)
