"""What is asked when, and what a no means (S12-S15, R8, C1)."""

import uuid
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from crm.patients import words
from crm.patients.asked_facts import AskedFact
from crm.patients.collecting import (
    COOL_OFF,
    LATER,
    LEGAL_CHECK,
    STANDARD,
    Fact,
    Stance,
    leave_to_ask,
    noes_apart,
    purposes_at,
    stance,
)
from crm.patients.models import Patient
from crm.patients.services import collecting, viewing
from crm.patients.services.registration import Registration, register_patient
from crm.staff.models import User
from privacy.access.policy import Role
from privacy.errors import AccessDenied, Conflict, DomainError
from tests.factories.people import UserFactory

DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2039, 12, 31))
PURPOSES = [key for key in words.ID_PURPOSES if key]
ID_NUMBER = "11010119900307002X"


@pytest.fixture
def doctor(clinic, patient) -> User:
    user = UserFactory.create(clinic=clinic, role=Role.DOCTOR)
    patient.care_team.create(staff=user)
    return user


def take(patient: Patient, actor: User, fact: Fact = Fact.MARITAL_STATUS, **more: object):
    return collecting.take_down(patient=patient, fact=fact, actor=actor, **more)


def said_no(patient: Patient, actor: User, days_ago: int, fact: Fact = Fact.MARITAL_STATUS) -> None:
    AskedFact.objects.create(
        patient=patient, fact=fact, answer="declined", asked_by=actor,
        asked_on=timezone.localdate() - timedelta(days=days_ago),
    )  # fmt: skip


# --- the standard ---------------------------------------------------------------------------------


def test_the_standard_covers_every_fact_and_every_stage() -> None:
    assert set(STANDARD) == set(Fact) == set(words.FACTS)
    assert set(words.STANCES) == set(Stance)
    for fact in Fact:
        for stage in Patient.Stage.values:
            assert stance(fact, stage) in set(Stance)


@pytest.mark.parametrize("stage", Patient.Stage.values)
def test_motive_and_occupation_are_never_asked(stage) -> None:
    assert stance(Fact.MOTIVE, stage) is stance(Fact.OCCUPATION, stage) is Stance.NEVER


@pytest.mark.parametrize("fact", [Fact.ID_DOCUMENT, Fact.MARRIAGE_CERTIFICATE])
def test_papers_wait_for_the_cycle(fact) -> None:
    for stage in ("new", "in_conversation", "estimate_given", "closed"):
        assert stance(fact, stage) is Stance.BLOCKED
        assert purposes_at(fact, stage, PURPOSES) == []
    assert purposes_at(fact, "in_treatment", PURPOSES) == [LEGAL_CHECK]


def test_the_check_of_the_law_is_no_purpose_before_treatment() -> None:
    assert LEGAL_CHECK not in purposes_at(Fact.ID_NUMBER, "new", PURPOSES)
    assert LEGAL_CHECK in purposes_at(Fact.ID_NUMBER, "in_treatment", PURPOSES)
    assert purposes_at(Fact.SEX, "new", PURPOSES) == []


@given(DAYS, st.integers(0, 400))
def test_after_a_no_ninety_days_of_rest(said, later) -> None:
    today = said + timedelta(days=later)
    leave = leave_to_ask([said], today=today)
    assert leave.may is (later >= COOL_OFF.days)
    assert leave.again_from == said + COOL_OFF
    assert not leave.never


@given(st.lists(DAYS, min_size=2, max_size=5), DAYS)
def test_after_a_second_no_never(noes, today) -> None:
    leave = leave_to_ask(noes, today=today)
    assert (leave.may, leave.never) == (False, True)


@given(st.lists(DAYS, max_size=8))
def test_a_no_while_one_rests_is_the_same_no(days) -> None:
    counted = noes_apart(days)
    assert counted == sorted(set(counted) & set(days))
    assert all(later - day >= COOL_OFF for day, later in pairwise(counted))
    assert all(any(one <= day < one + COOL_OFF for one in counted) for day in days)


def test_who_never_declined_may_be_asked() -> None:
    assert leave_to_ask([], today=date(2026, 1, 1)).may


# --- taking down ----------------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


