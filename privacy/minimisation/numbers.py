"""Facts about numbers that name a person: written forms, check digits, plausible parts."""

import unicodedata
from datetime import date

ID_LENGTH, LEGACY_ID_LENGTH = 18, 15
FIRST_BIRTH_YEAR, LAST_BIRTH_YEAR = 1900, 2099
# GB/T 2260: the first two digits of every citizen identity number.
_REGIONS = (
    range(11, 16),
    range(21, 24),
    range(31, 38),
    range(41, 47),
    range(50, 55),
    range(61, 66),
)
PROVINCES = frozenset(
    {str(code) for region in _REGIONS for code in region} | {"71", "81", "82", "83", "91"}
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_DASHES = "‐‑‒–—―−－～·・"
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\ufe0f\u20e3\u3000\u00a0\t"
_CHINESE = dict(
    zip(
        "〇○零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖",
        "000123456789" + "1" + "123456789",
        strict=True,
    )
)
_TRADITIONAL = dict(zip("貳參陸", "236", strict=True))
# As people say numbers over the radio and on the phone: 洞幺两 拐勾.
_RADIO = dict(zip("洞两拐勾", "0279", strict=True))
_CIRCLED = dict(
    zip(
        "⓪①②③④⑤⑥⑦⑧⑨⓿❶❷❸❹❺❻❼❽❾➀➁➂➃➄➅➆➇➈➊➋➌➍➎➏➐➑➒⑴⑵⑶⑷⑸⑹⑺⑻⑼㊀㊁㊂㊃㊄㊅㊆㊇㊈㈠㈡㈢㈣㈤㈥㈦㈧㈨",
        "0123456789" * 2 + "123456789" * 5,
        strict=True,
    )
)


class _Plain(dict[int, str | int]):
    """A translation table that learns: any decimal digit of any script becomes 0-9."""

    def __missing__(self, code: int) -> str | int:
        character = chr(code)
        digit = unicodedata.decimal(character, None)
        plain: str | int = code if digit is None else str(digit)
        if digit is None and "！" <= character <= "～":
            plain = code - 0xFEE0
        self[code] = plain
        return plain


_PLAIN = _Plain({ord(dash): "-" for dash in _DASHES} | {ord(blank): " " for blank in _INVISIBLE})
_PLAIN[ord("，")] = "，"  # parts a list of numbers; "," may stand inside one
_SPOKEN = {
    ord(sign): digit for sign, digit in (_CHINESE | _TRADITIONAL | _RADIO | _CIRCLED).items()
}


def plain_digits(text: str) -> str:
    """``text`` with digits of every script, full-width forms and dashes made plain.

    Character for character, so that positions stay what they were.
    """
    return text.translate(_PLAIN)


def spoken_digits(text: str) -> str:
    """``plain_digits`` of which Chinese (一, 幺, 壹) and circled digits are digits too.

    Same positions. Circled ones not before this: ①13800138000 is an item, not twelve digits.
    """
    return plain_digits(text).translate(_SPOKEN)


def id_check_character(first_seventeen: str) -> str:
    """The check character of a citizen identity number (GB 11643, ISO 7064 MOD 11-2)."""
    total = sum(
        int(digit) * weight for digit, weight in zip(first_seventeen, _WEIGHTS, strict=True)
    )
    return _CHECKS[total % 11]


def id_birth_date(number: str) -> date | None:
    """The birth date in an 18- or 15-digit number; None if the calendar has no such day."""
    digits = number[6:14] if len(number) == ID_LENGTH else "19" + number[6:12]
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return born if FIRST_BIRTH_YEAR <= born.year <= LAST_BIRTH_YEAR else None


def plausible_id(number: str) -> bool:
    """Whether place and birth date of an 18- or 15-digit number can be; no check digit."""
    return number[:2] in PROVINCES and id_birth_date(number) is not None


def valid_id(number: str) -> bool:
    """Whether 18 plain characters (X upper case) are a citizen identity number."""
    return plausible_id(number) and id_check_character(number[:17]) == number[17]


def passes_luhn(digits: str) -> bool:
    """The check of bank card numbers (ISO/IEC 7812)."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - sum of the two decimals
    return total % 10 == 0
