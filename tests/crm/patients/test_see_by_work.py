"""Finance, quality control, follow-up and mediation see whom their work is about (ADR 0037)."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from consult.consultations.models import Consultation
from crm.access_requests.services import deciding
from crm.patients.models import Patient
from crm.patients.services.care import add_to_team
from crm.web.idempotency import FIELD, new_key
from followup.plans.models import Plan
from privacy.access.policy import Role
from privacy.errors import DomainError
from privacy.pseudonyms.models import VisitCode
from tests.factories.access import granted
from tests.factories.consultations import draft_of
from tests.factories.followup import PlanFactory
from tests.factories.people import PatientFactory, UserFactory
from tests.factories.work import work_of

pytestmark = pytest.mark.django_db
WORKING = (Role.FINANCE, Role.MEDICAL_QC, Role.FOLLOWUP_AGENT, Role.MEDIATION)


@pytest.fixture
def of_role(clinic):
    return lambda role: UserFactory.create(clinic=clinic, role=role)


def sees(user, patient) -> bool:
    return Patient.objects.visible_to(user).filter(pk=patient.pk).exists()


@pytest.mark.parametrize("role", WORKING)
def test_without_a_record_the_patient_is_nobody(role, of_role, patient, sign_in_as, booked):
    client = sign_in_as(of_role(role))

    assert patient.code not in client.get("/patients/").content.decode()
    assert client.get(f"/patients/{patient.code}/").status_code == 404
    assert booked("access.not_found")[0].codes == [patient.code]


@pytest.mark.parametrize("role", WORKING[:3])
def test_with_a_record_the_page_opens_and_a_form_is_taken(role, of_role, patient, sign_in_as):
    user = of_role(role)
    work_of(role, patient)

    client = sign_in_as(user)

    assert patient.code in client.get("/patients/").content.decode()
    assert client.get(f"/patients/{patient.code}/").status_code == 200
    assert Patient.objects.cared_for_by(user).exists()
    others = [of_role(one) for one in WORKING if one != role]
    assert not any(sees(one, patient) for one in others)
    assert not sees(UserFactory.create(role=role), patient), "another clinic"


def test_finance_writes_the_first_estimate_for_who_is_here_today(
    of_role, patient, clinic, sign_in_as
):
    accountant, day = of_role(Role.FINANCE), timezone.localdate()
    code = VisitCode(subject=patient.subject, site=clinic.pk, day=day - timedelta(days=1), number=1)
    code.save()
    assert not sees(accountant, patient)

    VisitCode.objects.create(subject=patient.subject, site=clinic.pk, day=day, number=1)

    client = sign_in_as(accountant)
    assert client.get(f"/patients/{patient.code}/").status_code == 200
    assert client.get(f"/patients/{patient.code}/estimates/new/").status_code == 200


def test_quality_control_reads_talks_and_no_drafts(of_role, patient, carer):
    control = of_role(Role.MEDICAL_QC)
    draft_of(patient, carer)
    assert not sees(control, patient)

    work_of(Role.MEDICAL_QC, patient)

    assert sees(control, patient)
    assert Consultation.objects.visible_to(control).count() == 1


@pytest.mark.parametrize(
    ("state", "days", "seen"),
    [
        ("proposed", 400, True),
        ("active", 400, True),
        ("paused", 400, True),
        ("completed", 89, True),
        ("completed", 91, False),
        ("stopped", 89, True),
        ("stopped", 91, False),
    ],
)
def test_a_plan_is_the_agents_work_for_ninety_days_after_its_end(
    state, days, seen, of_role, patient
):
    work_of(Role.FOLLOWUP_AGENT, patient)  # the stage stays when the plan has long ended
    plan = PlanFactory.create(patient=patient)
    reason = "patient_wish" if state in {"paused", "stopped"} else ""
    since = timezone.now() - timedelta(days=days)
    Plan.objects.filter(pk=plan.pk).update(state=state, reason=reason, state_since=since)

    assert sees(of_role(Role.FOLLOWUP_AGENT), patient) is seen


def test_mediation_looks_by_the_word_of_the_care_team_alone(of_role, patient, sign_in_as):
    mediator, doctor = of_role(Role.MEDIATION), of_role(Role.DOCTOR)
    patient.care_team.create(staff=doctor)
    for role in WORKING[:3]:
        work_of(role, patient)
    assert not sees(mediator, patient)

    granted(patient, mediator, doctor)

    client = sign_in_as(mediator)
    assert client.get(f"/patients/{patient.code}/").status_code == 200
    assert not Patient.objects.cared_for_by(mediator).exists()


def test_an_approved_case_opens_talks_and_plain_text_of_this_patient_alone(
    of_role, patient, clinic, sign_in_as, booked
):
    mediator, doctor = of_role(Role.MEDIATION), of_role(Role.DOCTOR)
    other = PatientFactory.create(clinic=clinic)
    for one in (patient, other):
        one.care_team.create(staff=doctor)
        work_of(Role.MEDICAL_QC, one)
    client, why = sign_in_as(mediator), "核对调解申请人与档案是否同一人"

    def reveal(code, field="phone") -> int:
        look = {"field": field, "purpose": "identity", "reason": why, FIELD: new_key()}
        return client.post(f"/patients/{code}/reveal/", look).status_code

    assert reveal(patient.code) == 404

    request = granted(patient, mediator, doctor)

    page = client.get(f"/patients/{patient.code}/").content.decode()
    assert "※" in page
    assert client.get(f"/patients/{patient.code}/consultations/").status_code == 200
    assert Consultation.objects.visible_to(mediator).get().patient == patient
    for field in ("phone", "name", "id_number"):
        assert reveal(patient.code, field) == 200
    assert len(booked("patient.revealed")) == 3
    path = f"/patients/{patient.code}/consents/stop/"
    assert client.post(path, {FIELD: new_key()}).status_code == 403, "to look only"
    assert reveal(other.code) == 404

    deciding.end_early(request=request, actor=doctor)

    assert reveal(patient.code) == 404
    assert not Consultation.objects.visible_to(mediator).exists()


def test_a_place_on_a_care_team_opens_nothing_to_mediation_and_is_not_given(of_role, patient):
    mediator, doctor = of_role(Role.MEDIATION), of_role(Role.DOCTOR)
    patient.care_team.create(staff=doctor)
    with pytest.raises(DomainError):
        add_to_team(patient=patient, member=mediator, reason="covers", actor=doctor)

    patient.care_team.create(staff=mediator)

    assert not sees(mediator, patient)
    assert not Patient.objects.cared_for_by(mediator).exists()
    assert not Patient.objects.let_in_by_others(mediator).exists()


def test_an_access_request_still_opens_beside_the_work(of_role, patient):
    accountant, doctor = of_role(Role.FINANCE), of_role(Role.DOCTOR)
    patient.care_team.create(staff=doctor)
    granted(patient, accountant, doctor)

    assert sees(accountant, patient)


def test_a_code_typed_into_the_search_finds_nobody_either(of_role, patient, sign_in_as):
    page = sign_in_as(of_role(Role.FINANCE)).post(
        "/search/", {"q": patient.code, "idempotency_key": f"{uuid.uuid4()}"}
    )
    assert f"/patients/{patient.code}/" not in page.content.decode()
