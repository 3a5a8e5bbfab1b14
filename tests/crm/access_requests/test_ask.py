"""Asking: bounds, the same answer for codes that are nobody's, taking it back."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from crm.access_requests.models import AccessRequest
from crm.access_requests.services import asking, deciding
from crm.patients.models import PatientClinical
from privacy.access.policy import Role
from privacy.errors import AccessDenied, Conflict, DomainError
from privacy.pseudonyms.rules import make_code
from tests.factories.access import REASON, asked_for, granted
from tests.factories.guards import guarded_by
from tests.factories.people import PatientFactory, UserFactory
from tests.factories.work import work_of

pytestmark = pytest.mark.django_db
ASK = "/access/ask/"


def typed(*codes, **changes):
    return {
        "codes": "\n".join(codes),
        "purpose": "cover",
        "reason": REASON,
        "until": f"{timezone.localdate() + timedelta(days=2)}",
        "idempotency_key": str(uuid.uuid4()),
        **changes,
    }


def test_one_row_a_patient_under_one_number(sign_in_as, nurse, clinic, patient, booked):
    other = PatientFactory.create(clinic=clinic)

    answer = sign_in_as(nurse).post(ASK, typed(patient.code, other.code))

    assert answer.status_code == 302
    rows = AccessRequest.objects.all()
    assert {row.patient for row in rows} == {patient, other}
    assert len({row.batch for row in rows}) == 1
    (event,) = booked("access_request.asked")
    assert event.kind == "access"
    assert event.codes == sorted([patient.code, other.code])
    assert event.purpose == "cover"


def test_codes_cannot_be_probed(sign_in_as, nurse, patient, doctor, booked):
    """Nobody's code, another clinic's and this clinic's: answer and list are the same (T18)."""
    foreign, nobodys = PatientFactory.create(), make_code()
    client = sign_in_as(nurse)

    pages = []
    for code in (patient.code, foreign.code, nobodys):
        answer = client.post(ASK, typed(code), follow=True)
        pages.append(answer.status_code)
    listed = client.get("/access/").context["shown"].mine

    assert set(pages) == {200}
    assert {(one.standing, one.row.needed, one.row.renewals) for one in listed} == {
        ("waiting", 1, 0)
    }
    assert {one.row.code for one in listed} == {patient.code, foreign.code, nobodys}
    assert AccessRequest.objects.filter(patient=None).count() == 2
    own, theirs = (
        [one for one in booked("access.not_found") if one.clinic == clinic]
        for clinic in (nurse.clinic_id, foreign.clinic_id)
    )
    assert {one.target for one in own} == {f"patient:{foreign.code}", f"patient:{nobodys}"}
    assert all(not one.codes and one.actor == nurse.pk for one in own)
    assert [(one.actor, one.codes) for one in theirs] == [(None, [foreign.code])]


def test_asking_twice_is_told_the_same_for_any_code(sign_in_as, nurse, patient):
    nobodys = make_code()
    client = sign_in_as(nurse)
    for code in (patient.code, nobodys):
        client.post(ASK, typed(code))

    answers = [client.post(ASK, typed(code)) for code in (patient.code, nobodys)]

    assert {answer.status_code for answer in answers} == {422}
    told = [str(answer.context["form"].non_field_errors()) for answer in answers]
    assert len({len(text) for text in told}) == 1


def test_a_request_that_reaches_nobody_shows_up_nowhere_else(nurse, stranger, control, sign_in_as):
    foreign = PatientFactory.create(clinic=stranger.clinic)
    lead = UserFactory.create(clinic=stranger.clinic, role=Role.DOCTOR)
    foreign.care_team.create(staff=lead)
    asked_for(foreign, nurse)

    for user in (lead, control):
        assert sign_in_as(user).get("/access/").context["shown"].waiting == []


@pytest.mark.parametrize(
    "changes",
    [
        {"codes": ""},
        {"codes": "ABC"},
        {"reason": "太短"},
        {"reason": "    太短了吧        "},
        {"purpose": "curiosity"},
        {"until": "2000-01-01"},
        {"until": f"{timezone.localdate() + timedelta(days=16)}"},
        {"until": "soon"},
    ],
)
def test_what_is_out_of_bounds_is_refused(sign_in_as, nurse, patient, changes):
    answer = sign_in_as(nurse).post(ASK, typed(patient.code, **changes))

    assert answer.status_code == 422
    assert not AccessRequest.objects.exists()


def test_at_most_ten_at_a_time(sign_in_as, nurse):
    assert sign_in_as(nurse).post(ASK, typed(*[make_code() for _ in range(11)])).status_code == 422
    assert sign_in_as(nurse).post(ASK, typed(*[make_code() for _ in range(10)])).status_code == 302