def test_a_fact_is_sealed_and_the_day_kept(patient, doctor, booked) -> None:
    row = take(patient, doctor, Fact.SEX, value="female")
    assert (row.answer, row.asked_on) == ("given", timezone.localdate())
    opened = viewing.open_patient(staff=doctor, patient=patient)
    assert opened.sex == words.SEX["female"]
    (event,) = booked("patient.fact_taken")
    assert event.fields == ["patientclinical.sex"]
    assert event.detail == {"fact": "sex", "answer": "given", "came_back": ""}
    with pytest.raises(Conflict):
        take(patient, doctor, Fact.SEX, value="male")


def test_a_no_is_kept_and_rests(patient, doctor) -> None:
    take(patient, doctor, declined=True)
    asked = collecting.fact_of(patient, Fact.MARITAL_STATUS)
    assert (asked.answer, asked.is_open, asked.may_come_back) == ("declined", False, True)
    with pytest.raises(DomainError):
        take(patient, doctor, value="married")
    assert (
        viewing.open_patient(staff=doctor, patient=patient).marital_status
        == (words.MARITAL_STATUS["declined"])
    )


def test_once_more_after_ninety_days_and_then_only_the_patient(patient, doctor) -> None:
    said_no(patient, doctor, days_ago=89)
    with pytest.raises(DomainError):
        take(patient, doctor, declined=True)
    said_no(patient, doctor, days_ago=300, fact=Fact.SEX)
    assert collecting.fact_of(patient, Fact.SEX).is_open
    take(patient, doctor, Fact.SEX, declined=True)
    assert collecting.fact_of(patient, Fact.SEX).leave.never
    with pytest.raises(DomainError):
        take(patient, doctor, Fact.SEX, value="female")
    row = take(patient, doctor, Fact.SEX, value="female", came_back="asked")
    assert (row.answer, row.came_back) == ("given", "asked")


def test_papers_are_looked_at_in_treatment_and_nothing_is_kept_of_them(patient, doctor) -> None:
    with pytest.raises(DomainError):
        take(patient, doctor, Fact.MARRIAGE_CERTIFICATE, purpose=LEGAL_CHECK)
    patient.stage = Patient.Stage.IN_TREATMENT
    patient.save()
    with pytest.raises(DomainError):
        take(patient, doctor, Fact.MARRIAGE_CERTIFICATE, purpose="invoice")
    row = take(patient, doctor, Fact.MARRIAGE_CERTIFICATE, purpose=LEGAL_CHECK)
    assert (row.answer, row.purpose) == ("given", LEGAL_CHECK)


def test_an_id_number_has_a_purpose_and_tells_the_age(patient, doctor) -> None:
    with pytest.raises(DomainError):
        take(patient, doctor, Fact.ID_NUMBER, value=ID_NUMBER)
    with pytest.raises(DomainError):
        take(patient, doctor, Fact.ID_NUMBER, purpose="invoice")
    take(patient, doctor, Fact.ID_NUMBER, value=ID_NUMBER, purpose="invoice")
    assert not patient.guards.exists()
    take(patient, doctor, Fact.BIRTH_YEAR, value=str(timezone.localdate().year - 10))
    assert patient.guards.filter(kind="minor").exists()


def test_an_id_number_declined_leaves_nothing_behind(patient, doctor) -> None:
    take(patient, doctor, Fact.ID_NUMBER, declined=True)
    patient.contact.refresh_from_db()
    assert patient.contact.id_number is None


def test_roles_without_a_need_take_nothing_down(patient, clinic, stranger) -> None:
    finance = UserFactory.create(clinic=clinic, role=Role.FINANCE)
    with pytest.raises(AccessDenied):
        take(patient, finance, value="married")


def test_registration_keeps_what_was_told_and_declined(receptionist) -> None:
    patient = register_patient(
        registration=Registration(
            name="王芳", phone="", chief_complaint="咨询", sex="female", marital_status="declined"
        ),
        actor=receptionist,
    )
    found = {one.fact: one.answer for one in collecting.facts_of(patient)}
    assert (found[Fact.SEX], found[Fact.MARITAL_STATUS], found[Fact.BIRTH_YEAR]) == (
        "given", "declined", "",
    )  # fmt: skip


def test_the_check_of_the_law_does_not_take_an_id_number_at_registration(receptionist) -> None:
    asked = Registration(
        name="王芳", phone="", chief_complaint="咨询", id_number=ID_NUMBER, id_purpose=LEGAL_CHECK
    )
    with pytest.raises(DomainError):
        register_patient(registration=asked, actor=receptionist)


