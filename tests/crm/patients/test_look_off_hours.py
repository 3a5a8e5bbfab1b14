"""Clinical text while the clinic is closed: once a patient and night, for a reason (G4)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from crm.patients import reasons
from crm.patients.events import PatientEvent
from crm.patients.services.off_hours import must_say_why
from crm.patients.words import OFF_HOURS_PHRASES, OFF_HOURS_PURPOSES
from crm.staff import services
from crm.staff.rules import closed_since, off_hours
from crm.web.idempotency import new_key
from privacy.access.policy import Permission, Role
from privacy.audit import services as audit
from privacy.audit.events import Kind
from tests.factories.access import broken
from tests.factories.consultations import submitted_of
from tests.factories.followup import PlanFactory, StepFactory
from tests.factories.people import PatientFactory, UserFactory
from tests.factories.restrictions import restricted

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Asia/Shanghai")
NIGHT = datetime(2026, 11, 21, 23, 30, tzinfo=ZONE)
WHY = {"purpose": "duty", "reason": "夜间值班，照护这位患者"}
CLINICAL = [Role.CONSULTANT, Role.DOCTOR, Role.NURSE, Role.MEDICAL_QC]


@pytest.fixture(autouse=True)
def clock(settings):
    """It is night, and ``clock.move_to()`` makes it another time."""
    settings.OFF_HOURS_REASON = True
    settings.CLINIC_OPEN_FROM, settings.CLINIC_OPEN_UNTIL = 9, 20
    with time_machine.travel(NIGHT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def on_duty(clinic, patient, sign_in_as):
    """``on_duty(role)``: a person of the care team, and their browser."""

    def make(role=Role.NURSE):
        user = UserFactory.create(clinic=clinic, role=role)
        patient.care_team.create(staff=user)
        return user, sign_in_as(user)

    return make


def page_of(patient) -> str:
    return reverse("patients:page", args=[patient.code])


def why_of(patient) -> str:
    return reverse("patients:say-why", args=[patient.code])


def is_asked(answer, patient) -> bool:
    return answer.status_code == 302 and answer.headers["Location"].startswith(why_of(patient))


@pytest.mark.parametrize("role", CLINICAL)
def test_the_first_look_of_a_night_is_asked_and_leads_on(on_duty, patient, booked, role) -> None:
    user, browser = on_duty(role)
    asked = browser.get(page_of(patient))
    assert is_asked(asked, patient)
    assert not booked("patient.opened")

    form = browser.get(asked.headers["Location"])
    assert patient.code[:4] in form.content.decode()
    done = browser.post(asked.headers["Location"], WHY)

    assert done.headers["Location"] == page_of(patient)
    (event,) = booked("patient.off_hours")
    assert (event.actor, event.codes) == (user.pk, [patient.code])
    assert (event.purpose, event.reason) == ("duty", WHY["reason"])
    assert browser.get(page_of(patient)).status_code == 200
    assert browser.get(why_of(patient)).headers["Location"] == page_of(patient)


def test_the_same_patient_is_not_asked_of_twice_a_night_and_others_are(
    on_duty, patient, clinic, clock, sign_in_as
) -> None:
    user, browser = on_duty()
    other = PatientFactory.create(clinic=clinic)
    other.care_team.create(staff=user)
    browser.post(why_of(patient), WHY)

    assert is_asked(browser.get(page_of(other)), other)
    _colleague, of_colleague = on_duty(Role.DOCTOR)
    assert is_asked(of_colleague.get(page_of(patient)), patient)
    clock.move_to(NIGHT + timedelta(hours=9))  # 08:30, the same night
    assert sign_in_as(user).get(page_of(patient)).status_code == 200
    clock.move_to(NIGHT + timedelta(hours=21))  # 20:30, the next one
    assert is_asked(sign_in_as(user).get(page_of(patient)), patient)


@pytest.mark.parametrize(("hour", "asked"), [(8, True), (9, False), (19, False), (20, True)])
def test_by_day_nobody_is_asked(on_duty, patient, clock, hour, asked) -> None:
    clock.move_to(NIGHT.replace(hour=hour, minute=59 if hour in {8, 19} else 0))
    _user, browser = on_duty()
    assert is_asked(browser.get(page_of(patient)), patient) is asked


def test_a_clinic_that_never_closes_or_does_not_want_it_asks_nobody(
    on_duty, patient, settings
) -> None:
    _user, browser = on_duty()
    settings.OFF_HOURS_REASON = False
    assert browser.get(page_of(patient)).status_code == 200
    settings.OFF_HOURS_REASON = True
    settings.CLINIC_OPEN_FROM, settings.CLINIC_OPEN_UNTIL = 0, 24
    assert browser.get(page_of(patient)).status_code == 200


def test_roles_that_read_no_clinical_text_are_not_asked(desk, patient) -> None:
    assert desk.get(page_of(patient)).status_code == 200
    assert desk.get(why_of(patient)).status_code == 403


def test_a_stranger_is_told_nothing(sign_in_as, clinic, patient) -> None:
    nurse = sign_in_as(UserFactory.create(clinic=clinic, role=Role.NURSE))
    for address in (page_of(patient), why_of(patient)):
        assert nurse.get(address).status_code == 404


@pytest.mark.parametrize("reason", ["", "值班", "家属 13900139000 来电咨询病情"])
def test_the_reason_is_checked_like_every_other(on_duty, patient, booked, reason) -> None:
    _user, browser = on_duty()
    answer = browser.post(why_of(patient), {**WHY, "reason": reason})

    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert not booked("patient.off_hours")
    assert is_asked(browser.get(page_of(patient)), patient)


def test_a_tap_writes_the_reason(on_duty, patient, booked) -> None:
    _user, browser = on_duty()
    form = browser.post(why_of(patient), {"phrase": "emergency-0", "next": "/"}).context["form"]
    assert form["purpose"].value() == "emergency"
    assert reasons.checked(form["reason"].value())
    assert not booked("patient.off_hours")
    assert set(OFF_HOURS_PHRASES) == set(OFF_HOURS_PURPOSES)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_phrase_is_a_reason_in_each_language(language) -> None:
    with override(language):
        for phrases in OFF_HOURS_PHRASES.values():
            assert [reasons.checked(str(one)) for one in phrases] == [str(one) for one in phrases]


def test_who_looked_says_why(on_duty, patient) -> None:
    _user, browser = on_duty()
    browser.post(why_of(patient), WHY)
    looked = browser.get(reverse("patients:who-looked", args=[patient.code])).content.decode()
    assert WHY["reason"] in looked
    assert str(OFF_HOURS_PURPOSES["duty"]) in looked


def test_it_leads_to_this_house_only(on_duty, patient) -> None:
    _user, browser = on_duty()
    done = browser.post(why_of(patient), {**WHY, "next": "https://example.org/"})
    assert done.headers["Location"] == page_of(patient)


def test_a_part_of_a_page_leads_the_whole_page(on_duty, patient) -> None:
    _user, browser = on_duty()
    answer = browser.get(
        reverse("patients:timeline", args=[patient.code]),
        headers={
            "HX-Request": "true",
            "HX-Current-URL": f"http://testserver{page_of(patient)}?at=3",
        },
    )
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith(why_of(patient))
    assert "at%3D3" in answer.headers["HX-Redirect"]


def test_plain_text_seen_and_broken_glass_have_said_why(on_duty, patient, clinic) -> None:
    _user, browser = on_duty()
    seen = {"field": "phone", "purpose": "call", "reason": "致电患者确认预约时间"}
    assert browser.post(reverse("patients:reveal", args=[patient.code]), seen).status_code == 200
    assert browser.get(page_of(patient)).status_code == 200

    guest = UserFactory.create(clinic=clinic, role=Role.DOCTOR)
    assert must_say_why(staff=guest, patient=patient)
    broken(patient, guest)
    assert not must_say_why(staff=guest, patient=patient)


def test_what_was_typed_before_closing_is_taken_and_what_no_page_led_to_is_asked(
    on_duty, patient, clock
) -> None:
    _user, browser = on_duty(Role.CONSULTANT)
    stage = reverse("patients:stage", args=[patient.code])
    sent = {"stage": patient.stage, "before": patient.stage}
    clock.move_to(NIGHT.replace(hour=20, minute=5))
    assert is_asked(browser.post(stage, sent), patient)

    clock.move_to(NIGHT.replace(hour=19, minute=55))
    _user, browser = on_duty(Role.DOCTOR)
    assert browser.get(page_of(patient)).status_code == 200
    clock.move_to(NIGHT.replace(hour=20, minute=5))
    assert not is_asked(browser.post(stage, sent), patient)
    assert is_asked(browser.get(page_of(patient)), patient)


def test_a_row_in_a_list_leads_to_no_form(on_duty, patient, clock, booked) -> None:
    clock.move_to(NIGHT.replace(hour=12))
    writer = UserFactory.create(clinic=patient.clinic, role=Role.CONSULTANT)
    record = submitted_of(patient, writer)
    StepFactory.create(plan=PlanFactory.create(patient=patient))
    clock.move_to(NIGHT)
    _user, browser = on_duty(Role.DOCTOR)
    for listing in ("patients:list", "consult:consultations", "followup:plans"):
        assert browser.get(reverse(listing), {"scope": "all"}).status_code == 200
    named = [one.codes for one in booked() if one.kind == Kind.VIEW]
    assert named == [[patient.code]] * 3
    for form in (
        reverse("consult:addendum", args=[record.pk]),
        reverse("patients:team-add", args=[patient.code]),
    ):
        assert is_asked(browser.post(form, {"idempotency_key": new_key()}), patient), form
    assert not booked("consultation.opened")
    assert not booked("patient.opened")


def test_registering_somebody_similar_is_no_work_on_the_one_set_aside(
    on_duty, patient, clinic
) -> None:
    user, browser = on_duty(Role.DOCTOR)
    with transaction.atomic():
        audit.record(
            PatientEvent.SET_ASIDE,
            actor=user,
            subjects=[PatientFactory.create(clinic=clinic), patient],
        )
    stage = reverse("patients:stage", args=[patient.code])
    assert is_asked(browser.post(stage, {"stage": patient.stage}), patient)


def test_programs_ask_the_same_and_are_told_where_to_say_it(on_duty, patient, client) -> None:
    user, browser = on_duty(Role.DOCTOR)
    scopes = [Permission.VIEW_PATIENTS, Permission.VIEW_CONSULTATIONS]
    _token, secret = services.issue_token(
        user=user, name="x", scopes=scopes, lifetime=timedelta(days=1)
    )
    bearer = {"Authorization": f"Bearer {secret}"}
    for path in ("", "consultations/"):
        address = f"/api/v1/patients/{patient.code}/{path}"
        told = client.get(address, headers=bearer)
        assert (told.status_code, told.json()["code"]) == (403, "reason-asked")
    browser.post(why_of(patient), WHY)
    for path in ("", "consultations/"):
        address = f"/api/v1/patients/{patient.code}/{path}"
        assert client.get(address, headers=bearer).status_code == 200


@given(
    minutes=st.integers(0, 400 * 24 * 60),
    opens=st.integers(0, 23),
    length=st.integers(1, 24),
)
def test_a_closed_clinic_has_closed_within_the_last_day(minutes, opens, length) -> None:
    closes = min(opens + length, 24)
    local = NIGHT + timedelta(minutes=minutes)
    since = closed_since(local, closes=closes)
    assert timedelta(0) <= local - since < timedelta(days=1)
    assert since.hour == closes % 24
    if off_hours(local, opens=opens, closes=closes):
        step = since
        while step <= local:
            assert off_hours(step, opens=opens, closes=closes)
            step += timedelta(hours=1)


def test_of_a_restricted_record_nothing_is_shown_so_nothing_is_asked(on_duty, patient):
    user, browser = on_duty()
    restricted(patient)
    assert browser.get(page_of(patient)).status_code == 200
    assert not must_say_why(staff=user, patient=patient)
