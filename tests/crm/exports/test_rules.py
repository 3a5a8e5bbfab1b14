"""Invented people look like people and are nobody."""

from crm.exports import rules
from crm.patients.rules import normalise_phone
from privacy.minimisation.numbers import plausible_id
from privacy.pseudonyms.rules import parse_code


def test_invented_people_have_the_form_of_people():
    for _ in range(300):
        assert parse_code(rules.invented_code())
        assert len(rules.invented_name()) == 3
        assert plausible_id(rules.invented_id_number())
        assert rules.invented_id_number()[14:17] in {"996", "997", "998", "999"}


def test_invented_numbers_reach_nobody():
    for _ in range(300):
        phone = rules.invented_phone()
        assert len(phone) == 11
        assert phone.startswith("154")
    assert rules.invented_number("E-2026-0007").startswith("E-2026-9")
    assert normalise_phone  # the registry's own form is what real numbers have


def test_marks_stand_anywhere():
    places = {place for _ in range(300) for place in rules.spread(4, 2)}
    assert places == {0, 1, 2, 3, 4}


def test_a_leaked_text_is_found_however_it_is_written():
    code = rules.invented_code()
    assert code in rules.spellings(f"{code[:4]}-{code[4:]}".lower())
    for text in ("+86 154 1234 5678", "'15412345678", "１５４１２３４５６７８", "154-1234-5678"):
        assert "15412345678" in rules.spellings(text)
