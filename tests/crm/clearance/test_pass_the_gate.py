"""Who is not cleared sees codes only: on pages, over the API, in masks, from the next request."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from crm.patients.models import Patient, PatientGuard
from crm.staff.models import User
from crm.staff.services import issue_token
from privacy.access.policy import Permission, Role
from tests.factories.guards import guarded_by
from tests.factories.people import PatientFactory, UserFactory

NAME, COMPLAINT = "欧阳晓彤", "备孕两年未果"


@pytest.fixture
def patient(clinic):
    return PatientFactory.create(
        clinic=clinic, contact={"name": NAME, "chief_complaint": COMPLAINT}
    )


@pytest.fixture
def carer(clinic, patient) -> User:
    user = UserFactory.create(clinic=clinic, role=Role.CONSULTANT)
    patient.care_team.create(staff=user)
    return user


def close_gate(user: User) -> None:
    user.cleared_until = timezone.localdate() - timedelta(days=1)
    user.save()


def closed_doors(patient) -> list[str]:
    code = patient.code
    return [
        reverse("patients:timeline", args=[code]),
        reverse("patients:who-looked", args=[code]),
        reverse("patients:reveal", args=[code]),
        reverse("consult:consultations"),
        reverse("consult:estimates"),
        reverse("followup:plans"),
    ]


def test_a_patients_page_shrinks_to_its_code(sign_in_as, patient, carer) -> None:
    client = sign_in_as(carer)
    page = reverse("patients:page", args=[patient.code])
    assert COMPLAINT in client.get(page).content.decode()

    close_gate(carer)
    shown = client.get(page)

    text = shown.content.decode()
    assert shown.status_code == 200
    assert patient.spaced_code in text
    assert COMPLAINT not in text
    assert "欧阳" not in text
    assert "reveal" not in text


def test_the_list_shows_codes_only_and_costs_no_more(
    sign_in_as, patient, carer, django_assert_max_num_queries
) -> None:
    client = sign_in_as(carer)
    close_gate(carer)
    with django_assert_max_num_queries(8):
        text = client.get(reverse("patients:list")).content.decode()
    assert patient.code in text
    assert "欧阳" not in text


def test_neither_the_ground_of_a_guard_nor_stage_nor_team_is_told(
    sign_in_as, clinic, patient, carer
) -> None:
    nurse = UserFactory.create(clinic=clinic, role=Role.NURSE, display_name="石护士")
    patient.care_team.create(staff=nurse)
    guarded_by(patient, carer)
    Patient.objects.filter(pk=patient.pk).update(stage="in_treatment", status="provisional")
    told = {
        "ground": PatientGuard.Kind.VIP.label,
        "stage": Patient.Stage.IN_TREATMENT.label,
        "status": Patient.Status.PROVISIONAL.label,
        "colleague": nurse.display_name,
    }
    client = sign_in_as(carer)

    def seen(address: str) -> set[str]:
        text = client.get(address).content.decode()
        return {name for name, word in told.items() if str(word) in text}

    page, everybody = reverse("patients:page", args=[patient.code]), reverse("patients:list")
    assert (seen(page), seen(everybody)) == (set(told), set(told) - {"ground"})

    close_gate(carer)

    assert (seen(page), seen(everybody)) == (set(), set())


@pytest.mark.parametrize("asked", ["stage=closed", "status=inactive", "alone=on"])
def test_no_filter_tells_how_far_things_are(sign_in_as, patient, carer, asked) -> None:
    client = sign_in_as(carer)
    address = f"{reverse('patients:list')}?{asked}"
    assert patient.code not in client.get(address).content.decode()

    close_gate(carer)

    assert patient.code in client.get(address).content.decode()


def test_every_other_door_to_a_patient_closes_and_says_why(sign_in_as, patient, carer) -> None:
    client = sign_in_as(carer)
    close_gate(carer)
    for address in closed_doors(patient):
        answer = client.get(address)
        assert answer.status_code == 403, address
        assert gettext(
            "Your clearance is missing or has lapsed: codes only. See My clearance."
        ) in (answer.content.decode()), address


def test_a_refusal_for_want_of_clearance_is_told_apart_in_the_trail(
    sign_in_as, carer, colleague, events
) -> None:
    close_gate(carer)
    sign_in_as(carer).get(reverse("consult:consultations"))
    sign_in_as(carer).get(reverse("trail:list"))

    lapsed, never = events("access.denied")
    assert (lapsed.reason, lapsed.detail) == ("consultations.view", {"uncleared": 1})
    assert (never.reason, never.detail) == ("audit.view", {})


def test_a_token_stops_with_its_owner(client, patient, carer) -> None:
    _token, secret = issue_token(
        user=carer,
        name="x",
        scopes=[Permission.VIEW_PATIENTS, Permission.VIEW_CONSULTATIONS],
        lifetime=timedelta(days=1),
    )
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    one = reverse("api:patient-detail", args=[patient.code])
    talks = reverse("api:consultation-list", args=[patient.code])
    assert client.get(one, **bearer).json()["name"]
    assert client.get(one, **bearer).json()["stage"] == patient.stage
    assert client.get(talks, **bearer).status_code == 200

    close_gate(carer)

    listed = client.get(reverse("api:patient-list"), {"stage": "closed"}, **bearer).json()
    for told in (client.get(one, **bearer).json(), *listed["results"]):
        assert (told["code"], told["name"]) == (patient.code, None)
        assert (told["stage"], told["status"]) == ("", "")
    assert listed["count"] == 1
    assert client.get(talks, **bearer).status_code == 403
    assert client.get(reverse("staff:api-me"), **bearer).json()["permissions"] == ["patients.view"]


def test_the_uncleared_sign_in_and_find_their_own_page(sign_in_as, trainee) -> None:
    client = sign_in_as(trainee)
    assert client.get("/")["Location"] == reverse("clearance:own")
    for name in ("clearance:own", "clearance:library", "staff:account", "patients:list"):
        assert client.get(reverse(name)).status_code == 200, name
    text = client.get(reverse("staff:account")).content.decode()
    assert text.count(reverse("clearance:own")) >= 2  # the side column and the notice


def test_the_refusal_leads_to_what_is_missing(sign_in_as, clinic) -> None:
    newcomer = UserFactory.create(clinic=clinic, role=Role.FRONT_DESK, cleared_until=None)
    refused = sign_in_as(newcomer).get(reverse("patients:register"))
    assert refused.status_code == 403
    assert reverse("clearance:own") in refused.content.decode()


def test_the_notice_leaves_the_pages_own_forms_alone(sign_in_as, trainee) -> None:
    text = sign_in_as(trainee).get(reverse("staff:account")).content.decode()
    assert 'action="/' in text
    addresses = re.findall(r'<form[^>]* action="([^"]*)"', text)
    assert all(one.startswith("/") for one in addresses), addresses


def test_the_front_desk_keeps_the_queue(sign_in_as, receptionist) -> None:
    close_gate(receptionist)
    client = sign_in_as(receptionist)
    assert client.get("/").status_code == 200
    assert client.get(reverse("patients:register")).status_code == 403


def test_administration_without_patients_goes_on(sign_in_as, admin) -> None:
    close_gate(admin)
    client = sign_in_as(admin)
    for name in ("staff:list", "staff:open-account", "clearance:overview", "scheduling:rooms"):
        assert client.get(reverse(name)).status_code == 200, name


def test_the_last_day_still_counts_and_is_announced(sign_in_as, carer) -> None:
    carer.cleared_until = timezone.localdate()
    carer.save()
    answer = sign_in_as(carer).get(reverse("consult:consultations"))
    assert answer.status_code == 200
    assert f"{carer.cleared_until:%Y-%m-%d}" in answer.content.decode()


def test_a_stranger_gains_nothing_here(client, sign_in_as, stranger, trainee, patient) -> None:
    for name in ("clearance:own", "clearance:library", "clearance:overview"):
        assert client.get(reverse(name)).status_code == 302
    clerk = sign_in_as(stranger)
    assert clerk.get(reverse("patients:page", args=[patient.code])).status_code == 404
    boss = UserFactory.create(clinic=stranger.clinic, role=Role.SYSTEM_ADMIN)
    other = sign_in_as(boss)
    assert trainee.display_name not in other.get(reverse("clearance:overview")).content.decode()
    for name in ("clearance:licences", "clearance:leave"):
        assert other.get(reverse(name, args=[trainee.pk])).status_code == 404
    assert other.post(
        reverse("clearance:come-back", args=[trainee.pk]),
        {"idempotency_key": "6f0f2a4e-7b0c-4f3e-9a46-0f4f0c1f5a11"},
    ).status_code == 404  # fmt: skip
