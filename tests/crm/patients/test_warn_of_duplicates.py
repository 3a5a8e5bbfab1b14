"""Likely duplicates are warned of with reasons, and nobody is blocked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.patients.duplicates import Person, Reason, likeness

PHONE, ID = "+8613800138000", "11010119900307993X"
WANG = Person("王小明", PHONE, ID, 1990)


@pytest.mark.parametrize(
    ("other", "reasons", "warns"),
    [
        (WANG, [Reason.SAME_ID, Reason.SAME_PHONE, Reason.SAME_NAME_AND_YEAR], True),
        (Person(id_number=ID), [Reason.SAME_ID], True),
        (Person("李娜", PHONE), [Reason.SAME_PHONE], True),
        (Person("王小明", PHONE, "", 1960), [Reason.SAME_PHONE], True),
        (Person("王 小明", "", "", 1990), [Reason.SAME_NAME_AND_YEAR], True),
        (Person("王小明"), [Reason.SAME_NAME], False),
        (Person("王晓明"), [Reason.SIMILAR_NAME], False),
        (Person("王明"), [Reason.SIMILAR_NAME], False),
        (Person("王小小明"), [Reason.SIMILAR_NAME], False),
        (Person("王明小"), [Reason.SIMILAR_NAME], False),
        (Person("小王明"), [Reason.SIMILAR_NAME], False),
        (Person("王晓明", "", "", 1960), [], False),
        (Person("王"), [], False),
        (Person("王小明明明"), [], False),
        (Person("赵子龙"), [], False),
        (Person("王小明", PHONE, "110101199003079796", 1990), [], False),
        (Person(), [], False),
    ],
)
def test_reasons(other, reasons, warns):
    found = likeness(WANG, other)

    assert list(found.reasons) == reasons
    assert found.warns is warns


PEOPLE = st.builds(
    Person,
    name=st.text(alphabet="王小明晓", max_size=4),
    phone=st.sampled_from(["", PHONE]),
    id_number=st.sampled_from(["", ID, "110101199003079796"]),
    birth_year=st.sampled_from([None, 1990, 1991]),
)


@given(PEOPLE, PEOPLE)
def test_likeness_is_mutual_and_bounded(one, other):
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other).score <= 100
