"""Invented people for the marked rows: they look like the others and exist nowhere else."""

import secrets
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Final

from privacy.minimisation.numbers import id_check_character
from privacy.pseudonyms.rules import make_code, parse_code

# No operator was ever given 154: such a number reaches nobody.
DEAD_PREFIX: Final = "154"
# Sequences of 996 to 999 were kept for people over a hundred; nobody born since 1980 has one.
DEAD_SEQUENCES: Final = (996, 997, 998, 999)
LONGEST_TRACE: Final = 60
_DIVISIONS: Final = ("110105", "310115", "440106", "330106", "510107", "420106", "320102")
_SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN: Final = "芳娜敏静丽艳娟霞秀兰晓彤佳怡思琪雨欣梦洁伟强磊军洋勇杰涛明超"


def invented_code() -> str:
    """A code of the right form; that it is nobody's the caller sees to."""
    return make_code()


def invented_name() -> str:
    """Surname and two signs."""
    return secrets.choice(_SURNAMES) + secrets.choice(_GIVEN) + secrets.choice(_GIVEN)


def invented_phone() -> str:
    """A mobile number that reaches nobody: "154…", eleven digits."""
    return f"{DEAD_PREFIX}{secrets.randbelow(10**8):08d}"


def invented_id_number() -> str:
    """An ID number whose check fits and whose sequence nobody bears."""
    born = date(1980 + secrets.randbelow(20), 1 + secrets.randbelow(12), 1 + secrets.randbelow(28))
    stem = f"{secrets.choice(_DIVISIONS)}{born:%Y%m%d}{secrets.choice(DEAD_SEQUENCES)}"
    return stem + id_check_character(stem)


def invented_number(like: str) -> str:
    """A document number like ``like`` with its last four digits anew, from 9000 on."""
    return f"{like[:-4]}{9000 + secrets.randbelow(1000)}"


def spread(rows: int, marks: int) -> Sequence[int]:
    """Where the invented rows go among ``rows``: random places, in order."""
    return sorted(secrets.randbelow(rows + 1) for _ in range(marks))


def spellings(text: str) -> Sequence[str]:
    """How a text from a leaked file may stand in the list of marks: as it is, as a code, as a
    number without what spreadsheets and people put around it."""
    folded = "".join(unicodedata.normalize("NFKC", text).split()).strip("'\"")
    plain = folded.replace("-", "").upper()
    return list(dict.fromkeys([folded, plain, plain.removeprefix("+86"), parse_code(text) or ""]))
