"""Who has to agree, how much is the cap, what an export is called."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.access.policy import Role
from privacy.exports import rules
from privacy.exports.rules import Objection, Person, objection, sides_for

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("taken", "wanted", "over"),
    [(0, 249, False), (0, 250, False), (0, 251, True), (249, 1, False), (250, 1, True)],
)
def test_the_cap_is_250_rows(taken, wanted, over):
    assert rules.is_over_cap(taken, wanted) is over


def test_two_sides_below_the_cap_and_three_above():
    assert sides_for("finance", over_cap=False) == {"security_admin", "medical_qc"}
    assert sides_for("finance", over_cap=True) == {"security_admin", "medical_qc", "auditor"}
    assert sides_for("medical_qc", over_cap=False) == {"security_admin", "auditor"}
    assert sides_for("medical_qc", over_cap=True) is None
    assert sides_for("auditor", over_cap=True) is None


@given(st.sampled_from(Role.values), st.booleans())
def test_nobody_is_a_side_of_their_own(role: str, over: bool) -> None:
    sides = sides_for(role, over_cap=over)
    assert sides is None or (role not in sides and len(sides) == (3 if over else 2))


PEOPLE = st.builds(
    Person, st.uuids(), st.sampled_from(Role.values), st.just(""), st.just(frozenset())
)


@given(PEOPLE, PEOPLE, st.lists(PEOPLE, max_size=2), st.booleans())
def test_who_agrees_is_of_a_third_side(person, requester, agreed, over) -> None:
    sides = sides_for(requester.role, over_cap=over) or frozenset()
    ground = objection(
        person, requester=requester, recipient=None, recipient_name="", sides=sides, agreed=agreed
    )
    fits = person.role in sides and person.role not in {one.role for one in agreed}
    assert (ground is None) == (fits and person.pk != requester.pk)


def test_the_grounds_one_by_one():
    boss, asker = uuid4(), Person(uuid4(), "finance", "冯会计", frozenset())
    control = Person(uuid4(), "medical_qc", "秦质控", frozenset())

    def ground(person, *, recipient=None, name="", agreed=(), requester=asker):
        sides = sides_for(requester.role, over_cap=False)
        return objection(
            person, requester=requester, recipient=recipient, recipient_name=name,
            sides=sides, agreed=agreed,
        )  # fmt: skip

    assert ground(control) is None
    assert ground(asker) is Objection.OWN
    assert ground(control, recipient=control.pk) is Objection.RECIPIENT
    assert ground(control, name="卫健委 秦质控") is Objection.RECIPIENT
    assert ground(Person(uuid4(), "finance", "", frozenset())) is Objection.SAME_SIDE
    assert ground(Person(uuid4(), "auditor", "", frozenset())) is Objection.NO_SIDE
    assert ground(control, agreed=[control]) is Objection.GIVEN
    below = Person(uuid4(), "medical_qc", "", frozenset({asker.pk}))
    assert ground(below) is Objection.IN_LINE
    led = Person(asker.pk, "finance", "", frozenset({control.pk}))
    assert ground(control, requester=led) is Objection.IN_LINE
    security = Person(uuid4(), "security_admin", "", frozenset({boss}))
    assert ground(Person(boss, "medical_qc", "", frozenset()), agreed=[security]) is (
        Objection.IN_LINE
    )


def test_one_download_within_the_day():
    end = NOW + timedelta(hours=24)
    assert rules.is_downloadable("ready", end, now=NOW)
    assert not rules.is_downloadable("ready", end, now=end)
    assert not rules.is_downloadable("ready", None, now=NOW)
    assert not rules.is_downloadable("downloaded", end, now=NOW)


def test_passwords_have_a_hundred_bits_in_groups():
    made = {rules.new_password() for _ in range(200)}
    assert len(made) == 200
    assert all(
        re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}", one) for one in made
    )


@given(st.sampled_from(["", "-", " "]), st.booleans())
def test_an_exports_code_is_read_as_it_is_typed(between: str, lower: bool) -> None:
    code = rules.new_export_code()
    shown = rules.show_export_code(code).replace("-", between)
    assert rules.parse_export_code(shown.lower() if lower else shown) == code


@pytest.mark.parametrize("text", ["", "EX", "7K2M9QXA", "EX00000001"])
def test_what_is_no_exports_code(text):
    assert rules.parse_export_code(text) is None
