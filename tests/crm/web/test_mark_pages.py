"""Plain data bears a mark: a photograph or a print names who made it, and when (T2)."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from crm.patients.services.registration import issue_visit_code
from privacy.access.policy import Role
from tests.factories.access import broken, granted, used_long_ago
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db
MARK = re.compile(r'<svg class="mark" data-over="(\w+)" aria-hidden="true".*?</svg>', re.DOTALL)
NIGHT = datetime(2026, 11, 22, 1, 2, 59, tzinfo=ZoneInfo("Asia/Shanghai"))


def marks(answer) -> dict[str, list[str]]:
    """Where a page is marked, and with which words."""
    return {
        found[1]: re.findall(r"<text[^>]*>(.*?)</text>", found[0])
        for found in MARK.finditer(answer.content.decode())
    }


@pytest.mark.parametrize("fragment", [True, False])
def test_a_revealed_value_bears_staff_number_and_clinic_time(
    sign_in_as, receptionist, patient, fragment
) -> None:
    address = f"/patients/{patient.code}/reveal/"
    why = {"field": "phone", "purpose": "call", "reason": "致电患者确认预约时间"}
    head = {"HX-Request": "true"} if fragment else {}
    with time_machine.travel(NIGHT, tick=False):
        issue_visit_code(patient=patient, actor=receptionist)
        desk = sign_in_as(receptionist)
        asked = desk.get(address, headers=head)
        shown = desk.post(address, why, headers=head)

    assert marks(asked) == {}
    assert marks(shown) == {"panel": [receptionist.staff_no, "2026-11-22 01:02"]}


def test_after_breaking_the_glass_every_page_is_marked_and_no_longer_than_that(
    sign_in_as, clinic, patient
) -> None:
    nurse = UserFactory.create(clinic=clinic, role=Role.NURSE)
    page = f"/patients/{patient.code}/"
    broken(patient, nurse)
    browser = sign_in_as(nurse)
    for address in (page, "/patients/", "/account/"):
        assert marks(browser.get(address))["page"][0] == nurse.staff_no
    over = UserFactory.create(clinic=clinic, role=Role.NURSE)
    used_long_ago(patient, over, minutes=31)
    assert marks(sign_in_as(over).get("/patients/")) == {}


def test_what_others_agreed_to_and_ones_own_patients_are_not_marked(
    sign_in_as, clinic, patient, carer
) -> None:
    nurse = UserFactory.create(clinic=clinic, role=Role.NURSE)
    granted(patient, nurse, carer)
    own = PatientFactory.create(clinic=clinic)
    own.care_team.create(staff=nurse)
    browser = sign_in_as(nurse)
    for one in (patient, own):
        assert marks(browser.get(f"/patients/{one.code}/")) == {}
