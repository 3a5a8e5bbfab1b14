"""What somebody means by what they typed into the one box."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from consult.fees.rules import parse_number
from crm.patients.rules import fold_name, normalise_id_number, normalise_phone
from privacy.pseudonyms.rules import parse_code, parse_visit_code


class By(StrEnum):
    """What is searched by."""

    CODE = "code"
    VISIT_CODE = "visit_code"
    ESTIMATE = "estimate"
    PHONE = "phone"
    ID_NUMBER = "id_number"
    NAME = "name"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Query:
    """A kind of search and its canonical value."""

    by: By
    value: str = ""


def understand(text: str, *, letter: str, today: date) -> Query:
    """The most exact reading of ``text``: a number of somebody or something, else a name.

    In: ``letter`` begins the clinic's codes of the day. Something that is only digits and none of
    these is no name: it means nothing here.
    """
    readings = {  # the most exact first
        By.CODE: parse_code(text),
        By.ESTIMATE: parse_number(text),
        By.VISIT_CODE: parse_visit_code(text, letter),
        By.PHONE: normalise_phone(text).value,
        By.ID_NUMBER: normalise_id_number(text, today=today).value,
    }
    for by, value in readings.items():
        if value:
            return Query(by, str(value))
    name = fold_name(text)
    if not name or name.isdigit():
        return Query(By.NOTHING)
    return Query(By.NAME, name)
