"""The same box leads from an estimate's number to the estimate, for those who may see it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.fees.lifecycle import State
from consult.fees.rules import parse_number
from privacy.access.policy import Permission, Role, roles_with
from tests.factories.fees import make_version
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def estimate(patient, carer):
    return make_version(patient, carer, state=State.ISSUED).estimate


@pytest.fixture
def look(sign_in_as):
    return lambda user, text: sign_in_as(user).post("/search/", {"q": text})


def test_the_exact_number_leads_to_the_document(look, carer, estimate, booked, patient):
    for text in (
        estimate.number,
        estimate.number.lower(),
        estimate.number.replace("-", " "),
        estimate.number.replace("-", "－"),
    ):
        assert look(carer, text)["Location"] == f"/fees/{estimate.number}/v1/", text
    event = booked("search.found")[0]
    assert (event.codes, event.target) == ([patient.code], f"estimate:{estimate.pk}")


def test_part_of_a_number_or_a_wrong_one_finds_nothing(look, carer, estimate):
    for text in (estimate.number[:-1], "E-2026", "E-1999-0001"):
        answer = look(carer, text)
        assert answer.status_code == 200
        assert estimate.number not in answer.content.decode()


def test_a_colleague_off_the_team_finds_nothing_and_is_booked(look, colleague, estimate, booked):
    answer = look(colleague, estimate.number)
    nowhere = look(colleague, "E-1999-0001")

    assert answer.status_code == 200
    assert len(answer.content) == len(nowhere.content)
    (denial,) = booked("access.not_found")
    assert denial.codes == [estimate.patient.code]


def test_another_clinic_finds_nothing(look, stranger, estimate, booked):
    assert look(stranger, estimate.number).status_code == 200
    assert booked("search.found")[0].codes == []


@pytest.mark.parametrize("role", sorted(roles_with(Permission.SEARCH_PATIENTS)))
def test_only_roles_that_see_estimates_are_led_there(look, clinic, estimate, role, booked):
    user = UserFactory.create(clinic=clinic, role=role)
    estimate.patient.care_team.create(staff=user)

    led = look(user, estimate.number).status_code == 302

    assert led is (role in roles_with(Permission.VIEW_ESTIMATES))
    denied = booked("access.denied")
    assert [event.reason for event in denied] == ([] if led else [Permission.VIEW_ESTIMATES])


def test_there_are_roles_that_search_and_see_no_estimates():
    searching = roles_with(Permission.SEARCH_PATIENTS)
    assert searching - roles_with(Permission.VIEW_ESTIMATES) == {Role.FOLLOWUP_AGENT, Role.NURSE}


@given(st.text(max_size=20))
def test_a_parsed_number_is_whole(text):
    number = parse_number(text)
    assert number is None or parse_number(number) == number
