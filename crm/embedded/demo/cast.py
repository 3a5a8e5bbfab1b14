"""The demo clinic's sixty patients: invented, and the same in every installation."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from crm.embedded.demo.texts import COMPLAINTS
from crm.patients.invented import People, SyntheticPerson
from crm.patients.rules import DECLINED, MaritalStatus, normalise_phone

HOW_MANY: Final = 60
_SEED: Final = "随安演示门诊"
_SHARE_OF_FACTS: Final = 0.6  # how many tell their birth year and sex at the first visit
_FEMALE, _MALE = "female", "male"


@dataclass(frozen=True, slots=True)
class Guest:
    """What the desk hears from one person. ``phone`` canonical, "" without one.

    ``like`` names the guest (by number) whom the desk will be warned of, ``why`` what it answers.
    """

    name: str
    phone: str
    complaint: str
    sex: str = ""
    birth_year: str = ""
    marital_status: str = ""
    id_number: str = ""
    same_sex_staff: bool = False
    like: int | None = None
    why: str = ""


def guests(today: date) -> list[Guest]:
    """All sixty in the order of their coming; the first ones are cases that desks stumble over."""
    dice = random.Random(_SEED)  # noqa: S311 - a story, not a secret
    people = People(dice, today=today)
    cases = list(_cases(dice, people))
    others = (_guest(dice, people.person()) for _ in range(HOW_MANY - len(cases)))
    return [*cases, *others]


def _cases(dice: random.Random, people: People) -> Iterator[Guest]:
    def case(name: str, **facts: Any) -> Guest:
        return replace(_guest(dice, people.person()), name=name, **facts)

    yield case("欧阳晓彤", sex=_FEMALE, marital_status=MaritalStatus.MARRIED.value)
    yield case("诸葛明哲", sex=_MALE)
    yield case("䶮晓静", sex=_FEMALE)
    yield case("王𬱖", sex=_FEMALE, same_sex_staff=True)
    yield case("Emma Wright", phone="+442079460958", sex=_FEMALE)  # a number kept for fiction
    yield case("李女士", sex="", birth_year="")  # a form of address is enough
    yield case("陈女士", phone="", sex="", birth_year="")
    wife = case("赵佳怡", sex=_FEMALE, marital_status=MaritalStatus.MARRIED.value)
    yield wife
    yield case("孙浩然", phone=wife.phone, sex=_MALE, like=7, why="shared_phone")
    first = case("刘静", sex=_FEMALE, birth_year="1990")
    yield first
    yield case("刘静", sex=_FEMALE, birth_year="1990", like=9, why="same_name")
    yield case("张敏", sex=DECLINED, birth_year=DECLINED, marital_status=DECLINED)
    invoiced = people.person()
    yield replace(_guest(dice, invoiced), id_number=invoiced.id_number)
    yield case("先生（未留姓名）", phone="", sex=_MALE, birth_year="")


def _guest(dice: random.Random, person: SyntheticPerson) -> Guest:
    tells = dice.random() < _SHARE_OF_FACTS
    return Guest(
        name=person.name,
        phone=normalise_phone(person.phone).value,
        complaint=dice.choice(COMPLAINTS),
        sex=(_FEMALE if person.female else _MALE) if tells else "",
        birth_year=str(person.born.year) if tells else "",
    )