def test_what_was_known_before_counts_as_told(patient, doctor) -> None:
    clinical = patient.clinical
    clinical.sex = "female"
    clinical.save()
    asked = collecting.fact_of(patient, Fact.SEX)
    assert (asked.answer, asked.on, asked.is_open) == ("given", None, False)


def test_answers_stay_as_they_were_given(patient, doctor) -> None:
    row = take(patient, doctor, declined=True)
    for act in (
        lambda: AskedFact.objects.filter(pk=row.pk).update(answer="given"), row.delete,
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


# --- pages ----------------------------------------------------------------------------------------


def form(**more: str) -> dict[str, str]:
    return {"idempotency_key": str(uuid.uuid4()), **more}


def test_the_standard_is_a_page_for_all_who_see_patients(clinic, sign_in_as) -> None:
    finance = UserFactory.create(clinic=clinic, role=Role.FINANCE)
    page = sign_in_as(finance).get("/patients/standard/").content.decode()
    for fact in Fact:
        assert str(words.FACTS[fact]) in page


def test_from_the_list_to_a_no_and_back(patient, doctor, sign_in_as) -> None:
    desk = sign_in_as(doctor)
    listed = f"/patients/{patient.code}/facts/"
    assert desk.get(listed).status_code == 200
    page = f"{listed}marital_status/"
    assert desk.get(page).status_code == 200
    assert desk.post(page, form(answer="given")).status_code == 422
    assert desk.post(page, form(answer="declined")).status_code == 302
    shown = desk.get(listed).content.decode()
    assert f"{timezone.localdate() + COOL_OFF:%Y-%m-%d}" in shown
    assert desk.post(page, form(answer="given", value="married")).status_code == 422
    answered = form(answer="given", value="married", came_back="asked")
    assert desk.post(page, answered).status_code == 302
    assert "married" not in desk.get(listed).content.decode()
    assert desk.get(f"{listed}motive/").status_code == 404
    assert desk.get(f"{listed}marital_status/").status_code == 200


@pytest.mark.parametrize(
    ("fact", "value", "status"),
    [
        ("birth_year", "1990", 302),
        ("birth_year", "19", 422),
        ("id_number", ID_NUMBER, 302),
        ("id_number", "123", 422),
        ("sex", "female", 302),
        ("sex", "declined", 422),
    ],
)
def test_values_are_looked_at(patient, doctor, sign_in_as, fact, value, status) -> None:
    sent = form(answer="given", value=value, purpose="invoice")
    assert sign_in_as(doctor).post(f"/patients/{patient.code}/facts/{fact}/", sent).status_code == (
        status
    )


def test_papers_have_no_value_and_need_a_purpose(patient, doctor, sign_in_as) -> None:
    patient.stage = Patient.Stage.IN_TREATMENT
    patient.save()
    desk, page = sign_in_as(doctor), f"/patients/{patient.code}/facts/id_document/"
    assert "id_value" not in desk.get(page).content.decode()
    assert desk.post(page, form(answer="given")).status_code == 422
    assert desk.post(page, form(answer="given", purpose=LEGAL_CHECK)).status_code == 302


def test_the_desk_sees_that_and_never_what(patient, receptionist, doctor, sign_in_as) -> None:
    take(patient, doctor, Fact.SEX, value="female")
    page = sign_in_as(receptionist).get(f"/patients/{patient.code}/facts/").content.decode()
    assert str(words.SEX["female"]) not in page
    assert str(words.FACTS[Fact.SEX]) in page


def test_strangers_find_nothing(patient, stranger, sign_in_as) -> None:
    assert sign_in_as(stranger).get(f"/patients/{patient.code}/facts/").status_code == 404
    assert (
        sign_in_as(stranger)
        .post(f"/patients/{patient.code}/facts/sex/", form(answer="declined"))
        .status_code
        == 404
    )


@pytest.mark.parametrize(("sex", "spoken"), [("female", "王女士"), ("male", "王先生"), ("", "")])
def test_who_treats_reads_how_to_address(patient, doctor, sex, spoken) -> None:
    if sex:
        take(patient, doctor, Fact.SEX, value=sex)
    assert viewing.open_patient(staff=doctor, patient=patient).address == spoken
    finance = UserFactory.create(clinic=patient.clinic, role=Role.FINANCE)
    assert viewing.open_patient(staff=finance, patient=patient).address == ""


def test_all_later_facts_are_shown(patient) -> None:
    assert tuple(one.fact for one in collecting.facts_of(patient)) == LATER
