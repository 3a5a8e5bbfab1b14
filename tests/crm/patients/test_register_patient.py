"""Three facts make a patient; a likely double is shown and never blocks (W3)."""

import threading

import pytest
from django.db import connection
from django.urls import reverse

from crm.patients.models import Patient, PatientContact
from crm.patients.services import registration as registering
from crm.patients.services.registration import Registration
from privacy.audit import services as audit
from privacy.audit.events import AccessEvent
from privacy.errors import DomainError
from tests.factories.people import PatientFactory, UserFactory

REGISTER = "/patients/new/"
pytestmark = pytest.mark.django_db

NASTY = [
    "<script>alert(1)</script>",
    "'; DROP TABLE crm_patient; --",
    '=HYPERLINK("http://x","y")',
    "𬱖䶮👩‍⚕️",
    "{{ 7|add:7 }}",
]


def opened(patient: Patient, field: str, user) -> str:
    """The stored text, the long way round."""
    row = patient.clinical if field == "chief_complaint" else patient.contact
    row.refresh_from_db()
    sealed = getattr(row, field)
    receipt = audit.record(AccessEvent.DENIED, actor=user, subjects=[patient], fields=[sealed.path])
    return sealed.reveal(receipt)


def test_three_facts_make_a_patient_with_two_codes(desk, receptionist, typed, booked):
    answer = desk.post(REGISTER, typed())

    patient = Patient.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == reverse("patients:registered", args=[patient.code])
    assert patient.status == Patient.Status.ACTIVE
    assert opened(patient, "phone", receptionist) == "+8613800138000"
    assert opened(patient, "chief_complaint", receptionist) == "备孕一年未果"
    (event,) = booked("patient.registered")
    assert event.codes == [patient.code]
    assert "patientcontact.phone" in event.fields
    page = desk.get(answer["Location"]).content.decode()
    assert "B-001" in page
    assert patient.spaced_code in page
    assert "王小明" not in page


def test_no_number_stands_in_the_complaint_and_what_was_typed_stays(
    desk, receptionist, typed
) -> None:
    said = "备孕一年，丈夫电话 13912345678"
    answer = desk.post(REGISTER, typed(chief_complaint=said))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    with pytest.raises(DomainError):
        registering.register_patient(
            registration=Registration(name="李", phone="", chief_complaint=said),
            actor=receptionist,
        )
    assert not Patient.objects.exists()


def test_a_name_in_the_complaint_is_asked_about(desk, receptionist, typed) -> None:
    said = "张伟介绍来，备孕一年"
    answer = desk.post(REGISTER, typed(chief_complaint=said))
    page = answer.content.decode()
    assert (answer.status_code, said in page) == (422, True)
    assert 'name="chief_complaint_names_nobody"' in page
    assert not Patient.objects.exists()
    desk.post(REGISTER, typed(chief_complaint=said, chief_complaint_names_nobody="on"))
    assert opened(Patient.objects.get(), "chief_complaint", receptionist) == said


@pytest.mark.parametrize(
    "phone", ["１３８００１３８０００", "+86 138-0013-8000", "0086 13800138000", "138 0013 8000"]
)
def test_every_written_form_of_a_phone_is_taken(desk, receptionist, typed, phone):
    desk.post(REGISTER, typed(phone=phone))

    assert opened(Patient.objects.get(), "phone", receptionist) == "+8613800138000"


