"""The desk's day: a second fact, one patient a room, thirty seconds to take a slip back."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from crm.patients.models import Patient, PatientContact
from crm.scheduling import services
from crm.scheduling.models import Visit
from crm.scheduling.rooms import add_room
from crm.scheduling.rules import State, digits_fit, may_follow, may_undo
from crm.staff.middleware import SEEN
from privacy.access.policy import Role
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.errors import Conflict
from tests.factories.guards import guarded_by
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(receptionist, sign_in_as):
    return sign_in_as(receptionist)


@pytest.fixture
def room(receptionist):
    return add_room(label="3-01", actor=receptionist)


@pytest.fixture
def post(desk):
    def send(path, **data):
        return desk.post(path, {"idempotency_key": str(uuid.uuid4()), **data})

    return send


@pytest.fixture
def arrived(post, patient):
    post(f"/desk/arrivals/{patient.code}/", purpose="first", last_digits="8000")
    return Visit.objects.get(patient=patient)


def events(action):
    with acting_as(READER):
        return list(AuditEvent.objects.filter(action=action))


def test_the_right_digits_let_somebody_wait(arrived, desk, patient):
    page = desk.get("/").content.decode()

    assert arrived.state == State.WAITING
    assert "B-001" in page
    assert "8000" not in page
    assert "王" not in page
    assert events("visit.arrived")[0].codes == [patient.code]


def test_wrong_digits_are_refused_booked_and_tell_nothing(post, patient):
    answer = post(f"/desk/arrivals/{patient.code}/", purpose="first", last_digits="1234")

    assert answer.status_code == 422
    assert "8000" not in answer.content.decode()
    assert not Visit.objects.exists()
    assert events("visit.identity_mismatched")[0].codes == [patient.code]


def test_full_width_digits_fit(post, patient):
    post(f"/desk/arrivals/{patient.code}/", purpose="first", last_digits="８０ ００")

    assert Visit.objects.exists()


def test_without_a_phone_the_code_card_must_be_seen(post, clinic):
    bare = PatientFactory.create(clinic=clinic, contact={"phone": ""})
    path = f"/desk/arrivals/{bare.code}/"

    without = post(path, purpose="first", last_digits="0000")
    seen = post(path, purpose="first", shown_code="on")

    assert (without.status_code, seen.status_code) == (422, 302)


def test_an_unreadable_phone_lets_nobody_in(post, patient):
    PatientContact.objects.filter(patient=patient).update(phone=b"\x01\x01" + bytes(60))

    answer = post(f"/desk/arrivals/{patient.code}/", purpose="first", last_digits="8000")

    assert answer.status_code == 422
    assert events("crypto.failed")


def test_who_has_just_been_registered_here_needs_no_second_fact(post, clinic, receptionist):
    fresh = PatientFactory.create(clinic=clinic, registered_by=receptionist)

    assert post(f"/desk/arrivals/{fresh.code}/", purpose="first").status_code == 302


def test_nobody_is_here_twice(arrived, post, patient, receptionist):
    again = post(f"/desk/arrivals/{patient.code}/", purpose="first", last_digits="8000")

    assert again.status_code == 422
    with pytest.raises(Conflict):
        services.expect_today(patient=patient, purpose="first", actor=receptionist)


def test_expected_becomes_waiting(post, patient):
    post(f"/desk/expected/{patient.code}/", purpose="fees")
    post(f"/desk/arrivals/{patient.code}/", purpose="first", last_digits="8000")

    assert Visit.objects.get().state == State.WAITING


def test_the_patient_page_and_the_board_offer_to_expect_somebody(desk, patient):
    address = f"/desk/expected/{patient.code}/"

    assert address in desk.get(f"/patients/{patient.code}/").content.decode()
    assert 'action="/desk/expected/"' in desk.get("/").content.decode()
    assert desk.get(address).status_code == 200


def test_expecting_somebody_gives_todays_number_and_says_what_for(post, desk, patient):
    assert post("/desk/expected/", code=patient.code)["Location"].endswith(
        f"/desk/expected/{patient.code}/"
    )
    answer = post(f"/desk/expected/{patient.code}/", purpose="fees")

    visit = Visit.objects.get()
    assert (answer.status_code, visit.state, visit.purpose) == (302, State.EXPECTED, "fees")
    assert "B-001" in desk.get("/").content.decode()
    assert events("visit.expected")[0].codes == [patient.code]
    again = post(f"/desk/expected/{patient.code}/", purpose="fees")
    assert again.status_code == 422


def test_a_code_said_at_the_desk_leads_to_the_arrival(post, patient, desk, arrived):
    for said in (patient.code.lower(), "b001", "1"):
        assert post("/desk/arrivals/", code=said)["Location"].endswith(f"/{patient.code}/")
    assert post("/desk/arrivals/", code="ZZZ")["Location"] == "/"


def test_one_patient_a_room(arrived, post, room, clinic, receptionist):
    other = PatientFactory.create(clinic=clinic, registered_by=receptionist)
    second = services.register_arrival(
        patient=other, purpose="first", last_digits="", actor=receptionist
    )
    called = post(f"/desk/visits/{arrived.pk}/call/", room=str(room.pk))
    taken = post(f"/desk/visits/{second.pk}/call/", room=str(room.pk))

    assert (called.status_code, taken.status_code) == (302, 422)
    with pytest.raises(Conflict):
        services.move(visit_id=second.pk, to=State.IN_ROOM, actor=receptionist, room=room)
    post(f"/desk/visits/{arrived.pk}/done/")
    assert post(f"/desk/visits/{second.pk}/call/", room=str(room.pk)).status_code == 302


def test_a_room_that_fills_meanwhile_is_said_beside_the_choice(arrived, post, room, monkeypatch):
    def full(**_facts: object) -> None:
        raise Conflict("诊室已满")

    monkeypatch.setattr(services, "move", full)
    answer = post(f"/desk/visits/{arrived.pk}/call/", room=str(room.pk))

    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'class="err-sum"' in page
    assert page.count("诊室已满") == 2  # in the summary and at the field
    assert f'value="{room.pk}"' in page


def test_who_was_called_in_meanwhile_is_not_called_again(arrived, post, room, desk, receptionist):
    other = add_room(label="3-02", actor=receptionist)
    post(f"/desk/visits/{arrived.pk}/call/", room=str(room.pk))
    desk.get("/")  # with the word that the number was called
    address = f"/desk/visits/{arrived.pk}/call/"
    assert desk.get(address)["Location"] == "/"
    assert "刚刚有人处理了这位患者" in desk.get("/").content.decode()
    assert post(address, room=str(other.pk))["Location"] == "/"
    assert "刚刚有人处理了这位患者" in desk.get("/").content.decode()
    arrived.refresh_from_db()
    assert arrived.room == room


def test_a_step_out_of_order_is_said_on_the_board(arrived, post, desk):
    assert post(f"/desk/visits/{arrived.pk}/done/")["Location"] == "/"

    assert "刚刚有人处理了这位患者" in desk.get("/").content.decode()
    arrived.refresh_from_db()
    assert arrived.state == State.WAITING


def test_what_came_to_nothing_may_be_sent_again_from_the_page_one_had(arrived, post, desk, room):
    sent = {"idempotency_key": str(uuid.uuid4())}
    desk.post(f"/desk/visits/{arrived.pk}/done/", sent)
    post(f"/desk/visits/{arrived.pk}/call/", room=str(room.pk))

    desk.post(f"/desk/visits/{arrived.pk}/done/", sent)

    arrived.refresh_from_db()
    assert arrived.state == State.DONE


def test_a_slip_is_taken_back_and_both_steps_stay_in_the_trail(arrived, post, room, desk):
    post(f"/desk/visits/{arrived.pk}/call/", room=str(room.pk))
    assert f"/desk/visits/{arrived.pk}/undo/" in desk.get("/").content.decode()

    post(f"/desk/visits/{arrived.pk}/undo/")

    arrived.refresh_from_db()
    assert (arrived.state, arrived.room) == (State.WAITING, None)
    assert len(events("visit.called")) == len(events("visit.undone")) == 1
    desk.get("/")  # with the word that it was taken back
    assert post(f"/desk/visits/{arrived.pk}/undo/")["Location"] == "/"
    assert "已过撤销时间" in desk.get("/").content.decode()


def test_after_half_a_minute_it_is_too_late(arrived, post, desk):
    Visit.objects.filter(pk=arrived.pk).update(changed_at=timezone.now() - timedelta(minutes=1))

    assert post(f"/desk/visits/{arrived.pk}/undo/")["Location"] == "/"
    assert "已过撤销时间" in desk.get("/").content.decode()


def test_an_arrival_taken_back_is_expected_again(arrived, post):
    post(f"/desk/visits/{arrived.pk}/undo/")

    arrived.refresh_from_db()
    assert (arrived.state, arrived.arrived_at) == (State.EXPECTED, None)
    post(f"/desk/visits/{arrived.pk}/left/")
    arrived.refresh_from_db()
    assert arrived.state == State.LEFT


def test_the_poll_books_nothing_new_and_keeps_no_session_alive(arrived, desk):
    mark = desk.get("/").context["mark"]
    before, seen = len(events("visit.board_viewed")), desk.session[SEEN]
    session = desk.session
    session[SEEN] = seen - 100
    session.save()

    fragment = desk.get(f"/?seen={mark}", headers={"HX-Request": "true", "X-Poll": "1"})

    assert b"<html" not in fragment.content
    assert len(events("visit.board_viewed")) == before
    assert desk.session[SEEN] == seen - 100
    desk.get("/?seen=forged", headers={"HX-Request": "true", "X-Poll": "1"})
    assert len(events("visit.board_viewed")) == before + 1


def test_to_dos_are_real(desk, clinic, arrived):
    bare = PatientFactory.create(clinic=clinic, status="provisional", contact={"phone": ""})
    Visit.objects.filter(pk=arrived.pk).update(arrived_at=timezone.now() - timedelta(hours=1))

    kinds = {(todo.kind, todo.patient.code) for todo in desk.get("/").context["board"].todos}

    assert ("long-wait", arrived.patient.code) in kinds
    assert ("ask-phone", bare.code) in kinds
    assert ("ask-consents", bare.code) in kinds


def test_to_dos_are_counted_and_all_of_them_can_be_seen(desk, clinic):
    for _number in range(7):
        PatientFactory.create(clinic=clinic)

    few = desk.get("/")
    whole = desk.get("/?todo=all")

    assert len(few.context["board"].todos) == 5
    assert few.context["board"].todos_in_all == 7
    assert "显示 5 项，共 7 项" in few.content.decode()
    assert 'href="/?todo=all#h-todo"' in few.content.decode()
    assert len(whole.context["board"].todos) == 7
    assert "7 项" in whole.content.decode()
    assert 'hx-get="/?todo=all&amp;seen=' in whole.content.decode()


def test_strangers_cannot_touch_a_visit(sign_in_as, stranger, arrived, room):
    client = sign_in_as(stranger)

    for step in ("done", "left", "undo", "call"):
        answer = client.post(
            f"/desk/visits/{arrived.pk}/{step}/", {"idempotency_key": str(uuid.uuid4())}
        )
        assert answer.status_code == 404, step


@pytest.mark.parametrize("role", [role for role in Role if role != Role.FRONT_DESK])
def test_only_the_front_desk_works_the_board(sign_in_as, clinic, patient, role):
    client = sign_in_as(UserFactory.create(clinic=clinic, role=role))

    assert client.get("/desk/").status_code == 403
    assert client.get(f"/desk/arrivals/{patient.code}/").status_code == 403


@pytest.mark.parametrize(
    ("before", "after", "may"),
    [
        (State.EXPECTED, State.WAITING, True),
        (State.WAITING, State.IN_ROOM, True),
        (State.IN_ROOM, State.DONE, True),
        (State.DONE, State.WAITING, False),
        (State.EXPECTED, State.DONE, False),
        (State.LEFT, State.WAITING, False),
    ],
)
def test_states_follow_each_other(before, after, may):
    assert may_follow(before, after) is may


def test_undo_is_for_one_step_and_half_a_minute():
    now = timezone.now()

    assert may_undo(previous="waiting", changed_at=now - timedelta(seconds=30), now=now)
    assert not may_undo(previous="waiting", changed_at=now - timedelta(seconds=36), now=now)
    assert not may_undo(previous="", changed_at=now, now=now)


@pytest.mark.parametrize(
    ("given", "fits"),
    [("8000", True), ("800", False), ("", False), ("138000", False), ("800x", False)],
)
def test_the_last_four_digits(given, fits):
    assert digits_fit("+8613800138000", given) is fits


@pytest.mark.parametrize("step", ["call", "done", "left", "undo"])
def test_asking_for_a_visit_out_of_reach_is_booked(post, step):
    assert post(f"/desk/visits/{uuid.uuid4()}/{step}/").status_code == 404
    assert len(events("access.not_found")) == 1


def test_a_code_of_another_clinic_at_the_desk_is_booked(post):
    stranger = PatientFactory.create()

    post("/desk/arrivals/", code=stranger.code)

    told = {(bool(event.actor), *event.codes) for event in events("access.not_found")}
    assert told == {(True,), (False, stranger.code)}


def test_of_a_guarded_patient_the_board_shows_the_number_alone(desk, patient, receptionist, carer):
    """Neither what they come for, nor a wish, nor a way that ends at "not found" (T1)."""
    Patient.objects.filter(pk=patient.pk).update(same_sex_staff=True)
    visit = services.expect_today(patient=patient, purpose="examination", actor=receptionist)
    words = ("同性医护", visit.get_purpose_display(), f"/arrivals/{patient.code}/")
    board = desk.get("/desk/").content.decode()
    assert all(one in board for one in words)
    guarded_by(patient, carer)
    board = desk.get("/desk/").content.decode()
    assert visit.called in board
    row = board[board.index(visit.called) :].partition("</tr>")[0]
    assert not any(one in row for one in words)
