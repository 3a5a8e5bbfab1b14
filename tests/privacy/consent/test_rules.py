"""Which answer may follow which, and when a cell allows contact."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from privacy.consent.rules import ALLOWED, Answer, holds, may_follow

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MOMENTS = st.none() | st.timedeltas(timedelta(days=-400), timedelta(days=400)).map(NOW.__add__)


@given(st.none() | st.sampled_from(Answer), st.sampled_from(Answer))
def test_the_table_decides(before: Answer | None, after: Answer) -> None:
    assert may_follow(before, after) is (after in ALLOWED[before])


@given(st.none() | st.sampled_from(Answer))
def test_a_yes_is_always_possible_and_a_no_after_every_yes(before: Answer | None) -> None:
    assert may_follow(before, Answer.GRANTED)
    if before in {Answer.GRANTED, Answer.PAUSED}:
        assert may_follow(before, Answer.WITHDRAWN)


def test_nothing_is_paused_or_withdrawn_that_was_not_given() -> None:
    for before in (None, Answer.REFUSED):
        assert not may_follow(before, Answer.PAUSED)
        assert not may_follow(before, Answer.WITHDRAWN)


@given(st.none() | st.sampled_from([one.value for one in Answer]), MOMENTS, MOMENTS)
def test_contact_is_allowed_only_by_a_standing_yes(status, paused_until, expires_at) -> None:
    allowed = holds(status=status, paused_until=paused_until, expires_at=expires_at, now=NOW)
    if allowed:
        assert expires_at is None or expires_at > NOW
        assert status == Answer.GRANTED or (
            status == Answer.PAUSED and paused_until is not None and paused_until <= NOW
        )
    elif status == Answer.GRANTED:
        assert expires_at is not None
        assert expires_at <= NOW
