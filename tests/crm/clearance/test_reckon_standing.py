"""The gate's rule, against a slow one that looks at every single day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.clearance import rules
from crm.clearance.models import Licence, Sitting
from crm.clearance.rules import (
    COURSES,
    FOREVER,
    LICENCES_BY_ROLE,
    NDA,
    PLEDGE,
    Edition,
    Evidence,
    standing,
)
from crm.clearance.texts import SHIPPED
from privacy.access.policy import Role

TODAY = date(2026, 11, 22)
SPAN = 12  # days around today that the examples play in
days = st.integers(-SPAN, SPAN).map(lambda n: TODAY + timedelta(days=n))
ROLES = st.sampled_from([role.value for role in Role])


@st.composite
def editions(draw):
    """Editions are numbered as they are published; the days they hold from need not follow."""
    return [Edition(n, day) for n, day in enumerate(draw(st.lists(days, max_size=4)), 1)]


documents = st.fixed_dictionaries(
    {NDA: editions(), PLEDGE: editions()}, optional={"manual": editions()}
)
signed = st.dictionaries(
    st.sampled_from([NDA, PLEDGE, "manual"]), st.sets(st.integers(1, 4), max_size=3)
)
kinds = sorted({kind for held in LICENCES_BY_ROLE.values() for kind in held})


def mostly(keys: list[str]):
    """Lists of last days by key; each key is there more often than not."""
    return st.fixed_dictionaries({key: st.lists(days, max_size=3) for key in keys})


evidences = st.builds(
    Evidence, signed=signed, certificates=mostly(list(COURSES)), licences=mostly(kinds)
)


def covered(day: date, role: str, texts, shown: Evidence) -> bool:
    """Whether everything that gates is in order on one day, spelt out."""
    for slug in (NDA, PLEDGE):
        held = texts[slug]
        mine = shown.signed.get(slug, set())
        asked = [one.number for one in held if one.applies_from <= day]
        if not held or any(number > max(mine, default=0) for number in asked):
            return False
    learnt = all(any(end >= day for end in shown.certificates[one]) for one in COURSES)
    needed = LICENCES_BY_ROLE.get(role, ())
    return learnt and all(any(end >= day for end in shown.licences[one]) for one in needed)


@given(ROLES, documents, evidences)
def test_cleared_until_is_the_last_day_before_the_first_gap(role, texts, shown) -> None:
    found = standing(role=role, today=TODAY, documents=texts, evidence=shown)
    after = (TODAY + timedelta(days=n) for n in range(2 * SPAN))
    gap = next(day for day in after if not covered(day, role, texts, shown))

    expected = None if gap == TODAY else gap - timedelta(days=1)
    assert found.cleared_until == expected
    assert (found.cleared_until is None) == any(line.gates for line in found.missing)


@given(ROLES, documents, evidences, st.integers(0, SPAN))
def test_waiting_alone_never_opens_the_gate(role, texts, shown, later) -> None:
    now = standing(role=role, today=TODAY, documents=texts, evidence=shown)
    then = standing(role=role, today=TODAY + timedelta(days=later), documents=texts, evidence=shown)

    if now.cleared_until is None:
        assert then.cleared_until is None
    else:
        assert then.cleared_until in {None, now.cleared_until}


@given(ROLES, documents, evidences, st.sampled_from([NDA, PLEDGE]))
def test_a_newer_edition_never_prolongs(role, texts, shown, slug) -> None:
    before = standing(role=role, today=TODAY, documents=texts, evidence=shown)
    newer = Edition(len(texts[slug]) + 1, TODAY + timedelta(days=3))
    shown = Evidence(  # nobody has signed what was not there
        {key: {n for n in held if n < newer.number} for key, held in shown.signed.items()},
        shown.certificates, shown.licences,
    )  # fmt: skip
    after = standing(
        role=role, today=TODAY, documents={**texts, slug: [*texts[slug], newer]}, evidence=shown
    )

    if texts[slug] and before.cleared_until is None:
        assert after.cleared_until is None
    if after.cleared_until is not None:
        assert after.cleared_until <= TODAY + timedelta(days=2)


def test_policies_are_listed_and_gate_nothing() -> None:
    year = TODAY + timedelta(days=365)
    texts = {slug: [Edition(1, TODAY)] for slug in (NDA, PLEDGE, "manual")}
    shown = Evidence({NDA: {1}, PLEDGE: {1}}, {key: [year] for key in COURSES}, {})

    found = standing(role="consultant", today=TODAY, documents=texts, evidence=shown)

    assert found.cleared_until == year
    assert [line.item for line in found.missing] == ["document:manual"]


def test_a_policy_that_is_to_come_is_not_asked_for_yet() -> None:
    later = [Edition(1, TODAY + timedelta(days=9))]
    assert rules.signed_until(later, set(), TODAY) == TODAY + timedelta(days=8)
    assert rules.in_force(later, TODAY) == 0
    assert rules.in_force([Edition(1, TODAY), *later], TODAY) == 1


@pytest.mark.parametrize(
    ("left", "due"), [(-1, None), (0, 7), (7, 7), (8, 30), (30, 30), (31, None)]
)
def test_reminders_come_at_thirty_and_seven_days(left: int, due: int | None) -> None:
    assert rules.reminder(TODAY + timedelta(days=left), TODAY) == due


def test_what_is_missing_or_endless_needs_no_reminder() -> None:
    assert rules.reminder(None, TODAY) is None
    assert rules.reminder(FOREVER, TODAY) is None


@given(st.dictionaries(st.text("abc", min_size=1), st.integers(0, 3)), st.integers(0, 3))
def test_a_score_counts_right_answers_only(given_answers, right) -> None:
    marked = dict.fromkeys(["a", "b", "c"], right)
    points = rules.score(given_answers, marked)
    assert points == sum(given_answers.get(key) == right for key in "abc")


@pytest.mark.parametrize(("points", "passed"), [(3, False), (4, True), (5, True)])
def test_four_of_five_are_eighty_per_cent(points: int, passed: bool) -> None:
    assert rules.is_passed(points, of=5, percent=80) is passed


def test_rules_tables_and_texts_agree() -> None:
    assert set(COURSES) == set(Sitting.Course.values)
    assert set(kinds) <= set(Licence.Kind.values)
    assert set(LICENCES_BY_ROLE) <= set(Role.values)
    assert {NDA, PLEDGE} < {draft.slug for draft in SHIPPED}
    assert rules.hash_of("a", "b") != rules.hash_of("ab", "")
