"""A patient's name, phone and identity number: canonical forms, masks, likely duplicates.

Rules return codes; doors put them into words. Nothing here keeps or logs what it is given.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import takewhile

from privacy.minimisation.numbers import (
    ID_LENGTH,
    id_birth_date,
    id_check_character,
    plain_digits,
    plausible_id,
)

MASK = "※"

# The longest real names are transliterations with middle dots, about 30 characters.
LONGEST_NAME = 60
LONGEST_FORM_OF_ADDRESS = 30
LONGEST_PHONE_INPUT = 40
LONGEST_ID_INPUT = 40
# A first visit asks for the complaint in a sentence or two, not for a history (S12).
LONGEST_COMPLAINT = 500

# What stands in a field whose owner chose not to answer: an answer, not a gap (S13, W3).
DECLINED = "declined"
OLDEST_AGE = 120
OF_AGE = 18


class MaritalStatus(StrEnum):
    """Optional; "declined" is as good an answer as any and is never asked about again (S13)."""

    NOT_ASKED = "not_asked"
    DECLINED = DECLINED
    SINGLE = "single"
    MARRIED = "married"
    DIVORCED = "divorced"
    WIDOWED = "widowed"


class InputProblem(StrEnum):
    """Why a phone or identity number was not taken."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_DIGITS = "not_digits"
    WRONG_LENGTH = "wrong_length"
    UNKNOWN_PREFIX = "unknown_prefix"
    IMPOSSIBLE_DATE = "impossible_date"
    WRONG_CHECK = "wrong_check"


@dataclass(frozen=True, slots=True)
class Normalised:
    """The canonical form, or the problem; never both."""

    value: str = ""
    problem: InputProblem | None = None


_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0?(?:10|2\d|[3-9]\d{2})[2-9]\d{6,7}")
_SERVICE = re.compile(r"(?:400|800)\d{7}")
_PHONE_SIGNS = re.compile(r"[\s()\[\]\-./·]")
_ID_SIGNS = re.compile(r"[\s\-]")
_COUNTRY = re.compile(r"(?:\+|00)86|86(?=1[3-9]\d{9}$)")
_FOREIGN = re.compile(r"\+(?!86)[1-9]\d{6,14}")
_PHONE_LENGTHS = range(10, 13)


def normalise_phone(text: str) -> Normalised:
    """The phone as E.164 text ("+8613800138000"), from any written form.

    Mainland mobiles, landlines with area code and numbers with another country's +code. A
    400/800 service number or one without area code gives UNKNOWN_PREFIX: nobody's own line.
    """
    if len(text) > LONGEST_PHONE_INPUT:
        return Normalised(problem=InputProblem.TOO_LONG)
    plain = _PHONE_SIGNS.sub("", plain_digits(text))
    if not plain:
        return Normalised(problem=InputProblem.EMPTY)
    if re.fullmatch(r"00(?!86)[1-9]\d+", plain):
        plain = "+" + plain[2:]
    if _FOREIGN.fullmatch(plain):
        return Normalised(plain)
    national = _COUNTRY.sub("", plain, count=1) if _COUNTRY.match(plain) else plain
    return _national(national, dialled_home=national == plain)


def _national(number: str, *, dialled_home: bool) -> Normalised:
    if not (number.isascii() and number.isdigit()):
        return Normalised(problem=InputProblem.NOT_DIGITS)
    if _MOBILE.fullmatch(number):
        return Normalised("+86" + number)
    area_given = number.startswith("0") or not dialled_home
    if area_given and _LANDLINE.fullmatch(number):
        return Normalised("+86" + number.removeprefix("0"))
    wrong_length = len(number) not in _PHONE_LENGTHS or number.startswith("1")
    if wrong_length and not _is_service(number) and len(number) != len("13800138000"):
        return Normalised(problem=InputProblem.WRONG_LENGTH)
    return Normalised(problem=InputProblem.UNKNOWN_PREFIX)


def _is_service(number: str) -> bool:
    return _SERVICE.fullmatch(number) is not None


def normalise_id_number(text: str, *, today: date) -> Normalised:
    """The 18 characters of an identity number, X upper case; place, date and check must fit.

    Legacy 15-digit numbers went out of use in 2013 and give WRONG_LENGTH.
    """
    if len(text) > LONGEST_ID_INPUT:
        return Normalised(problem=InputProblem.TOO_LONG)
    number = _ID_SIGNS.sub("", plain_digits(text)).upper()
    if not number:
        return Normalised(problem=InputProblem.EMPTY)
    problem = _id_problem(number, today)
    return Normalised(problem=problem) if problem else Normalised(number)


def _id_problem(number: str, today: date) -> InputProblem | None:
    if not re.fullmatch(r"[0-9]+[0-9X]", number):
        return InputProblem.NOT_DIGITS
    if len(number) != ID_LENGTH:
        return InputProblem.WRONG_LENGTH
    born = id_birth_date(number)
    if born is None or not today.replace(year=today.year - OLDEST_AGE, day=1) <= born <= today:
        return InputProblem.IMPOSSIBLE_DATE
    if not plausible_id(number):
        return InputProblem.UNKNOWN_PREFIX
    if "X" in number[:-1] or id_check_character(number[:-1]) != number[-1]:
        return InputProblem.WRONG_CHECK
    return None