def test_codes_are_read_in_any_spelling(sign_in_as, nurse, patient):
    spaced = f"{patient.code[:4]} {patient.code[4:]}".lower()

    sign_in_as(nurse).post(ASK, typed(f"{spaced}，{patient.code}"))

    assert AccessRequest.objects.get().code == patient.code


def test_who_cares_for_the_patient_asks_for_nothing(doctor, patient):
    with pytest.raises(DomainError):
        asked_for(patient, doctor)


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.MEDICAL_QC])
def test_who_sees_the_clinic_asks_for_guarded_patients_alone(clinic, patient, role, carer):
    user = UserFactory.create(clinic=clinic, role=role)
    work_of(Role.MEDICAL_QC, patient)
    with pytest.raises(DomainError):
        asked_for(patient, user)

    guarded_by(patient, carer)

    assert asked_for(patient, user).needed == 2


@pytest.mark.parametrize("role", [Role.SECURITY_ADMIN, Role.AUDITOR])
def test_other_roles_do_not_ask(clinic, patient, role, sign_in_as):
    user = UserFactory.create(clinic=clinic, role=role)

    with pytest.raises(AccessDenied):
        asked_for(patient, user)
    assert sign_in_as(user).get(ASK).status_code == 403


def test_a_renewal_points_to_the_one_before_and_is_counted(nurse, doctor, patient, sign_in_as):
    first = granted(patient, nurse, doctor)

    second = granted(patient, nurse, doctor, days=5)
    third = asked_for(patient, nurse)

    assert (second.previous, second.renewals) == (first, 1)
    assert (third.previous, third.renewals) == (second, 2)
    first.refresh_from_db()
    assert first.state == "ended", "one at a time"
    assert sign_in_as(doctor).get("/access/").context["shown"].waiting[0].row.renewals == 2


def test_withdrawn_by_who_asked_and_nobody_else(nurse, doctor, patient, booked):
    access = asked_for(patient, nurse)
    with pytest.raises(AccessDenied):
        asking.withdraw(request=access, actor=doctor)

    asking.withdraw(request=access, actor=nurse)

    assert booked("access_request.withdrawn")[0].codes == [patient.code]
    with pytest.raises(Conflict):
        asking.withdraw(request=access, actor=nurse)
    with pytest.raises(Conflict):
        deciding.approve(request=access, actor=doctor, until=timezone.localdate())


def test_a_request_of_somebody_else_does_not_exist(sign_in_as, nurse, colleague, patient):
    access = asked_for(patient, nurse)

    answer = sign_in_as(colleague).post(
        f"/access/{access.pk}/withdraw/", {"idempotency_key": str(uuid.uuid4())}
    )

    assert answer.status_code == 404


@pytest.mark.parametrize(("year", "needed"), [("2015", 2), ("1990", 1), ("declined", 1)])
def test_minors_need_two(nurse, patient, year, needed, booked):
    clinical = PatientClinical.objects.get(patient=patient)
    clinical.birth_year = year
    clinical.save()

    assert asked_for(patient, nurse).needed == needed
    assert booked("access_request.age_read")[0].process == "access-request"


def test_an_id_number_tells_the_age_as_well(nurse, clinic):
    patient = PatientFactory.create(clinic=clinic, contact={"id_number": "11010520150312002X"})

    assert asked_for(patient, nurse).needed == 2


def test_an_age_that_does_not_open_counts_as_a_minors(nurse, patient):
    PatientClinical.objects.filter(patient=patient).update(birth_year=b"\x01\x01" + bytes(60))

    assert asked_for(patient, nurse).needed == 2


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"wanted_until": timedelta(days=14, seconds=1)}, "access_asked_for_so_long"),
        ({"wanted_until": timedelta(0)}, "access_asked_for_so_long"),
        ({"reason": "短"}, "access_has_a_purpose_and_reason"),
        ({"purpose": "x"}, "access_has_a_purpose_and_reason"),
        ({"needed": 0}, "access_needs_one_or_two"),
        ({"state": "approved"}, "access_request_begins"),
        ({"refusal": "x"}, "access_state_has_its_stamps"),
    ],
)
def test_the_database_holds_the_bounds(nurse, patient, changes, name):
    now = timezone.now()
    facts = {"wanted_until": timedelta(days=1), "purpose": "cover", "reason": REASON} | changes
    facts["wanted_until"] = now + facts["wanted_until"]

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        AccessRequest.objects.create(
            batch=uuid.uuid4(), clinic=nurse.clinic, staff=nurse, code=patient.code,
            patient=patient, asked_at=now, **facts,
        )  # fmt: skip
