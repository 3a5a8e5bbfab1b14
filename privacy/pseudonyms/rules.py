"""Codes that stand for a patient: the lasting random code and the visit code of the day.

A patient code is seven random base32 characters and a check character (35 bits). The check
catches every single wrong character and every swap of neighbours, so that a misheard code
opens nobody else's record (S53; ADR 0003).
"""

import re
import secrets
import unicodedata
from collections.abc import Callable

# No I, L, O, U: they are read as 1, 1, 0, V. Order is the value of a character.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_LENGTH = 7
CODE_LENGTH = RANDOM_LENGTH + 1
# Longer input cannot be a code however it is spaced; it is refused unread.
LONGEST_INPUT = 64

_LOOK_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_SIZE = len(ALPHABET)
_SIZE_BITS = 5
# x^5 + x^2 + 1 is irreducible, so the 32 values are a field: multiplying by x never loses a
# difference. Weights 1, x, x^2 ... are all unlike and none is zero, which is what catches swaps.
_FIELD = 0b100101
_BETWEEN = re.compile(r"[,，、;；\n\r\t\"\ufeff]+")
_SEPARATORS = frozenset(" -_.·")

_FIRST_VISIT_DIGITS = 3
_LAST_VISIT = 99_999
_VISIT_LETTERS = frozenset("ABCDEFGHJKMNPQRSTVWXYZ")

RandomSource = Callable[[int], int]


def make_code(random_below: RandomSource = secrets.randbelow) -> str:
    """A new code such as "7K2M9QXA"; that it is unique the table sees to.

    ``random_below(n)`` gives 0..n-1.
    """
    stem = "".join(ALPHABET[random_below(_SIZE)] for _ in range(RANDOM_LENGTH))
    return stem + check_character(stem)


def check_character(stem: str) -> str:
    """The check character of seven characters of the alphabet."""
    total = 0
    for character in reversed(stem):
        total = _times_x(total) ^ ALPHABET.index(character)
    return ALPHABET[_times_x(total)]


def parse_code(text: str) -> str | None:
    """The canonical code that ``text`` means, or None.

    Forgives case, full-width forms, spaces and dashes, and O/0, I/L/1, U/V; never a wrong
    character: the check must fit.
    """
    if len(text) > LONGEST_INPUT:
        return None
    folded = unicodedata.normalize("NFKC", text).upper()
    folded = "".join("-" if unicodedata.category(sign) == "Pd" else sign for sign in folded)
    code = "".join(s for s in folded if s not in _SEPARATORS and not s.isspace())
    code = code.translate(_LOOK_ALIKE)
    if len(code) != CODE_LENGTH or any(character not in ALPHABET for character in code):
        return None
    return code if check_character(code[:RANDOM_LENGTH]) == code[-1] else None


def parse_codes(text: str) -> tuple[list[str], list[str]]:
    """The codes of a list as typed or pasted, each once and in order, and the words that are none.

    Between two codes stands a comma, a semicolon, a tab, a line's end or a blank.
    """
    parts = [part.strip() for part in _BETWEEN.split(text)]
    words = [
        word for part in parts if part for word in ([part] if parse_code(part) else part.split())
    ]
    codes = {word: parse_code(word) for word in words}
    found = dict.fromkeys(code for code in codes.values() if code)
    return list(found), [word for word, code in codes.items() if code is None]


def display_code(code: str) -> str:
    """The code in two groups of four, for reading aloud: "7K2M-9QXA"."""
    return f"{code[:4]}-{code[4:]}"


def visit_code(number: int, letter: str = "B") -> str:
    """The code called out today: "B-001", "B-1024". ``number`` counts from 1 each day.

    Raises ValueError for a letter that can be misread or a number out of 1..99,999.
    """
    if letter not in _VISIT_LETTERS:
        raise ValueError("visit code letter must be one of " + "".join(sorted(_VISIT_LETTERS)))
    if not 1 <= number <= _LAST_VISIT:
        raise ValueError(f"visit number must be 1 to {_LAST_VISIT}")
    return f"{letter}-{number:0{_FIRST_VISIT_DIGITS}d}"


def parse_visit_code(text: str, letter: str = "B") -> int | None:
    """The number in a visit code as typed ("b001", "Ｂ－００１", "1"), or None."""
    if len(text) > LONGEST_INPUT:
        return None
    folded = "".join(unicodedata.normalize("NFKC", text).upper().split())
    digits = folded.removeprefix(letter).lstrip("-‐‑‒–—−")
    if not (digits.isascii() and digits.isdigit()):
        return None
    number = int(digits)
    return number if 1 <= number <= _LAST_VISIT else None


def _times_x(value: int) -> int:
    """``value`` times x in the field of 32."""
    value <<= 1
    return value ^ _FIELD if value >> _SIZE_BITS else value
