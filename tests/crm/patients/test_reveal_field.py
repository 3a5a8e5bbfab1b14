"""Plain text: one field, for a purpose, booked before it is answered."""

import pytest

from crm.patients.models import PatientContact
from privacy.access.policy import Role
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db
CALL = {"field": "phone", "purpose": "call", "reason": ""}


def reveal(client, patient, **form):
    return client.post(
        f"/patients/{patient.code}/reveal/", {**CALL, **form}, headers={"HX-Request": "true"}
    )


def test_the_desk_reveals_a_phone_for_a_minute(desk, patient, booked, receptionist):
    page = reveal(desk, patient).content.decode()

    assert "138 0013 8000" in page
    assert 'data-expires="60"' in page
    (event,) = booked("patient.revealed")
    assert (event.actor, event.purpose) == (receptionist.pk, "call")
    assert event.fields == ["patientcontact.phone"]


def test_another_purpose_needs_ten_characters(desk, patient, booked):
    short = reveal(desk, patient, purpose="other", reason="因为我想看")
    done = reveal(desk, patient, purpose="other", reason="家属来电，需要核对联系方式")

    assert (short.status_code, done.status_code) == (422, 200)
    assert "138" not in short.content.decode()
    assert booked("patient.revealed")[0].reason == "家属来电，需要核对联系方式"


@pytest.mark.parametrize(
    ("role", "field", "status"),
    [
        (Role.FRONT_DESK, "name", 200),
        (Role.FRONT_DESK, "id_number", 422),
        (Role.CONSULTANT, "phone", 200),
        (Role.DOCTOR, "phone", 422),
        (Role.DOCTOR, "id_number", 200),
        (Role.FINANCE, "name", 200),
        (Role.FINANCE, "phone", 422),
        (Role.FOLLOWUP_AGENT, "phone", 403),
        (Role.MEDICAL_QC, "name", 403),
        (Role.MEDIATION, "name", 403),
    ],
)
def test_each_role_opens_its_own_fields(sign_in_as, clinic, patient, role, field, status):
    user = UserFactory.create(clinic=clinic, role=role)
    patient.care_team.create(staff=user)

    answer = reveal(sign_in_as(user), patient, field=field, purpose="identity")

    assert answer.status_code == status


def test_the_service_refuses_what_a_form_would_have_let_through(receptionist, patient, booked):
    from crm.patients.services.revealing import reveal as service
    from privacy.errors import AccessDenied, DomainError

    with pytest.raises(AccessDenied):
        service(patient=patient, field="id_number", purpose="call", reason="", staff=receptionist)
    with pytest.raises(DomainError):
        service(patient=patient, field="phone", purpose="other", reason="x", staff=receptionist)
    assert booked("access.denied")[0].codes == [patient.code]


def test_nothing_taken_down_is_said_so(desk, clinic):
    bare = PatientFactory.create(clinic=clinic, contact={"phone": ""})

    assert "data-expires" not in reveal(desk, bare).content.decode()


def test_a_box_that_does_not_open_stays_booked_and_shows_its_code(desk, patient, booked):
    PatientContact.objects.filter(patient=patient).update(phone=b"\x01\x01" + bytes(60))

    page = reveal(desk, patient).content.decode()

    assert "E-" in page
    assert booked("patient.revealed")
    assert booked("crypto.failed")


def test_without_scripts_it_is_a_page(desk, patient):
    asked = desk.get(f"/patients/{patient.code}/reveal/").content.decode()
    told = desk.post(f"/patients/{patient.code}/reveal/", CALL).content.decode()

    assert "<html" in asked
    assert "138 0013 8000" in told
