"""A guarded patient arrives at a desk that knows the code and nothing else (T1)."""

import uuid

import pytest
from django.test import Client

from crm.scheduling import services
from crm.scheduling.models import Visit
from crm.scheduling.rooms import add_room
from crm.scheduling.rules import State
from crm.staff.models import User
from privacy.access.policy import Role
from privacy.pseudonyms.rules import display_code
from tests.factories.access import granted
from tests.factories.guards import guarded_by
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def doctor(clinic, patient) -> User:
    user = UserFactory.create(clinic=clinic, role=Role.DOCTOR)
    patient.care_team.create(staff=user)
    return user


@pytest.fixture
def guarded(patient, doctor):
    guarded_by(patient, doctor)
    return patient


@pytest.fixture
def desk(receptionist, sign_in_as) -> Client:
    return sign_in_as(receptionist)


def sent(**data: str) -> dict[str, str]:
    return {"idempotency_key": str(uuid.uuid4()), **data}


def test_from_the_card_to_the_end_of_the_visit(desk, guarded, receptionist, booked) -> None:
    room = add_room(label="3-01", actor=receptionist)
    asked = desk.post("/desk/arrivals/", {"code": display_code(guarded.code)}, follow=True)
    assert asked.redirect_chain == [(f"/desk/arrivals/{guarded.code}/", 302)]
    address, page = asked.redirect_chain[0][0], asked.content.decode()
    main = page[page.index("<main") :]
    assert not any(one in main for one in ("purpose", "last_digits", "王", "8000"))

    assert desk.post(address, sent()).status_code == 422  # the card was not seen
    assert desk.post(address, sent(shown_code="on")).status_code == 302

    visit = Visit.objects.get()
    assert (visit.state, visit.purpose) == (State.WAITING, Visit.Purpose.OTHER)
    assert booked("visit.arrived")[0].codes == [guarded.code]
    assert desk.post(f"/desk/visits/{visit.pk}/call/", sent(room=str(room.pk))).status_code == 302
    assert desk.post(f"/desk/visits/{visit.pk}/done/", sent()).status_code == 302
    assert desk.get(f"/patients/{guarded.code}/").status_code == 404
    board = desk.get("/desk/").content.decode()
    assert guarded.code not in board
    assert guarded.spaced_code not in board


def test_by_the_number_of_the_day_with_the_code_of_the_card(
    desk, guarded, receptionist, booked
) -> None:
    """The board knows the number; the code is said by who arrives and compared on the server."""
    visit = services.expect_today(patient=guarded, purpose="examination", actor=receptionist)
    address = f"/desk/visits/{visit.pk}/arrive/"
    assert f'href="{address}"' in desk.get("/desk/").content.decode()
    assert desk.post("/desk/arrivals/", {"code": visit.called})["Location"] == address
    page = desk.get(address).content.decode()
    assert visit.called in page
    assert not any(one in page for one in (guarded.code, guarded.spaced_code, "检查", "王", "8000"))

    other = PatientFactory.create(clinic=guarded.clinic)
    for wrong in ("", "8000", other.code):
        assert desk.post(address, sent(card_code=wrong)).status_code == 422
    assert [one.codes for one in booked("visit.code_mismatched")] == [[guarded.code]] * 2
    done = desk.post(address, sent(card_code=guarded.spaced_code.lower()))

    assert done.status_code == 302
    visit.refresh_from_db()
    assert (visit.state, visit.purpose) == (State.WAITING, "examination")
    assert desk.get(address).status_code == 404  # it has begun
    assert desk.post(address, sent(card_code=guarded.code)).status_code == 404


def test_who_has_a_number_and_no_visit_shows_the_card(desk, guarded, receptionist) -> None:
    visit = services.expect_today(patient=guarded, purpose="first", actor=receptionist)
    Visit.objects.filter(pk=visit.pk).update(state=State.LEFT)

    answer = desk.post("/desk/arrivals/", {"code": visit.called}, follow=True)

    assert answer.redirect_chain == [("/", 302)]
    assert [one.level_tag for one in answer.context["messages"]] == ["error"]


def test_they_are_expected_without_a_word_of_what_for(desk, guarded) -> None:
    address = f"/desk/expected/{guarded.code}/"
    assert desk.post("/desk/expected/", {"code": guarded.code})["Location"] == address
    page = desk.get(address).content.decode()
    assert 'name="purpose"' not in page
    assert f"/patients/{guarded.code}/" not in page
    assert desk.post(address, sent()).status_code == 302
    assert Visit.objects.get().purpose == Visit.Purpose.OTHER


def test_the_desk_of_their_own_team_works_as_for_anybody(desk, guarded, receptionist) -> None:
    guarded.care_team.create(staff=receptionist)
    visit = services.expect_today(patient=guarded, purpose="first", actor=receptionist)
    assert desk.get(f"/desk/visits/{visit.pk}/arrive/")["Location"] == (
        f"/desk/arrivals/{guarded.code}/"
    )
    answer = desk.post(f"/desk/arrivals/{guarded.code}/", sent(purpose="first", last_digits="8000"))
    assert answer.status_code == 302


def test_who_was_let_in_for_a_time_checks_in_by_the_code_too(desk, guarded, receptionist, doctor):
    granted(guarded, receptionist, doctor)
    address = f"/desk/arrivals/{guarded.code}/"
    assert 'name="last_digits"' not in desk.get(address).content.decode()
    assert desk.post(address, sent(shown_code="on")).status_code == 302


def test_twice_is_told_and_keeps_the_page(desk, guarded) -> None:
    address = f"/desk/arrivals/{guarded.code}/"
    desk.post(address, sent(shown_code="on"))
    assert desk.post(address, sent(shown_code="on")).status_code == 422
    assert desk.post(f"/desk/expected/{guarded.code}/", sent()).status_code == 422


def test_strangers_and_the_patient_themselves_find_nobody(
    guarded, stranger, receptionist, sign_in_as, booked
) -> None:
    visit = services.expect_today(patient=guarded, purpose="first", actor=receptionist)
    addresses = [
        f"/desk/arrivals/{guarded.code}/",
        f"/desk/expected/{guarded.code}/",
        f"/desk/visits/{visit.pk}/arrive/",
    ]
    elsewhere = UserFactory.create(clinic=stranger.clinic, role=Role.FRONT_DESK)
    for address in addresses:
        assert sign_in_as(elsewhere).get(address).status_code == 404
        assert sign_in_as(elsewhere).post(address, sent(shown_code="on")).status_code == 404
    found = booked("access.not_found")
    assert len([one for one in found if one.actor == elsewhere.pk]) == 6
