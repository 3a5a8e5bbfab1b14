"""Who had to do with whom at the moment of a look, and who may be a relative (S60)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from crm.joint_review import grounds
from crm.patients.rules import name_tokens
from crm.patients.services.care import add_to_team, hand_over_team, remove_from_team
from crm.scheduling import services as scheduling
from crm.scheduling.models import Visit
from privacy.access.policy import Role
from tests.crm.joint_review.conftest import MONDAY, moment, on, travelled
from tests.factories.access import used_long_ago
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_neither_booked_nor_assigned(
    write, drawn, carer, colleague, receptionist, patient, clinic
) -> None:
    booked = PatientFactory.create(clinic=clinic)
    with travelled(moment(MONDAY, 9)):
        scheduling.expect_today(patient=booked, purpose=Visit.Purpose.FIRST, actor=receptionist)
    mine = UserFactory.create(clinic=clinic, role=Role.FRONT_DESK)
    registered = PatientFactory.create(clinic=clinic, registered_by=mine)
    write(carer, subjects=[patient])  # on the care team
    write(receptionist, subjects=[booked])
    write(mine, subjects=[registered])
    write(UserFactory.create(clinic=clinic, role=Role.FINANCE), subjects=[patient])
    write(receptionist, subjects=[patient, booked])  # a list
    odd = {
        write(colleague, subjects=[patient], at=moment(MONDAY, 11)),
        write(colleague, subjects=[booked], at=moment(MONDAY, 11)),
        write(receptionist, subjects=[patient], at=moment(MONDAY, 11)),
    }
    write(colleague, subjects=[patient], at=moment(MONDAY, 12))  # the same day again
    assert on(drawn(), "out_of_relation") == odd


def test_joining_after_the_look_explains_nothing(write, drawn, carer, colleague, patient) -> None:
    early = write(colleague, subjects=[patient], at=moment(MONDAY, 10))
    with travelled(moment(MONDAY, 11)):
        add_to_team(patient=patient, member=colleague, reason="cover", actor=carer)
    write(colleague, subjects=[patient], at=moment(MONDAY + timedelta(1), 10))
    assert on(drawn(), "out_of_relation") == {early}


def test_who_has_left_was_on_the_team_then(write, drawn, carer, colleague, patient) -> None:
    """Joined, left and joined again; and the carer, as old as the record, left for good."""
    looks, days = [], [MONDAY + timedelta(days=day) for day in range(5)]
    for day, act in zip(days, ("in", "out", "in", "out", ""), strict=True):
        looks.append(write(colleague, subjects=[patient], at=moment(day, 8)))
        with travelled(moment(day, 9)):
            if act == "in":
                add_to_team(patient=patient, member=colleague, reason="cover", actor=carer)
            elif act:
                row = patient.care_team.get(staff=colleague)
                remove_from_team(patient=patient, member_id=row.pk, actor=carer)
    write(carer, subjects=[patient], at=moment(days[2], 8))
    with travelled(moment(days[3], 12)):
        row = patient.care_team.get(staff=carer)
        remove_from_team(patient=patient, member_id=row.pk, actor=carer)
    gone = write(carer, subjects=[patient], at=moment(days[4], 8))
    assert on(drawn(), "out_of_relation") == {looks[0], looks[2], looks[4], gone}


def test_a_place_that_was_handed_over_is_the_successors_since_then(
    write, drawn, carer, colleague, keeper, patient
) -> None:
    write(carer, subjects=[patient], at=moment(MONDAY, 10))
    early = write(colleague, subjects=[patient], at=moment(MONDAY, 10))
    with travelled(moment(MONDAY, 12)):
        hand_over_team(leaver=carer, successor=colleague, actor=keeper)
    tuesday = MONDAY + timedelta(days=1)
    late = write(carer, subjects=[patient], at=moment(tuesday, 10))
    write(colleague, subjects=[patient], at=moment(tuesday, 10))
    assert on(drawn(), "out_of_relation") == {early, late}


def test_access_for_a_time_explains_a_look(write, drawn, colleague, patient) -> None:
    with travelled(moment(MONDAY, 10)):
        used_long_ago(patient, colleague, minutes=10)
    write(colleague, subjects=[patient], at=moment(MONDAY, 10))
    late = write(colleague, subjects=[patient], at=moment(MONDAY + timedelta(1), 10))
    assert on(drawn(), "out_of_relation") == {late}


def test_without_name_search_the_sheet_says_what_it_does_not(
    write, drawn, carer, keeper, settings, sign_in_as, client
) -> None:
    settings.NAME_SEARCH = False
    write(carer)
    sheet = drawn()
    settings.NAME_SEARCH = True  # what a sheet says is frozen
    assert [one.code for one in grounds.unexamined_on(sheet.counts)] == ["same_surname"]
    browser = sign_in_as(keeper)
    for door in ("sheet", "print"):
        page = browser.get(
            reverse(f"review:{door}", args=[sheet.pk]), headers={"accept-language": "en"}
        )
        assert "Not examined: Same surname as the patient" in page.content.decode()


def test_the_same_surname_without_opening_a_name(write, drawn, clinic, booked) -> None:
    def named(name: str):
        one = PatientFactory.create(clinic=clinic)
        one.contact.set_name(name, name_tokens(name))
        one.contact.save()
        return one

    wang = UserFactory.create(clinic=clinic, display_name="王小明")
    ouyang = UserFactory.create(clinic=clinic, display_name="欧阳静")
    smith = UserFactory.create(clinic=clinic, display_name="Smith")
    relative, other, namesake = named("王芳"), named("李芳"), named("欧阳峰")
    first = write(wang, subjects=[relative])
    write(wang, subjects=[relative], at=moment(MONDAY, 15))
    write(wang, subjects=[other])
    second = write(ouyang, subjects=[namesake])
    write(ouyang, subjects=[relative])
    write(smith, subjects=[relative])
    assert on(drawn(), "same_surname") == {first, second}
    (event,) = booked("review.names_compared")
    assert event.codes == []
    assert event.detail == {"alike": 2, "pairs": 5, "people": 3}
    assert "王" not in str(event.facts())