def test_without_a_phone_the_patient_is_provisional_and_the_page_says_so(desk, typed):
    answer = desk.post(REGISTER, typed(phone="", no_phone="on"), follow=True)

    patient = Patient.objects.get()
    assert patient.status == Patient.Status.PROVISIONAL
    assert patient.contact.phone is None
    assert reverse("patients:contact", args=[patient.code]) in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"chief_complaint": ""}, "chief_complaint"),
        ({"phone": ""}, "phone"),
        ({"phone": "12345"}, "phone"),
        ({"phone": "138001380000"}, "phone"),
        ({"phone": "13800138000", "no_phone": "on"}, "no_phone"),
        ({"birth_year": "90"}, "birth_year"),
        ({"birth_year": "2999"}, "birth_year"),
        ({"birth_year": "1850"}, "birth_year"),
        ({"id_number": "11010119900307993X"}, "id_purpose"),
        ({"id_number": "110101199003079931", "id_purpose": "invoice"}, "id_number"),
        ({"id_purpose": "invoice"}, "id_number"),
        ({"name": "x" * 61}, "name"),
        ({"chief_complaint": "x" * 501}, "chief_complaint"),
        ({"name": "王\x00"}, "name"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(desk, typed, change, field):
    answer = desk.post(REGISTER, typed(**change))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Patient.objects.exists()
    if "name" not in change:
        assert 'value="王小明"' in answer.content.decode()


def test_declined_is_an_answer_and_kept_as_one(desk, receptionist, typed):
    desk.post(
        REGISTER,
        typed(sex="declined", marital_status="declined", birth_year_declined="on"),
    )

    clinical = Patient.objects.get().clinical
    receipt = audit.record(
        AccessEvent.DENIED,
        actor=receptionist,
        subjects=[clinical.patient],
        fields=["patientclinical.sex", "patientclinical.birth_year"],
    )
    assert clinical.sex.reveal(receipt) == "declined"
    assert clinical.birth_year.reveal(receipt) == "declined"
    assert clinical.marital_status is not None


def test_full_width_years_and_id_numbers_are_folded(desk, receptionist, typed):
    desk.post(
        REGISTER,
        typed(
            birth_year="１９９０",
            id_purpose="invoice",
            id_number="１１０１０１１９９００３０７９９３ｘ",
        ),
    )

    assert opened(Patient.objects.get(), "id_number", receptionist) == "11010119900307993X"


@pytest.mark.parametrize("text", NASTY)
def test_text_stays_text(desk, receptionist, typed, text):
    answer = desk.post(REGISTER, typed(name=text, chief_complaint=text))

    patient = Patient.objects.get()
    assert answer.status_code == 302
    assert opened(patient, "name", receptionist) == " ".join(text.split())
    assert opened(patient, "chief_complaint", receptionist) == text
    page = desk.get(reverse("patients:page", args=[patient.code])).content.decode()
    assert "<script>alert" not in page
    again = desk.post(REGISTER, typed(name=text, chief_complaint=text)).content.decode()
    assert "<script>alert" not in again


def test_a_double_is_shown_with_reasons_and_masks_and_nothing_is_saved(desk, typed, booked, clinic):
    known = PatientFactory.create(clinic=clinic, contact={"name": "王芳"})

    answer = desk.post(REGISTER, typed())

    page = answer.content.decode()
    assert answer.status_code == 409
    assert Patient.objects.count() == 1
    assert known.code in page
    assert "王※" in page
    assert "王芳" not in page
    assert "13800138000" not in page.replace("138 0013 8000", "")
    assert "备孕一年未果" in page
    (seen,) = booked("patient.similar_shown")
    assert seen.codes == [known.code]
    assert seen.actor is not None


def test_setting_a_double_aside_needs_a_reason_and_is_booked(desk, typed, booked, clinic):
    known = PatientFactory.create(clinic=clinic, contact={"name": "王芳"})

    without = desk.post(REGISTER, typed(set_aside=known.code))
    wrong = desk.post(REGISTER, typed(set_aside="ZZZZZZZZ", set_aside_reason="shared_phone"))
    done = desk.post(REGISTER, typed(set_aside=known.code, set_aside_reason="shared_phone"))

    assert (without.status_code, wrong.status_code, done.status_code) == (409, 409, 302)
    assert "set_aside_reason" in without.context["form"].errors
    (event,) = booked("patient.set_aside")
    assert known.code in event.codes
    assert len(event.codes) == 2
    assert event.purpose == "shared_phone"


def test_another_clinics_patient_is_no_double(desk, typed):
    PatientFactory.create()

    assert desk.post(REGISTER, typed()).status_code == 302


def test_a_fingerprint_shared_by_chance_is_no_double(desk, typed, clinic, booked):
    known = PatientFactory.create(clinic=clinic, contact={"phone": "+8613900139000"})
    like = PatientContact()
    like.set_phone("+8613800138000")
    PatientContact.objects.filter(patient=known).update(phone_index=like.phone_index)

    assert desk.post(REGISTER, typed()).status_code == 302
    assert booked("patient.compared")
    assert not booked("patient.similar_shown")


def test_an_unreadable_candidate_is_booked_and_does_not_stop_the_desk(desk, typed, clinic, booked):
    known = PatientFactory.create(clinic=clinic)
    PatientContact.objects.filter(patient=known).update(phone=b"\x01\x01" + bytes(40))

    assert desk.post(REGISTER, typed()).status_code == 302
    assert booked("crypto.failed")


def test_the_check_while_typing_shows_a_double_and_takes_no_complaint(desk, typed, clinic):
    known = PatientFactory.create(clinic=clinic)

    hit = desk.post("/patients/new/similar/", {"phone": "13800138000"})
    miss = desk.post("/patients/new/similar/", {"phone": "1380013"})

    assert known.code in hit.content.decode()
    assert miss.content.strip() == b""


def test_same_name_and_year_is_a_double(desk, typed, clinic):
    desk.post(REGISTER, typed(birth_year="1990"))
    known = Patient.objects.get()

    answer = desk.post(REGISTER, typed(phone="13900139000", birth_year="1990", name="王 小明"))

    assert answer.status_code == 409
    assert known.code in answer.content.decode()


def test_a_form_sent_twice_makes_one_patient(desk, typed):
    form = typed()

    first, second = desk.post(REGISTER, form), desk.post(REGISTER, form)

    assert Patient.objects.count() == 1
    assert first["Location"] == second["Location"]


def test_the_care_team_is_of_ones_own_clinic(desk, typed, clinic, stranger):
    mine = UserFactory.create(clinic=clinic)
    other = UserFactory.create(clinic=stranger.clinic)

    refused = desk.post(REGISTER, typed(consultant=str(other.pk)))
    done = desk.post(REGISTER, typed(consultant=str(mine.pk)))

    assert (refused.status_code, done.status_code) == (422, 302)
    assert [one.staff for one in Patient.objects.get().care_team.all()] == [mine]


def test_an_id_number_needs_a_purpose_in_the_service_too(receptionist):
    with pytest.raises(DomainError):
        registering.register_patient(
            registration=Registration("王", "", "x", id_number="11010119900307993X"),
            actor=receptionist,
        )


@pytest.mark.django_db(transaction=True)
def test_codes_of_the_day_have_no_gap_and_no_double_under_load(receptionist):
    def work(count: int) -> None:
        for _ in range(count):
            registering.register_patient(
                registration=Registration("王", "", "x"), actor=receptionist
            )
        connection.close()

    threads = [threading.Thread(target=work, args=(5,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    from privacy.pseudonyms.models import VisitCode

    numbers = sorted(VisitCode.objects.values_list("number", flat=True))
    assert numbers == list(range(1, 21))
    assert Patient.objects.count() == 20


def test_a_form_without_a_key_is_refused(desk, typed):
    assert desk.post(REGISTER, typed(idempotency_key="")).status_code == 400


def test_an_empty_form_says_each_thing_once(desk, typed):
    form = desk.post(REGISTER, typed(name="", phone="", chief_complaint="")).context["form"]

    assert {name: len(errors) for name, errors in form.errors.items()} == {
        "name": 1,
        "phone": 1,
        "chief_complaint": 1,
    }


@pytest.mark.parametrize(
    ("year", "words"), [("1850", "1906 年到 2026 年之间"), ("2027", "之间"), ("90", "四位")]
)
def test_a_birth_year_out_of_range_is_told_the_range(desk, typed, time_machine, year, words):
    time_machine.move_to("2026-11-22 10:00+08:00")

    form = desk.post(REGISTER, typed(birth_year=year)).context["form"]

    assert words in form.errors["birth_year"][0]
