"""Who lets whom onto a care team: why, by whom, how long, and who reads it (ADR 0037)."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from crm.joint_review.rules import grounds_of
from crm.patients.models import Patient
from crm.patients.selectors import RENEWED_WITHIN, team_of
from crm.patients.services import care
from crm.patients.team_models import CARE_LASTS, CareTeamMember
from crm.scheduling.services import register_arrival
from privacy.access.policy import Role
from privacy.errors import Conflict, DomainError
from privacy.pseudonyms.models import VisitCode
from tests.factories.people import UserFactory
from tests.factories.sessions import age_factor

pytestmark = pytest.mark.django_db
NOTE = "与患者约好由其负责复诊沟通"


@pytest.fixture
def of_today(patient, clinic):
    VisitCode.objects.create(
        subject=patient.subject, site=clinic.pk, day=timezone.localdate(), number=1
    )
    return patient


def post(client, patient, member, **data):
    form = {"member": f"{member.pk}", "idempotency_key": f"{uuid.uuid4()}", **data}
    return client.post(f"/patients/{patient.code}/team/", form)


def end_in(row: CareTeamMember, span: timedelta) -> None:
    CareTeamMember.objects.filter(pk=row.pk).update(until=timezone.now() + span)


def test_a_colleague_joins_with_a_reason_that_is_kept(
    carer, colleague, patient, sign_in_as, booked
):
    answer = post(sign_in_as(carer), patient, colleague, reason="other", note=f" {NOTE} ")

    assert answer.status_code == 302
    row = patient.care_team.get(staff=colleague)
    assert (row.reason, row.note, row.added_by) == ("other", NOTE, carer)
    assert timedelta(0) < timezone.now() + CARE_LASTS - row.until < timedelta(minutes=1)
    (event,) = booked("patient.joined_team")
    assert (event.purpose, event.reason, event.target) == (
        "other", NOTE, f"staff:{colleague.staff_no}",
    )  # fmt: skip


@pytest.mark.parametrize(
    "data", [{}, {"reason": "intake"}, {"reason": "other"}, {"reason": "other", "note": "就是要"}]
)
def test_nobody_joins_without_a_reason(data, carer, colleague, patient, sign_in_as):
    page = post(sign_in_as(carer), patient, colleague, **data)

    assert page.status_code == 422
    assert page.context["team_form"].errors
    assert not patient.care_team.filter(staff=colleague).exists()
    with pytest.raises(DomainError):
        care.add_to_team(patient=patient, member=colleague, actor=carer, **{"reason": "", **data})


@pytest.mark.parametrize("note", ["张伟的家属来电要求由其接手", "请拨打 13812345678 联系后接手"])
def test_what_was_typed_comes_back_and_nobody_is_named(note, carer, colleague, patient, sign_in_as):
    """Neither a name nor a number goes into the trail for good, and no word of it is lost."""
    page = post(sign_in_as(carer), patient, colleague, reason="other", note=note)

    assert page.status_code == 422
    html = page.content.decode()
    dialog = html.split('<dialog id="team-add"')[1].split("</dialog>")[0]
    assert "data-auto" in dialog.split(">")[0]
    assert note in dialog
    assert f'value="{colleague.pk}" selected' in dialog
    assert 'id="team_reason"' in dialog
    assert html.count('id="id_reason"') <= 1
    assert not patient.care_team.filter(staff=colleague).exists()


def test_what_the_service_refuses_is_said_in_the_dialog(carer, colleague, patient, sign_in_as):
    patient.care_team.create(staff=colleague)
    page = post(sign_in_as(carer), patient, colleague, reason="cover")
    assert page.status_code == 422
    assert page.context["team_form"].non_field_errors()


def test_a_note_that_nobody_keeps_refuses_nothing(carer, colleague, patient, sign_in_as):
    client = sign_in_as(carer)
    assert post(client, patient, colleague, reason="cover", note="张伟的家属").status_code == 302
    assert patient.care_team.get(staff=colleague).note == ""


def test_a_clinician_shows_the_second_factor_and_the_desk_at_a_visit_does_not(
    carer, colleague, of_today, receptionist, sign_in_as, booked
):
    clinician, desk = sign_in_as(carer), sign_in_as(receptionist)
    for client in (clinician, desk):
        age_factor(client, minutes=31)

    assert post(clinician, of_today, colleague, reason="treats").status_code == 422
    assert not of_today.care_team.filter(staff=colleague).exists()

    assert post(desk, of_today, colleague, reason="treats").status_code == 302
    assert booked("patient.joined_at_desk")[0].codes == [of_today.code]


def test_the_desk_shows_it_where_nobody_has_come_today(
    colleague, patient, receptionist, sign_in_as
):
    desk = sign_in_as(receptionist)
    age_factor(desk, minutes=31)

    assert post(desk, patient, colleague, reason="treats").status_code == 422


def test_whoever_lets_a_colleague_in_is_reviewed_to_the_last(
    carer, colleague, of_today, receptionist, booked
):
    care.add_to_team(patient=of_today, member=colleague, reason="cover", actor=carer)
    care.remove_from_team(
        patient=of_today, member_id=of_today.care_team.get(staff=carer).pk, actor=colleague
    )
    care.add_to_team(patient=of_today, member=carer, reason="cover", actor=colleague)  # and back
    care.add_to_team(
        patient=of_today, member=receptionist, reason="cover", actor=receptionist
    )  # oneself, even at the desk
    doctor = UserFactory.create(clinic=carer.clinic, role=Role.DOCTOR)
    care.add_to_team(patient=of_today, member=doctor, reason="treats", actor=receptionist)

    let_in = booked("patient.joined_team")
    assert len(let_in) == 3
    assert all("grant" in grounds_of(one.kind, one.action) for one in let_in)
    (routine,) = booked("patient.joined_at_desk")
    assert grounds_of(routine.kind, routine.action) == []


def test_a_place_ends_by_itself(carer, patient, receptionist):
    end_in(patient.care_team.get(), timedelta(seconds=-1))

    assert not Patient.objects.visible_to(carer).exists()
    assert not Patient.objects.cared_for_by(carer).exists()
    assert team_of(patient) == []


def test_a_place_that_ends_soon_or_has_ended_is_given_anew(
    carer, colleague, patient, receptionist, sign_in_as
):
    row = care.add_to_team(patient=patient, member=colleague, reason="treats", actor=carer)
    with pytest.raises(Conflict):
        care.add_to_team(patient=patient, member=colleague, reason="cover", actor=carer)

    for span in (RENEWED_WITHIN - timedelta(days=1), timedelta(days=-1)):
        end_in(row, span)
        page = sign_in_as(carer).get(f"/patients/{patient.code}/")
        assert colleague in page.context["team_form"].fields["member"].queryset
        again = care.add_to_team(
            patient=patient, member=colleague, reason="cover", actor=receptionist
        )
        assert (again.pk, again.reason, again.added_by) == (row.pk, "cover", receptionist)
        assert again.until > timezone.now() + RENEWED_WITHIN
    assert Patient.objects.visible_to(colleague).exists()


def test_a_visit_gives_the_team_another_year_and_wakes_nobody_up(
    carer, colleague, patient, receptionist
):
    ended = patient.care_team.create(staff=colleague)
    end_in(ended, timedelta(days=-1))
    end_in(patient.care_team.get(staff=carer), timedelta(days=3))
    phone = patient.contact
    phone.set_phone("")
    phone.save()

    register_arrival(
        patient=patient, purpose="consultation", last_digits="", actor=receptionist, shown_code=True
    )

    assert [one.staff for one in team_of(patient)] == [carer]
    assert patient.care_team.get(staff=carer).until > timezone.now() + timedelta(days=300)


def test_a_successor_whose_place_ran_out_takes_over(carer, colleague, patient, receptionist):
    end_in(patient.care_team.create(staff=colleague), timedelta(days=-1))

    assert care.hand_over_team(leaver=carer, successor=colleague, actor=receptionist) == (1, 0)

    row = patient.care_team.get()
    assert (row.staff, row.reason, row.added_by) == (colleague, "handover", receptionist)
    assert row.until > timezone.now()


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"reason": "because"}, "care_team_says_why_and_by_whom"),
        ({"reason": "treats"}, "care_team_says_why_and_by_whom"),
        ({"reason": "other", "note": "短"}, "care_team_says_why_and_by_whom"),
        ({"note": NOTE}, "care_team_says_why_and_by_whom"),
        ({"until": timezone.now() + timedelta(days=400)}, "care_team_for_a_year_at_most"),
    ],
)
def test_the_database_asks_why_by_whom_and_how_long(changes, constraint, carer, patient):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        patient.care_team.update(**changes)
    assert refused.value.__cause__.diag.constraint_name == constraint
