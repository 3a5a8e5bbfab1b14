"""Who had to do with whom at the moment of a look, and who may be a relative (S60)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.joint_review import grounds
from crm.patients.rules import name_tokens
from crm.patients.services.care import add_to_team, hand_over_team, keep_team, remove_from_team
from crm.scheduling import services as scheduling
from crm.scheduling.models import Visit
from privacy.access.policy import Role
from privacy.pseudonyms.models import VisitCode
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


def test_an_arrival_prolongs_places_and_takes_no_look_back(
    write, drawn, carer, colleague, receptionist, patient
) -> None:
    write(carer, subjects=[patient], at=moment(MONDAY, 9))
    with travelled(moment(MONDAY, 11)):
        add_to_team(patient=patient, member=colleague, reason="cover", actor=carer)
    write(colleague, subjects=[patient], at=moment(MONDAY, 12))
    with travelled(moment(MONDAY + timedelta(days=2), 9)):
        keep_team(patient=patient)  # as each arrival does
    with travelled(moment(MONDAY + timedelta(days=3), 9)):
        soon = timezone.now() + timedelta(days=1)
        patient.care_team.filter(staff=carer).update(until=soon)
        add_to_team(patient=patient, member=carer, reason="cover", actor=colleague)
    assert on(drawn(), "out_of_relation") == set()


def test_a_place_that_has_run_out_begins_anew(write, drawn, carer, colleague, patient) -> None:
    wednesday, friday = MONDAY + timedelta(days=2), MONDAY + timedelta(days=4)
    patient.care_team.filter(staff=carer).update(until=moment(wednesday, 9))
    write(carer, subjects=[patient], at=moment(MONDAY, 10))
    between = write(carer, subjects=[patient], at=moment(wednesday, 10))
    ran_out = drawn()
    assert on(ran_out, "out_of_relation") == {between}
    patient.care_team.create(staff=colleague)
    with travelled(moment(friday, 10)):
        add_to_team(patient=patient, member=carer, reason="treats", actor=colleague)
    assert patient.care_team.get(staff=carer).joined_at == moment(friday, 10)


def test_a_place_from_before_the_column_is_as_old_as_its_row(write, drawn, carer, patient) -> None:
    patient.care_team.update(joined_at=None, updated_at=moment(MONDAY + timedelta(days=4), 9))
    write(carer, subjects=[patient], at=moment(MONDAY, 10))
    assert on(drawn(), "out_of_relation") == set()


def test_a_place_given_at_the_desk_and_left_began_then(
    write, drawn, colleague, clinic, receptionist, carer, patient
) -> None:
    monday, tuesday = moment(MONDAY, 9), moment(MONDAY + timedelta(days=1), 9)
    early = write(colleague, subjects=[patient], at=moment(MONDAY, 8))
    VisitCode.objects.create(subject=patient.subject, site=clinic.pk, day=MONDAY, number=1)
    with travelled(monday):
        row = add_to_team(patient=patient, member=colleague, reason="cover", actor=receptionist)
    write(colleague, subjects=[patient], at=moment(MONDAY, 10))
    with travelled(tuesday):  # prolonged: the place is the same
        patient.care_team.filter(pk=row.pk).update(until=timezone.now() + timedelta(days=1))
        add_to_team(patient=patient, member=colleague, reason="cover", actor=carer)
    with travelled(tuesday + timedelta(days=1)):
        remove_from_team(patient=patient, member_id=row.pk, actor=carer)
    late = write(colleague, subjects=[patient], at=tuesday + timedelta(days=2))
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
