"""Who decides, on what, and what stays of it."""

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from crm.access_requests.models import AccessApproval, AccessRequest
from crm.access_requests.selectors import count_waiting_for
from crm.access_requests.services import deciding
from crm.patients.models import Patient, PatientClinical
from crm.staff.models import User
from privacy.access.policy import Role
from privacy.errors import AccessDenied, Conflict, DomainError
from tests.factories.access import asked_for, broken, granted
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
WHY_NOT = "照护团队今天都在岗，不需要代班"


def today(ahead: int = 0):
    return timezone.localdate() + timedelta(days=ahead)


@pytest.fixture
def minor(patient):
    clinical = PatientClinical.objects.get(patient=patient)
    clinical.birth_year = str(today().year - 10)
    clinical.save()
    return patient


def test_the_care_team_approves_on_the_page(sign_in_as, nurse, doctor, patient, booked):
    access = asked_for(patient, nurse)
    client = sign_in_as(doctor)
    page = client.get("/access/")
    assert [one.row for one in page.context["shown"].waiting] == [access]
    assert booked("access_request.listed")[0].codes == [patient.code]
    assert client.get(f"/access/{access.pk}/").context["may_decide"]

    form = {"decision": "approve", "until": f"{today(1)}", "idempotency_key": str(uuid.uuid4())}
    answer = client.post(f"/access/{access.pk}/", form)

    assert answer.status_code == 302
    access.refresh_from_db()
    assert (access.state, access.decided_by) == ("approved", doctor)
    assert access.until == min(access.wanted_until, access.until)
    assert timezone.localdate(access.until - timedelta(seconds=1)) == today(1)
    (event,) = booked("access_request.approved")
    assert (event.kind, event.codes, event.detail["staff"]) == (
        "access", [patient.code], nurse.staff_no,
    )  # fmt: skip


def test_refused_with_a_reason_that_is_kept_and_read(sign_in_as, nurse, doctor, patient, booked):
    access = asked_for(patient, nurse)
    form = {"decision": "refuse", "refusal": WHY_NOT, "idempotency_key": str(uuid.uuid4())}

    sign_in_as(doctor).post(f"/access/{access.pk}/", form)

    assert WHY_NOT in sign_in_as(nurse).get("/access/").content.decode()
    assert booked("access_request.refused")[0].reason == WHY_NOT


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"decision": "approve"},
        {"decision": "approve", "until": f"{today(9)}"},
        {"decision": "approve", "until": f"{today(-1)}"},
        {"decision": "refuse", "refusal": "不行"},
    ],
)
def test_half_a_decision_decides_nothing(sign_in_as, nurse, doctor, patient, form):
    access = asked_for(patient, nurse)

    answer = sign_in_as(doctor).post(
        f"/access/{access.pk}/", {**form, "idempotency_key": str(uuid.uuid4())}
    )

    assert answer.status_code == 422
    access.refresh_from_db()
    assert access.state == "asked"


def test_never_later_than_what_was_asked_for(nurse, doctor, patient):
    access = asked_for(patient, nurse, days=2)

    with pytest.raises(DomainError):
        deciding.approve(request=access, actor=doctor, until=today(3))
    with pytest.raises(DomainError):
        deciding.refuse(request=access, actor=doctor, reason="不行")


def test_nobody_outside_the_care_team_decides(
    nurse, doctor, patient, colleague, control, stranger, sign_in_as
):
    access = asked_for(patient, nurse)
    away = UserFactory.create(role=Role.DOCTOR)

    for user in (nurse, colleague, control, stranger, away):
        with pytest.raises(AccessDenied):
            deciding.approve(request=access, actor=user, until=today())
        with pytest.raises(AccessDenied):
            deciding.refuse(request=access, actor=user, reason=WHY_NOT)
    for user in (colleague, away):
        assert sign_in_as(user).get(f"/access/{access.pk}/").status_code == 404


def test_a_nurse_of_the_care_team_sees_and_decides_nothing(nurse, doctor, patient, clinic):
    other = UserFactory.create(clinic=clinic, role=Role.NURSE)
    patient.care_team.create(staff=other)
    access = asked_for(patient, nurse)

    with pytest.raises(AccessDenied):
        deciding.approve(request=access, actor=other, until=today())
    assert count_waiting_for(other) == 0


def test_the_asker_decides_not_even_once_on_the_team(nurse, doctor, patient, clinic):
    guest = UserFactory.create(clinic=clinic, role=Role.DOCTOR)
    access = asked_for(patient, guest)
    patient.care_team.create(staff=guest)

    with pytest.raises(AccessDenied):
        deciding.approve(request=access, actor=guest, until=today())
    with pytest.raises(IntegrityError, match="access_approval_is_anothers"), transaction.atomic():
        AccessApproval.objects.create(request=access, approver=guest, until=access.wanted_until)
    with (
        pytest.raises(IntegrityError, match="access_is_not_decided_by_its_asker"),
        transaction.atomic(),
    ):
        AccessRequest.objects.filter(pk=access.pk).update(
            state="refused", decided_by=guest, decided_at=timezone.now(), refusal="x"
        )


def test_where_the_team_has_nobody_else_control_decides(nurse, patient, control, doctor):
    patient.care_team.all().delete()
    access = asked_for(patient, nurse)
    assert count_waiting_for(control) == 1
    assert count_waiting_for(doctor) == 0

    assert deciding.approve(request=access, actor=control, until=today()).state == "approved"


