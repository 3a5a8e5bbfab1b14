"""The demo clinic's people are plausible, repeatable and nobody."""

import random
from datetime import date

from crm.patients.invented import People
from crm.patients.rules import normalise_id_number, normalise_phone

TODAY = date(2026, 11, 21)


def some(seed: int, count: int = 3000) -> list:
    people = People(random.Random(seed), today=TODAY)  # noqa: S311 - repeatable on purpose
    return [people.person() for _ in range(count)]


def test_the_same_seed_gives_the_same_people():
    assert some(7, 50) == some(7, 50)
    assert some(7, 50) != some(8, 50)


def test_people_pass_the_clinic_s_own_checks():
    for person in some(1):
        assert normalise_phone(person.phone).value == "+86" + person.phone
        assert normalise_id_number(person.id_number, today=TODAY).value == person.id_number
        assert 18 <= person.age(TODAY) <= 85
        assert 2 <= len(person.name) <= 4


def test_identity_numbers_tell_sex_and_birth_and_keep_to_the_high_sequences():
    for person in some(2):
        sequence = int(person.id_number[14:17])
        assert 900 <= sequence <= 995
        assert (sequence % 2 == 0) == person.female
        assert person.id_number[6:14] == f"{person.born:%Y%m%d}"


def test_phones_do_not_repeat():
    assert len({person.phone for person in some(3, 20_000)}) == 20_000


def test_names_vary_and_some_are_rare():
    names = {person.name for person in some(4, 20_000)}

    assert len(names) > 5000
    assert any(sign >= "\U00020000" for name in names for sign in name)
    assert any(name.startswith("欧阳") for name in names)
