"""Personal data in free text: numbers, accounts, addresses, names (S12, T5)."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from privacy.minimisation.accounts import emails, qq_numbers, wechat_ids
from privacy.minimisation.documents import cards, identities, records
from privacy.minimisation.names import FOUND, names
from privacy.minimisation.phones import phones
from privacy.minimisation.places import addresses
from privacy.minimisation.spans import Span, settled

_Finder = Callable[[str], Iterator[Span]]
_NUMBERS: tuple[_Finder, ...] = (emails, identities, cards, phones, wechat_ids, qq_numbers)


def find_numbers(text: str) -> list[Span]:
    """What reaches or identifies a person as a number or an account: the kinds that are covered."""
    return settled(_by(_NUMBERS, text), len(text))


def find(text: str) -> list[Span]:
    """All personal data in ``text``, in order, never overlapping; offsets in code points."""
    numbers = settled(chain(find_numbers(text), records(text)), len(text))
    masked = _masked(text, numbers)
    homes = settled(addresses(masked), len(text))
    people = names(_masked(masked, homes))
    return settled(chain(numbers, homes, people), len(text))


def _by(finders: Iterable[_Finder], text: str) -> Iterator[Span]:
    return chain.from_iterable(finder(text) for finder in finders)


def _masked(text: str, spans: Iterable[Span]) -> str:
    parts, end = [], 0
    for span in spans:
        parts += [text[end : span.start], FOUND * (span.end - span.start)]
        end = span.end
    return "".join([*parts, text[end:]])