def may_be_minor(*, birth_date: date | None, birth_year: int | None, today: date) -> bool:
    """Whether the person may be under 18 by what is known; of whom nothing is known is not.

    A year alone counts from its last day: who may still be 17 is treated as 17 (R18).
    """
    if birth_date is not None:
        had_it = (today.month, today.day) >= (birth_date.month, birth_date.day)
        return today.year - birth_date.year - (0 if had_it else 1) < OF_AGE
    return birth_year is not None and today.year - birth_year <= OF_AGE


# --- names ---------------------------------------------------------------------------------

COMPOUND_SURNAMES = frozenset(
    {
        *("欧阳", "歐陽", "司马", "司馬", "上官", "诸葛", "諸葛", "夏侯", "尉迟", "尉遲", "皇甫"),
        *("令狐", "东方", "東方", "慕容", "长孙", "長孫", "宇文", "司徒", "独孤", "獨孤", "南宫"),
        *("南宮", "端木", "公孙", "公孫", "轩辕", "軒轅", "钟离", "鍾離", "闻人", "聞人", "太史"),
        *("申屠", "澹台", "濮阳", "赫连", "呼延", "东郭", "百里", "西门", "拓跋", "完颜", "纳兰"),
        *("万俟", "淳于", "单于", "宗政", "公冶", "公羊", "仲孙", "鲜于", "闾丘", "司空", "第五"),
    }
)
_MIDDLE_DOTS = re.compile(r"[·・•‧∙⋅．.]")
_TITLES = {"ms": "女士", "mr": "先生"}
_SHORTEST_COMPOUND_NAME = 3


def surname(name: str) -> str:
    """The surname of a name: one character, a compound surname, or the first Latin word or part.

    Invisible marks that belong to a character (variation selectors) stay with it.
    """
    tidy = " ".join(name.split())
    if not tidy:
        return ""
    if _MIDDLE_DOTS.search(tidy):
        return _MIDDLE_DOTS.split(tidy)[0].strip()
    if _is_latin(tidy[0]):
        return tidy.split(" ")[0].rstrip(",，")
    if tidy[:2] in COMPOUND_SURNAMES and len(tidy) >= _SHORTEST_COMPOUND_NAME:
        return tidy[:2]
    return _first_character(tidy)


def mask_name(name: str) -> str:
    """Surname and one ※ ("王※", "欧阳※"); never tells how long the given name is.

    One character, a Latin word or a part before a middle dot shows only its first character.
    """
    tidy = " ".join(name.split())
    if not tidy:
        return ""
    first = _first_character(tidy)
    if _MIDDLE_DOTS.search(tidy) or _is_latin(tidy[0]):
        return first + MASK
    known = surname(tidy)
    return MASK if known == tidy else known + MASK


def mask_phone(phone: str) -> str:
    """Dots and the last two digits ("·········21"); nothing but dots if there are no digits."""
    digits = [sign for sign in plain_digits(phone) if sign.isdigit()]
    return "·" * 9 + "".join(digits[-2:]) if len(digits) > len("00") else "·" * 9


def form_of_address(name: str, title: str = "") -> str:
    """How staff speak to the patient: 王女士, 欧阳先生; the patient decides the title (S15).

    ``title``: "ms", "mr" or "" when unknown (then the neutral 王某).
    """
    known = surname(name)
    if not known:
        return ""
    suffix = _TITLES.get(title, "")
    if _is_latin(known[0]):
        return known + suffix
    return known + (suffix or "某")


def _is_latin(character: str) -> bool:
    return "LATIN" in unicodedata.name(character, "")


def _first_character(text: str) -> str:
    """The first character as a reader sees it: a base with its marks and variation selectors."""
    marks = takewhile(lambda sign: unicodedata.category(sign).startswith("M"), text[1:])
    return text[:1] + "".join(marks)


# --- search tokens -------------------------------------------------------------------------


class TokenKind(StrEnum):
    """What part of a name a search token stands for; each kind has its own blind index key."""

    WHOLE = "whole"
    PREFIX_1 = "prefix1"
    PREFIX_2 = "prefix2"
    CHARACTER = "char"
    BIGRAM = "bigram"


def fold_name(name: str) -> str:
    """The name for comparing: NFKC, case folded, without spaces, dots, commas and marks."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(sign for sign in folded if unicodedata.category(sign)[0] in "LN")


def name_tokens(name: str) -> frozenset[tuple[TokenKind, str]]:
    """What may be searched for to find ``name``; hashing and truncation are done elsewhere."""
    folded = fold_name(name)
    if not folded:
        return frozenset()
    pairs = {(TokenKind.BIGRAM, folded[i : i + 2]) for i in range(len(folded) - 1)}
    return frozenset(
        {(TokenKind.WHOLE, folded), (TokenKind.PREFIX_1, folded[:1])}
        | ({(TokenKind.PREFIX_2, folded[:2])} if len(folded) > 1 else set())
        | {(TokenKind.CHARACTER, sign) for sign in folded}
        | pairs
    )


def query_tokens(query: str) -> frozenset[tuple[TokenKind, str]]:
    """The tokens all of which a patient must have to match what was typed.

    One character: anywhere in the name. More: each pair of neighbours; always a subset of
    ``name_tokens`` of any name that contains the query.
    """
    folded = fold_name(query)
    if len(folded) <= 1:
        return frozenset({(TokenKind.CHARACTER, folded)} if folded else ())
    return frozenset((TokenKind.BIGRAM, folded[i : i + 2]) for i in range(len(folded) - 1))
