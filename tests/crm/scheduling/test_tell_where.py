"""The patient's page says where somebody is today, instead of offering it again."""

import pytest

from crm.patients.models import Patient
from crm.patients.panels import PatientPage
from crm.scheduling import services
from crm.scheduling.models import Room
from crm.scheduling.rules import State
from crm.staff.models import Clinic, User
from privacy.access.policy import Role
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db
ARRIVE, EXPECT = "/desk/arrivals/", "/desk/expected/"


@pytest.fixture
def fresh(clinic: Clinic, receptionist: User) -> Patient:
    return PatientFactory.create(clinic=clinic, registered_by=receptionist)


def test_each_state_of_a_visit_is_said_and_not_offered_again(
    sign_in_as, fresh: Patient, receptionist: User, clinic: Clinic
) -> None:
    desk = sign_in_as(receptionist)

    def head() -> str:
        page = desk.get(f"/patients/{fresh.code}/").content.decode()
        return page.partition('<div class="head">')[2].partition('<div class="cols')[0]

    before = head()
    assert ARRIVE in before
    assert EXPECT in before

    services.expect_today(patient=fresh, purpose="first", actor=receptionist)
    assert "今日预计到诊" in head()
    assert ARRIVE in head()
    assert EXPECT not in head()

    visit = services.register_arrival(
        patient=fresh, purpose="first", last_digits="", actor=receptionist
    )
    assert "候诊中" in head()
    assert ARRIVE not in head()
    assert EXPECT not in head()

    room = Room.objects.create(clinic=clinic, label="3-01")
    services.move(visit_id=visit.pk, to=State.IN_ROOM, actor=receptionist, room=room)
    assert "3-01" in head()

    services.move(visit_id=visit.pk, to=State.DONE, actor=receptionist)
    assert ARRIVE in head()  # somebody may come twice a day


def test_a_stranger_is_told_nothing(fresh: Patient, receptionist: User) -> None:
    services.expect_today(patient=fresh, purpose="first", actor=receptionist)
    stranger = UserFactory.create(role=Role.FRONT_DESK)

    assert PatientPage.standings_of(stranger, fresh) == []
    assert len(PatientPage.standings_of(receptionist, fresh)) == 1
