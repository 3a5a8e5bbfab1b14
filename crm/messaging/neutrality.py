"""Whether a text tells nothing about the patient to whoever reads it on a locked screen."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from crm.messaging.neutral_words import CHINESE, LATIN, SPARED_BEFORE, VARIANTS, Topic


@dataclass(frozen=True, slots=True)
class Hit:
    """``text[start:end]`` gives ``topic`` away; ``word`` is the listed word or "" for a pattern."""

    start: int
    end: int
    topic: Topic
    word: str = ""


_TOPICS = {word.casefold(): topic for topic, words in CHINESE.items() for word in words}
_LATIN_TOPICS = {word: topic for topic, words in LATIN.items() for word in words}
_CHINESE = re.compile(
    f"(?=[{''.join(sorted({word[0] for word in _TOPICS}))}])(?:"  # most characters begin nothing
    + "|".join(
        re.escape(word) + (f"(?!{SPARED_BEFORE[word]})" if word in SPARED_BEFORE else "")
        for word in sorted(_TOPICS, key=lambda word: (-len(word), word))
    )
    + ")"
)
_NUMERALS = "一二三四五六七八九十百千万两壹贰叁肆伍陆柒捌玖拾佰仟"
_AMOUNT = re.compile(
    r"[¥￥$€]\s{0,3}\d"
    r"|(?<!\d)\d++(?:[,.，]\d++){0,6}+[,.，]?\s{0,2}(?:元|块|万(?!一)|rmb|cny|yuan)"
    rf"|(?<![{_NUMERALS}])[{_NUMERALS}]++\s{{0,2}}(?:元(?!旦|宵|月)|块钱)",
    re.IGNORECASE,
)


def lint(text: str) -> list[Hit]:
    """Everything in ``text`` that gives the patient away, in order; code points.

    Sees through case, full-width and traditional forms, and signs put between the characters
    ("试 管", "I.V.F"). Latin words count only when they stand alone ("chivas" holds no HIV).
    """
    bare, places = _bare(text)
    hits = [Hit(found.start(), found.end(), Topic.AMOUNT) for found in _AMOUNT.finditer(text)]
    hits += [
        Hit(places[found.start()], places[found.end() - 1] + 1, _TOPICS[found[0]], found[0])
        for found in _CHINESE.finditer(bare)
    ]
    hits.extend(_latin_hits(text, bare, places))
    return sorted(hits, key=lambda hit: (hit.start, hit.end))


def neutral(text: str) -> bool:
    """Whether ``text`` may leave the house."""
    return not lint(text)


def _bare(text: str) -> tuple[str, list[int]]:
    """Letters and digits only, folded; and where in ``text`` each of them stands."""
    signs: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        folded = unicodedata.normalize("NFKC", VARIANTS.get(sign, sign)).casefold()
        kept = [VARIANTS.get(part, part) for part in folded if part.isalnum()]
        signs.extend(kept)
        places.extend([place] * len(kept))
    return "".join(signs), places


def _latin_hits(text: str, bare: str, places: list[int]) -> Iterator[Hit]:
    """Latin words with no letter right beside them; each start is tried with each length."""
    for found in _LATIN_STARTS.finditer(bare):
        start = places[found.start()]
        if start and _is_latin(text[start - 1]):
            continue
        word = _longest_word(text, bare, places, found.start())
        if word:
            end = places[found.start() + len(word) - 1] + 1
            yield Hit(start, end, _LATIN_TOPICS[word], word)


_LENGTHS = sorted({len(word) for word in _LATIN_TOPICS}, reverse=True)
_LATIN_STARTS = re.compile(f"[{''.join(sorted({word[0] for word in _LATIN_TOPICS}))}]")


def _longest_word(text: str, bare: str, places: list[int], start: int) -> str:
    for length in _LENGTHS:
        word = bare[start : start + length]
        if len(word) == length and word in _LATIN_TOPICS:
            after = places[start + length - 1] + 1
            if after == len(text) or not _is_latin(text[after]):
                return word
    return ""


def _is_latin(sign: str) -> bool:
    folded = unicodedata.normalize("NFKC", sign)
    return folded.isascii() and folded.isalpha()