def test_a_lead_who_is_not_cleared_counts_as_nobody(nurse, patient, control, doctor):
    User.objects.filter(pk=doctor.pk).update(cleared_until=today() - timedelta(days=1))
    access = asked_for(patient, nurse)

    assert deciding.approve(request=access, actor=control, until=today()).state == "approved"


def test_a_suspended_lead_counts_as_nobody(nurse, patient, control, doctor):
    doctor.is_active = False
    doctor.save()

    assert deciding.approve(request=asked_for(patient, nurse), actor=control, until=today()).until


def test_for_a_minor_two_agree_and_the_earlier_end_counts(nurse, minor, doctor, carer, booked):
    access = asked_for(minor, nurse)

    first = deciding.approve(request=access, actor=doctor, until=today(2))
    assert (first.state, first.until) == ("asked", None)
    assert not Patient.objects.visible_to(nurse).exists()
    with pytest.raises(Conflict):
        deciding.approve(request=access, actor=doctor, until=today(2))
    second = deciding.approve(request=access, actor=carer, until=today(1))

    assert timezone.localdate(second.until - timedelta(seconds=1)) == today(1)
    assert Patient.objects.visible_to(nurse).exists()
    assert len(booked("access_request.agreed")) == len(booked("access_request.approved")) == 1


def test_for_a_minor_with_one_lead_control_is_the_second_and_not_both(
    nurse, minor, doctor, control, clinic
):
    access = asked_for(minor, nurse)
    deciding.approve(request=access, actor=control, until=today())
    other = UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC)
    with pytest.raises(AccessDenied):
        deciding.approve(request=access, actor=other, until=today())

    assert deciding.approve(request=access, actor=doctor, until=today()).state == "approved"


def test_one_no_is_enough_for_a_minor(nurse, minor, doctor, carer):
    access = asked_for(minor, nurse)
    deciding.approve(request=access, actor=doctor, until=today())

    deciding.refuse(request=access, actor=carer, reason=WHY_NOT)

    with pytest.raises(Conflict):
        deciding.approve(request=access, actor=carer, until=today())


def test_the_database_counts_the_approvals_too(nurse, minor, doctor, carer):
    access = asked_for(minor, nurse)
    deciding.approve(request=access, actor=doctor, until=today())

    with pytest.raises(IntegrityError, match="not enough people"), transaction.atomic():
        AccessRequest.objects.filter(pk=access.pk).update(
            state="approved", until=access.wanted_until, decided_at=timezone.now(),
            decided_by=doctor,
        )  # fmt: skip


def test_what_nobody_decided_in_time_is_decided_by_nobody(nurse, doctor, patient):
    at = timezone.now() - timedelta(days=3)
    late = AccessRequest.objects.create(
        batch=uuid.uuid4(), clinic=nurse.clinic, staff=nurse, code=patient.code, patient=patient,
        purpose="cover", reason=WHY_NOT, asked_at=at, wanted_until=at + timedelta(days=1),
    )  # fmt: skip

    assert count_waiting_for(doctor) == 0
    with pytest.raises(Conflict):
        deciding.approve(request=late, actor=doctor, until=today())
    assert asked_for(patient, nurse).state == "asked", "the lapsed one makes room"
    late.refresh_from_db()
    assert late.state == "withdrawn"


def test_ended_by_who_approved_by_the_team_and_by_control(
    sign_in_as, nurse, doctor, control, patient, colleague, booked
):
    for ends in (doctor, control):
        access = granted(patient, nurse, doctor)
        with pytest.raises(AccessDenied):
            deciding.end_early(request=access, actor=colleague)
        answer = sign_in_as(ends).post(
            f"/access/{access.pk}/end/", {"idempotency_key": str(uuid.uuid4())}
        )
        assert answer.status_code == 302
        access.refresh_from_db()
        assert (access.state, access.closed_by) == ("ended", ends)
        with pytest.raises(Conflict):
            deciding.end_early(request=access, actor=doctor)
    assert len(booked("access_request.ended")) == 2


def test_who_approved_may_end_it_after_leaving_the_team(sign_in_as, nurse, doctor, patient):
    access = granted(patient, nurse, doctor)
    patient.care_team.filter(staff=doctor).delete()

    answer = sign_in_as(doctor).post(
        f"/access/{access.pk}/end/", {"idempotency_key": str(uuid.uuid4())}
    )

    assert answer.status_code == 302


@pytest.mark.parametrize(
    "changes",
    [
        {"until": timezone.now() + timedelta(minutes=1)},
        {"decided_by": None},
        {"reason": "一个完全不同的理由而已"},
        {"staff": None},
        {"needed": 2},
        {"state": "asked"},
        {"state": "refused"},
    ],
)
def test_what_was_decided_cannot_be_changed(nurse, doctor, patient, changes):
    access = granted(patient, nurse, doctor)

    with pytest.raises(DatabaseError), transaction.atomic():
        AccessRequest.objects.filter(pk=access.pk).update(**changes)


def test_nothing_is_deleted(nurse, doctor, patient):
    access = granted(patient, nurse, doctor)

    for rows in (AccessApproval.objects.all(), AccessRequest.objects.filter(pk=access.pk)):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        AccessApproval.objects.update(until=access.until)


def test_the_side_column_counts_what_waits_for_one(nurse, doctor, patient, clinic, control):
    guest = UserFactory.create(clinic=clinic, role=Role.DOCTOR)
    asked_for(patient, guest)
    broken(patient, nurse)

    assert count_waiting_for(doctor) == 2
    assert count_waiting_for(control) == 1, "the use; the request has a care team"
    assert count_waiting_for(nurse) == count_waiting_for(guest) == 0
