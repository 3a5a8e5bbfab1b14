"""Once a year somebody reads who opened the records of children (R18)."""

import pytest
from django.utils import timezone

from crm.patients.models import Patient
from crm.patients.selectors import Filters
from crm.patients.services import guarding, viewing
from crm.staff.models import User
from privacy.access.policy import Role
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db
ADDRESS = "/audit/?patients=minors"


@pytest.fixture
def auditor(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.AUDITOR)


@pytest.fixture
def child(clinic, carer) -> Patient:
    patient = PatientFactory.create(clinic=clinic)
    patient.care_team.create(staff=carer)
    guarding.mark_minor(patient=patient)
    return patient


def actions(page) -> set[str]:
    return {row.event.action for row in page.context["screen"].rows}


def test_openings_of_children_and_nobody_elses(auditor, child, patient, carer, sign_in_as) -> None:
    viewing.open_patient(staff=carer, patient=child)
    viewing.open_patient(staff=carer, patient=patient)
    viewing.list_patients(staff=carer, filters=Filters(), number=1, size=20)
    page = sign_in_as(auditor).get(ADDRESS)
    assert actions(page) == {"patient.opened"}
    (row,) = page.context["screen"].rows
    assert row.codes == [child.code]


def test_without_children_there_is_nothing(auditor, patient, carer, sign_in_as) -> None:
    viewing.open_patient(staff=carer, patient=patient)
    assert actions(sign_in_as(auditor).get(ADDRESS)) == set()


def test_the_list_leaves_as_a_file_and_says_what_was_asked(
    auditor, child, carer, sign_in_as, booked
) -> None:
    viewing.open_patient(staff=carer, patient=child)
    answer = sign_in_as(auditor).post(
        f"/audit/export/?patients=minors&since={timezone.localdate()}",
        {"reason": "年度未成年人记录访问审计"},
    )
    text = b"".join(answer.streaming_content).decode()
    assert child.code in text
    assert len(text.strip().splitlines()) == 2
    assert booked("audit.exported")[0].detail["codes"] == 1


def test_another_clinics_children_are_not_told(child, carer, sign_in_as) -> None:
    viewing.open_patient(staff=carer, patient=child)
    stranger = UserFactory.create(role=Role.AUDITOR)
    assert actions(sign_in_as(stranger).get(ADDRESS)) == set()
