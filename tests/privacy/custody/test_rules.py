"""How long records are kept, and the lines of the ledger outside."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from privacy.custody.rules import LedgerLine, kept_until, may_be_given_up

texts = st.text(max_size=20)
lines = st.builds(LedgerLine, code=texts, zone=texts, reason=texts, at=texts)


def test_fifteen_years_to_the_day() -> None:
    assert kept_until(datetime(2026, 11, 22, 8, tzinfo=UTC)) == datetime(
        2041, 11, 22, 8, tzinfo=UTC
    )
    assert kept_until(datetime(2028, 2, 29, tzinfo=UTC)) == datetime(2043, 3, 1, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda moment: moment.year < 9000))
def test_never_shorter_than_fifteen_years(moment) -> None:
    until = kept_until(moment)
    assert until.year == moment.year + 15
    assert (until.month, until.day) >= (moment.month, moment.day)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)))
def test_a_version_is_given_up_when_no_backup_needs_it(age: timedelta) -> None:
    retired = datetime(2026, 11, 22, tzinfo=UTC)
    assert may_be_given_up(retired, retired + age) == (age >= timedelta(days=35))


@given(lines, st.binary(min_size=32, max_size=32))
def test_a_line_comes_back_as_it_was_and_bears_its_mac(line, key) -> None:
    read = LedgerLine.read(line.signed(key))
    assert read is not None
    assert read[0] == line
    assert line.is_signed(key, read[1])
    assert not line.is_signed(key[::-1] + b"x", read[1])


@given(lines, lines, st.binary(min_size=32, max_size=32))
def test_no_other_line_bears_that_mac(one, other, key) -> None:
    read = LedgerLine.read(one.signed(key))
    assert read is not None
    assert other.is_signed(key, read[1]) == (one == other)
