"""Whether somebody may be under 18 by what is known (R18)."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from crm.patients import rules

DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2039, 12, 31))


@given(DAYS, DAYS)
def test_a_birth_date_tells_the_day_of_age(born, today):
    turned = today.year - born.year - ((today.month, today.day) < (born.month, born.day))

    assert rules.may_be_minor(birth_date=born, birth_year=None, today=today) is (turned < 18)


@given(DAYS, DAYS)
def test_a_year_alone_never_takes_a_minor_for_of_age(born, today):
    surely = rules.may_be_minor(birth_date=born, birth_year=None, today=today)

    assert rules.may_be_minor(birth_date=None, birth_year=born.year, today=today) >= surely


def test_of_whom_nothing_is_known_is_not_taken_for_a_minor():
    assert not rules.may_be_minor(birth_date=None, birth_year=None, today=date(2026, 1, 1))
