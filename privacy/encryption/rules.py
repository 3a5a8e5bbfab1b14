"""How wide fingerprints are, and how a stored one says its width. Pure (ADR 0004)."""

from math import log, log2
from typing import Final

WIDEST: Final = 16  # bits
FEWEST_INDEXED: Final = 16  # patients; below, everybody is a candidate
FEWEST_ALIKE: Final = 8  # patients who are expected to share a fingerprint
_PLACE: Final = 20  # the bits that were cut off stand above this one


def index_bits(patients: int) -> int:
    """How many bits a fingerprint of one field may have in a clinic of so many patients.

    The most that leaves FEWEST_ALIKE patients to a fingerprint, and more where there are many: so
    many that fewer than one patient in a hundred such clinics is expected to have one alone
    (``patients * exp(-alike) < 0.01``). Source: security design 4.6.
    """
    if patients < FEWEST_INDEXED:
        return 0
    alike = max(FEWEST_ALIKE, log(100 * patients))
    return min(WIDEST, int(log2(patients / alike)))


def stored(fingerprint: int, bits: int) -> int:
    """What the table keeps of a fingerprint of WIDEST bits: its first ``bits``, and how many.

    Of WIDEST bits it is the fingerprint itself. Values of different widths are never equal, so a
    search may ask for all of them at once.
    """
    cut = WIDEST - bits
    return cut << _PLACE | fingerprint >> cut


def every_width(fingerprint: int) -> list[int]:
    """What a fingerprint of WIDEST bits may be stored as, whatever width the row has."""
    return [stored(fingerprint, bits) for bits in range(WIDEST + 1)]


def narrowed(value: int | None, bits: int) -> int | None:
    """A stored value cut to ``bits``, without any key. None, and what finds nobody (below 0), stay.

    Raises: ValueError if it has fewer bits: the number itself is needed then.
    """
    if value is None or value < 0:
        return value
    cut = value >> _PLACE
    if WIDEST - cut < bits:
        raise ValueError("a fingerprint is not made wider out of itself")
    return stored((value & (1 << _PLACE) - 1) << cut, bits)


def span_of(bits: int) -> tuple[int, int]:
    """From where (included) to where (not) values of that width lie."""
    return stored(0, bits), (WIDEST - bits + 1) << _PLACE
