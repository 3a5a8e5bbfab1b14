"""Correcting contact data never writes over what cannot be read."""

import pytest

from crm.patients.models import Patient, PatientContact
from crm.patients.services.care import change_contact
from crm.patients.services.writing import Restricted
from privacy.access.policy import Role
from privacy.custody import ledger_file
from privacy.custody.erasure import REASON_CHOICES, shred
from privacy.encryption.keys import Zone
from privacy.errors import DomainError, Unreadable
from privacy.pseudonyms.models import Subject
from tests.factories.people import PatientFactory, UserFactory
from tests.factories.races import while_it_waits
from tests.factories.restrictions import restricted

pytestmark = pytest.mark.django_db
REASON = REASON_CHOICES[0][0]


def test_a_phone_makes_a_provisional_patient_active(desk, clinic, typed, booked):
    patient = PatientFactory.create(
        clinic=clinic, status=Patient.Status.PROVISIONAL, contact={"phone": ""}
    )

    answer = desk.post(
        f"/patients/{patient.code}/contact/", typed(name="", phone="１３９ ００１３ ９０００")
    )

    patient.refresh_from_db()
    assert answer.status_code == 302
    assert patient.status == Patient.Status.ACTIVE
    assert PatientContact.objects.may_have_phone("+8613900139000").count() == 1
    (event,) = booked("patient.contact_changed")
    assert event.fields == ["patientcontact.phone"]


def test_the_form_starts_empty_and_empty_changes_nothing(desk, patient, typed):
    before = bytes(PatientContact.objects.values_list("phone", flat=True).get())

    page = desk.get(f"/patients/{patient.code}/contact/").content.decode()
    answer = desk.post(f"/patients/{patient.code}/contact/", typed(name="", phone=""))

    assert "138" not in page
    assert answer.status_code == 422
    assert bytes(PatientContact.objects.values_list("phone", flat=True).get()) == before


def test_a_wrong_number_is_refused(desk, patient, typed):
    answer = desk.post(f"/patients/{patient.code}/contact/", typed(name="", phone="123"))

    assert "phone" in answer.context["form"].errors


def test_what_cannot_be_read_is_not_written_over(desk, patient, typed, booked):
    PatientContact.objects.filter(patient=patient).update(phone=b"\x01\x01" + bytes(60))
    before = bytes(PatientContact.objects.values_list("phone", flat=True).get())

    answer = desk.post(f"/patients/{patient.code}/contact/", typed(name="", phone="13900139000"))

    assert answer.status_code == 422
    assert bytes(PatientContact.objects.values_list("phone", flat=True).get()) == before
    assert booked("crypto.failed")
    assert not booked("patient.contact_changed")


def test_names_are_found_again_after_a_change(desk, patient, typed):
    desk.post(f"/patients/{patient.code}/contact/", typed(name="欧阳𬱖", phone=""))

    assert PatientContact.objects.may_be_named([("bigram", "阳𬱖")]).count() == 1


def test_an_empty_change_is_refused_by_the_service_too(receptionist, patient):
    with pytest.raises(DomainError):
        change_contact(patient=patient, name="", phone="", actor=receptionist)


def row_of(patient):
    return lambda: Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)


def keys_of(patient):
    """What whoever erases or renews a patient's keys locks."""
    return lambda: Subject.objects.select_for_update(no_key=True).get(pk=patient.pk)


@pytest.mark.django_db(transaction=True)
def test_nothing_to_find_a_person_by_is_written_beside_an_erasure(
    receptionist, patient, settings, tmp_path
):
    settings.ERASURE_LEDGER_FILE = str(tmp_path / "erasures.log")
    ledger_file.lay()

    def correct():
        with pytest.raises(Unreadable):
            change_contact(patient=patient, name="", phone="+8613900139000", actor=receptionist)

    with while_it_waits(keys_of(patient), correct):
        shred(subject=patient.subject, zone=Zone.CONTACT, reason=REASON, actor=receptionist)

    assert PatientContact.objects.may_have_phone("+8613900139000").count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_record_closed_meanwhile_is_not_opened_again(receptionist, clinic):
    patient = PatientFactory.create(
        clinic=clinic, status=Patient.Status.PROVISIONAL, contact={"phone": ""}
    )

    keeper = UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)

    def correct():
        with pytest.raises(Restricted):
            change_contact(patient=patient, name="", phone="+8613900139000", actor=receptionist)

    with while_it_waits(row_of(patient), correct):
        restricted(patient, keeper)

    patient.refresh_from_db()
    assert patient.status == Patient.Status.RESTRICTED


@pytest.mark.django_db(transaction=True)
def test_two_corrections_at_once_both_stay(receptionist, patient):
    def correct_name():
        change_contact(patient=patient, name="李雷", phone="", actor=receptionist)

    with while_it_waits(keys_of(patient), correct_name):
        change_contact(patient=patient, name="", phone="+8613900139000", actor=receptionist)

    assert PatientContact.objects.may_have_phone("+8613900139000").count() == 1
    assert PatientContact.objects.may_be_named([("whole", "李雷")]).count() == 1
