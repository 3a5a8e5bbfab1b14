"""Who opens everything opens honey, and the security administrator knows (T2)."""

import re

import pytest

from crm.alerts.models import Alert
from crm.honey import services
from crm.patients.models import Patient
from crm.search.services import find
from privacy.access.policy import Role
from tests.factories.exports import built
from tests.factories.people import PatientFactory, UserFactory
from tests.factories.work import work_of

pytestmark = pytest.mark.django_db(transaction=True)

LINK = re.compile(r'href="(/patients/[0-9A-Z]{8}/)')


def test_a_script_that_opens_all_of_the_list_is_seen(
    keeper, clinic, receptionist, sign_in_as, alarms
) -> None:
    for _one in range(3):
        PatientFactory.create(clinic=clinic)
    services.plant(number=2, actor=keeper)
    thief, opened = sign_in_as(receptionist), 0
    for number in (1, 2):
        page = thief.get(f"/patients/?page={number}&size=20").content.decode()
        for address in dict.fromkeys(LINK.findall(page)):
            assert thief.get(address).status_code == 200
            opened += 1
    assert opened >= 5
    (alert,) = alarms()
    assert (alert.staff, alert.clinic, alert.state) == (receptionist, clinic, Alert.State.OPEN)
    planted = {one.code for one in Patient.objects.filter(clinic=clinic, registered_by=None)}
    assert set(alert.codes) <= planted
    assert len(alert.codes) == 2


def test_the_list_and_a_search_by_name_raise_nothing(
    honey, patient, receptionist, sign_in_as, alarms
) -> None:
    sign_in_as(receptionist).get("/patients/")
    find(text="王", staff=receptionist)
    assert alarms() == []


def test_opening_an_ordinary_patient_raises_nothing(
    honey, patient, receptionist, sign_in_as, alarms
) -> None:
    sign_in_as(receptionist).get(f"/patients/{patient.code}/")
    assert alarms() == []


def test_an_export_that_two_sides_agreed_to_raises_nothing(
    honey, clinic, alarms, settings, tmp_path
) -> None:
    """It reads whole stages: each one would spend every record of the clinic."""
    settings.EXPORTS_DIR = str(tmp_path)
    accountant = UserFactory.create(clinic=clinic, role=Role.FINANCE)
    work_of(Role.FINANCE, honey)
    export = built(accountant)
    assert export.built_rows == 1
    assert alarms() == []


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.DOCTOR])
def test_the_code_typed_in_full_raises_it(honey, clinic, alarms, role) -> None:
    staff = UserFactory.create(clinic=clinic, role=role)
    find(text=honey.code, staff=staff)
    (alert,) = alarms()
    assert (alert.staff, alert.codes) == (staff, [honey.code])


def test_who_reads_notices_nothing(honey, patient, receptionist, sign_in_as, alarms) -> None:
    desk = sign_in_as(receptionist)
    page = desk.get(f"/patients/{honey.code}/")
    assert page.status_code == 200
    assert "蜜罐" not in page.content.decode()
    (alert,) = alarms()
    assert desk.get(f"/alerts/{alert.pk}/").status_code == 403


def test_retired_ones_watch_no_longer(honey, keeper, receptionist, sign_in_as, alarms) -> None:
    from crm.honey.models import HoneyRecord

    services.retire(record_id=HoneyRecord.objects.get().pk, actor=keeper)
    sign_in_as(receptionist).get(f"/patients/{honey.code}/")
    assert alarms() == []


def test_each_event_is_read_once(honey, receptionist, sign_in_as, alarms) -> None:
    sign_in_as(receptionist).get(f"/patients/{honey.code}/")
    assert [one.times for one in alarms()] == [1]
    assert [one.times for one in alarms()] == [1]
