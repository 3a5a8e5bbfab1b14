"""Two of three: a root cut into three sheets, any two of which give it back. Pure.

Pairwise XOR: each pair of custodians shares the root as two halves, a random pad and the root
XORed with it. One sheet holds a half of two pairs: random bytes, as far as it alone can tell.
"""

import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations
from typing import Final

CUSTODIANS: Final = (1, 2, 3)
PAIRS: Final = tuple(combinations(CUSTODIANS, 2))
HALF_BYTES: Final = 32
SUM_DIGITS: Final = 8
GROUP: Final = 4


class SheetUnreadable(ValueError):
    """A line was mistyped, or a sheet is not what it should be; the text names the line."""


@dataclass(frozen=True, slots=True)
class Half:
    """One custodian's half of one root for one pair."""

    root: str
    pair: tuple[int, int]
    value: bytes

    def line(self) -> str:
        """For paper: groups of four, and a sum that catches a mistyped character."""
        text = self.value.hex()
        groups = " ".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))
        return f"{self.root} {self.pair[0]}{self.pair[1]}: {groups} = {self._sum()}"

    def _sum(self) -> str:
        head = f"{self.root} {self.pair[0]}{self.pair[1]} ".encode()
        return sha256(head + self.value).hexdigest()[:SUM_DIGITS]

    @classmethod
    def read(cls, line: str) -> "Half":
        """The half of a line as typed. Raises: SheetUnreadable."""
        head, _colon, rest = line.partition(":")
        groups, _equals, total = rest.partition("=")
        try:
            root, digits = head.split()
            half = cls(root, (int(digits[0]), int(digits[1])), bytes.fromhex(groups))
        except (ValueError, IndexError) as error:
            raise SheetUnreadable(head.strip()) from error
        if half.pair not in PAIRS or len(half.value) != HALF_BYTES:
            raise SheetUnreadable(head.strip())
        if not hmac.compare_digest(half._sum(), total.strip().lower()):
            raise SheetUnreadable(head.strip())
        return half


def split(
    name: str, root: bytes, random: Callable[[int], bytes] = secrets.token_bytes
) -> dict[int, list[Half]]:
    """The halves of each custodian; ``root`` has 32 bytes."""
    held: dict[int, list[Half]] = {one: [] for one in CUSTODIANS}
    for first, second in PAIRS:
        pad = random(len(root))
        held[first].append(Half(name, (first, second), pad))
        held[second].append(Half(name, (first, second), _xor(root, pad)))
    return held


def join(one: Sequence[Half], other: Sequence[Half]) -> dict[str, bytes]:
    """The roots that two different sheets give back, by name; a sheet with itself gives nothing.

    Whether they are the right ones only their check values tell.
    """
    if {half.pair for half in one} == {half.pair for half in other}:
        return {}  # two custodians share one pair; both pairs in common is the same custodian
    beside = {(half.root, half.pair): half.value for half in other}
    return {
        half.root: _xor(half.value, beside[half.root, half.pair])
        for half in one
        if (half.root, half.pair) in beside
    }


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
