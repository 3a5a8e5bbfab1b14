"""A form that arrives twice is carried out once."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from crm.staff.models import Clinic, User
from crm.web import services
from crm.web.models import FormSubmission
from crm.web.refusals import NO_PAGE_SENDS

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.crm.web.urls")]
SignIn = Callable[[User], Client]


@pytest.fixture
def desk(receptionist: User, sign_in_as: SignIn) -> Client:
    client = sign_in_as(receptionist)
    client.raise_request_exception = False
    return client


def form(name: str, *, key: str | None = None, **more: str) -> dict[str, str]:
    return {"name": name, "idempotency_key": key or str(uuid4()), **more}


def test_the_second_post_leads_where_the_first_led(desk: Client) -> None:
    sent = form("north")

    first, second = desk.post("/clinics/", sent), desk.post("/clinics/", sent)

    assert first["Location"] == second["Location"] == "/clinics/north/"
    assert Clinic.objects.filter(name="north").count() == 1


def test_another_key_is_another_form(desk: Client) -> None:
    desk.post("/clinics/", form("one"))
    desk.post("/clinics/", form("two"))

    assert Clinic.objects.filter(name__in=["one", "two"]).count() == 2


def test_keys_of_two_people_do_not_meet(desk: Client, colleague: User, sign_in_as: SignIn) -> None:
    key = str(uuid4())
    desk.post("/clinics/", form("one", key=key))
    sign_in_as(colleague).post("/clinics/", form("two", key=key))

    assert Clinic.objects.filter(name__in=["one", "two"]).count() == 2


def test_a_form_shown_again_may_be_corrected_and_sent(desk: Client) -> None:
    key = str(uuid4())

    assert desk.post("/clinics/", form("draft", key=key, answer="form")).status_code == 422
    assert desk.post("/clinics/", form("final", key=key)).status_code == 302


def test_a_refusal_keeps_what_was_booked_and_frees_the_key(desk: Client) -> None:
    key = str(uuid4())

    assert desk.post("/clinics/", form("booked", key=key, answer="refuse")).status_code == 422
    assert Clinic.objects.filter(name="booked").exists()
    assert not FormSubmission.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_crash_leaves_nothing_and_frees_the_key(desk: Client) -> None:
    key = str(uuid4())

    assert desk.post("/clinics/", form("gone", key=key, answer="crash")).status_code == 500
    assert not Clinic.objects.filter(name="gone").exists()
    assert desk.post("/clinics/", form("gone", key=key)).status_code == 302


def test_a_fragment_is_not_kept_and_a_repeat_shows_things_as_they_are(desk: Client) -> None:
    sent = form("row", answer="fragment")
    desk.post("/clinics/", sent, headers={"HX-Request": "true"})

    again = desk.post("/clinics/", sent, headers={"HX-Request": "true"})
    plain = desk.post("/clinics/", sent, headers={"Referer": "https://testserver/desk/?page=2"})

    assert (again.status_code, again["HX-Refresh"], again.content) == (204, "true", b"")
    assert plain["Location"] == "/desk/"
    assert Clinic.objects.filter(name="row").count() == 1


@pytest.mark.parametrize("key", ["", "not-a-key"])
def test_a_form_without_a_key_is_not_carried_out(desk: Client, key: str, booked) -> None:
    answer = desk.post("/clinics/", {"name": "keyless", "idempotency_key": key})

    assert answer.status_code == 400
    assert not Clinic.objects.filter(name="keyless").exists()
    (denied,) = booked("access.denied")  # no page of ours sends that
    assert (denied.outcome, denied.reason) == ("denied", NO_PAGE_SENDS)
    assert denied.actor is not None


def test_what_is_only_too_large_is_not_held_against_anybody(
    desk: Client, booked, settings: Settings
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1

    assert desk.post("/clinics/", form("large", also="x")).status_code == 400
    assert booked("access.denied") == []


def test_a_key_is_good_for_one_page_only(desk: Client) -> None:
    key = str(uuid4())
    desk.post("/clinics/", form("one", key=key))

    assert desk.post("/other/", form("two", key=key)).status_code == 409


def test_reading_needs_no_key(desk: Client) -> None:
    assert desk.get("/clinics/").content == b"form"


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_the_second_waits_for_the_first(
    receptionist: User, sign_in_as: SignIn
) -> None:
    sent = form("together")
    clients = [sign_in_as(receptionist), sign_in_as(receptionist)]
    start = threading.Barrier(len(clients))
    places: list[str] = []

    def send(client: Client) -> None:
        try:
            start.wait(timeout=10)
            places.append(client.post("/clinics/", sent)["Location"])
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert len(places) == 2
    assert len(set(places)) == 1
    assert Clinic.objects.filter(name="together").count() == 1


def test_old_keys_are_forgotten_and_new_ones_kept(desk: Client) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=3), tick=False):
        FormSubmission.objects.create(user=User.objects.get(), key=uuid4(), path="/old/")
    desk.post("/clinics/", form("new"))

    assert services.forget_submissions() == 1
    assert FormSubmission.objects.get().path == "/clinics/"
