"""So many searches by name or number a minute, each person for themselves (T18)."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
import time_machine

from crm.web.idempotency import FIELD
from privacy.access.policy import Role
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
PHONE = "13900139999"
START = datetime(2026, 11, 22, 1, 0, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(settings):
    settings.LOOKUPS_A_MINUTE = 3
    with time_machine.travel(START, tick=False) as moment:
        yield moment


@pytest.fixture
def look(receptionist, sign_in_as):
    client = sign_in_as(receptionist)
    return lambda text: client.post("/search/", {"q": text})


def test_the_fourth_waits_and_is_booked_once(look, booked, receptionist, patient):
    statuses = [look(PHONE).status_code for _ in range(6)]
    refusal = look("138 0013 8000")  # there is such a patient, and the answer does not tell

    assert statuses == [200, 200, 200, 429, 429, 429]
    assert refusal.status_code == 429
    assert "55" in refusal.content.decode()
    assert patient.code not in refusal.content.decode().replace("-", "")
    (denial,) = booked("access.denied")
    assert (denial.actor, denial.reason, denial.target) == (
        receptionist.pk, "cap_reached", "search",
    )  # fmt: skip


def test_the_next_minute_is_free(look, clock):
    for _ in range(4):
        look(PHONE)
    clock.shift(55)

    assert look(PHONE).status_code == 200


def test_codes_name_nobody_and_are_not_counted(look, patient):
    for _ in range(5):
        assert look(patient.code)["Location"] == f"/patients/{patient.code}/"


def test_a_colleague_has_a_cap_of_their_own(look, clinic, sign_in_as):
    for _ in range(4):
        look(PHONE)
    other = sign_in_as(UserFactory.create(clinic=clinic, role=Role.FRONT_DESK))

    assert other.post("/search/", {"q": PHONE}).status_code == 200


def test_the_look_for_doubles_counts_too_and_a_miss_is_booked(
    look, sign_in_as, receptionist, patient, booked
):
    desk = sign_in_as(receptionist)
    look(PHONE)
    typed = {"phone": "13900139998"}
    statuses = [desk.post("/patients/new/similar/", typed).status_code for _ in range(3)]
    hit = desk.post("/patients/new/similar/", {"phone": "13800138000"})

    assert statuses == [200, 200, 429]
    assert hit.status_code == 429
    assert patient.code not in hit.content.decode().replace("-", "")
    assert [one.actor for one in booked("patient.nobody_similar")] == [receptionist.pk] * 2


def test_typing_a_name_alone_looks_for_nobody(sign_in_as, receptionist, booked):
    desk = sign_in_as(receptionist)
    for _ in range(5):
        assert desk.post("/patients/new/similar/", {"name": "王女士"}).status_code == 200
    assert not booked("patient.nobody_similar")


def test_registering_beyond_it_keeps_what_was_typed(look, sign_in_as, receptionist):
    for _ in range(3):
        look(PHONE)
    form = {
        "name": "王女士",
        "phone": PHONE,
        "chief_complaint": "咨询",
        FIELD: str(uuid4()),
    }
    answer = sign_in_as(receptionist).post("/patients/new/", form)

    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors()
    assert PHONE in answer.content.decode()
