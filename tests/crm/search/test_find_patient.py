"""The one box: exact hits jump, nothing of the term stays anywhere, nobody else's patients."""

import logging

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.patients.models import PatientContact
from crm.patients.rules import name_tokens
from crm.search.rules import By, understand
from privacy.access.policy import Permission, Role, roles_with
from privacy.pseudonyms.services import issue_visit_code
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db
BOX = "/search/"


@pytest.fixture
def known(clinic):
    """A patient with an ID number, a code of today and name tokens as the product makes them."""
    patient = PatientFactory.create(
        clinic=clinic,
        contact={"name": "欧阳𬱖", "phone": "+8613900139000", "id_number": "11010119900307993X"},
    )
    name_them(patient, "欧阳𬱖")
    issue_visit_code(subject=patient.subject, site=clinic.pk, day=timezone.localdate())
    return patient


def name_them(patient, name):
    contact = patient.contact
    contact.set_name(name, name_tokens(name))
    contact.save()


@pytest.fixture
def look(receptionist, sign_in_as):
    client = sign_in_as(receptionist)
    return lambda text: client.post(BOX, {"q": text})


@pytest.mark.parametrize(
    "text",
    [
        "139 0013 9000",
        "+8613900139000",
        "１３９００１３９０００",
        "110101 19900307 993x",
        "b001",
        "Ｂ－００１",
    ],
)
def test_an_exact_hit_leads_to_the_patient(look, known, text):
    answer = look(text)

    assert answer.status_code == 302
    assert answer["Location"] == f"/patients/{known.code}/"


def test_a_code_is_found_however_it_is_written(look, known):
    for text in (
        known.code,
        known.code.lower(),
        known.spaced_code,
        f" {known.code[:3]} {known.code[3:]}",
    ):
        assert look(text)["Location"] == f"/patients/{known.code}/"


@pytest.mark.parametrize("text", ["欧", "阳", "欧阳", "𬱖", "阳𬱖", "欧阳𬱖"])
def test_any_part_of_a_name_finds_it_masked(look, known, text):
    page = look(text).content.decode()

    assert known.code in page
    assert "欧阳※" in page
    assert "𬱖" not in page
    assert "13900139000" not in page


def test_several_are_listed_and_no_false_hit_is_shown(look, clinic, known):
    twin = PatientFactory.create(clinic=clinic, contact={"phone": "+8613900139000"})
    decoy = PatientFactory.create(clinic=clinic, contact={"phone": "+8613800138000"})
    PatientContact.objects.filter(patient=decoy).update(
        phone_index=PatientContact.objects.get(patient=twin).phone_index
    )

    page = look("13900139000").content.decode()

    assert known.code in page
    assert twin.code in page
    assert decoy.code not in page.replace("-", "")


def test_the_trail_has_kind_and_token_and_never_the_term(look, known, booked, caplog):
    with caplog.at_level(logging.DEBUG):
        look("13900139000")
        look("欧阳")
        look("不存在的人")

    found = booked("search.found")
    assert [event.detail["by"] for event in found] == ["name", "name", "phone"]
    assert [event.count for event in found] == [0, 1, 1]
    # As wide as stored ones: of so few patients every term is like any other.
    assert {event.detail["token"] for event in found} == {"1000000"}
    for event in booked():
        assert "欧阳" not in str(event.facts())
        assert "13900139000" not in str(event.facts())
    assert "13900139000" not in "".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("django.db")
    )


def test_a_phone_search_reads_contacts_once(look, known):
    look("13900139000")
    with CaptureQueriesContext(connection) as asked:
        look("13900139000")

    about = [query["sql"] for query in asked if "crm_patientcontact" in query["sql"]]
    assert len(about) == 1


@pytest.mark.parametrize("text", ["13900139000", "欧阳", "b001", "11010119900307993X"])
def test_nobody_finds_what_is_out_of_reach(sign_in_as, clinic, known, stranger, text):
    outsider = UserFactory.create(clinic=clinic, role=Role.CONSULTANT)

    for user in (outsider, stranger):
        answer = sign_in_as(user).post(BOX, {"q": text})
        assert answer.status_code == 200
        assert known.code not in answer.content.decode().replace("-", "")


def test_asking_for_a_strangers_code_is_booked(sign_in_as, stranger, known, booked):
    sign_in_as(stranger).post(BOX, {"q": known.code})

    told = {(event.actor, *event.codes) for event in booked("access.not_found")}
    assert told == {(stranger.pk,), (None, known.code)}


def test_names_can_be_switched_off(look, known, settings):
    settings.NAME_SEARCH = False

    answer = look("欧阳")

    assert answer.context["found"].names_off
    assert known.code not in answer.content.decode().replace("-", "")


def test_what_cannot_be_opened_is_told_and_not_guessed(look, known, booked):
    PatientContact.objects.filter(patient=known).update(phone=b"\x01\x01" + bytes(60))

    answer = look("13900139000")

    assert answer.context["found"].unreadable == 1
    assert booked("crypto.failed")


@pytest.mark.parametrize("text", ["", "  ", "7777", "'; DROP TABLE x; --", "<b>", "x" * 64, "👩‍⚕️"])
def test_nonsense_finds_nothing(look, known, text):
    answer = look(text)

    assert answer.status_code == 200
    assert known.code not in answer.content.decode().replace("-", "")
    assert "<b>" not in answer.content.decode()


@pytest.mark.parametrize("role", [*Role])
def test_only_roles_that_search_may(sign_in_as, clinic, role):
    client = sign_in_as(UserFactory.create(clinic=clinic, role=role))

    allowed = role in roles_with(Permission.SEARCH_PATIENTS)
    assert client.get(BOX).status_code == (200 if allowed else 403)
    page = client.get("/account/").content.decode()
    assert ('role="search"' in page) is allowed  # no box that leads to a refusal


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("1", By.VISIT_CODE),
        ("B-12", By.VISIT_CODE),
        ("E-2026-0318", By.ESTIMATE),
        ("13800138000", By.PHONE),
        ("11010119900307993X", By.ID_NUMBER),
        ("王", By.NAME),
        ("123456", By.NOTHING),
        ("…", By.NOTHING),
    ],
)
def test_what_is_meant_is_understood(text, by):
    assert understand(text, letter="B", today=timezone.localdate()).by == by
