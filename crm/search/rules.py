"""What somebody means by what they typed into the one box."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.patients.rules import fold_name, normalise_id_number, normalise_phone
from privacy.pseudonyms.rules import parse_code, parse_visit_code


class By(StrEnum):
    """What is searched by."""

    CODE = "code"
    VISIT_CODE = "visit_code"
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
    """The most exact reading of ``text``: code, today's code, phone, ID number, else a name.

    In: ``letter`` begins the clinic's codes of the day. Something that is only digits and none of
    these is no name: it means nothing here.
    """
    if code := parse_code(text):
        return Query(By.CODE, code)
    if number := parse_visit_code(text, letter):
        return Query(By.VISIT_CODE, str(number))
    if phone := normalise_phone(text).value:
        return Query(By.PHONE, phone)
    if id_number := normalise_id_number(text, today=today).value:
        return Query(By.ID_NUMBER, id_number)
    name = fold_name(text)
    if not name or name.isdigit():
        return Query(By.NOTHING)
    return Query(By.NAME, name)
