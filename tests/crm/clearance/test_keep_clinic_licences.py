"""The clinic's own licences: recorded, reminded of, shown when they lapse, and what that stops."""

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from crm.clearance import rules, selectors, services
from crm.clearance.clinic_licences import record_clinic_licence, withdraw_clinic_licence
from crm.clearance.models import ClinicLicence, Reminder
from crm.scheduling import services as scheduling
from crm.staff.models import User
from crm.web.idempotency import FIELD, new_key
from privacy.access.policy import Role
from privacy.errors import AccessDenied, Conflict, DomainError
from tests.factories.people import UserFactory

INSTITUTION, INTERNET = rules.INSTITUTION, rules.INTERNET


def record(actor: User, *, days: int = 30, since: int = -300, kind: str = INSTITUTION, **more: str):
    today = timezone.localdate()
    return record_clinic_licence(
        kind=kind, number=more.get("number", "PDY-1"), issuer="区卫生健康委员会", actor=actor,
        valid_from=today + timedelta(days=since), valid_until=today + timedelta(days=days),
    )  # fmt: skip


@pytest.fixture
def doctor(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.DOCTOR)


# --- recording ------------------------------------------------------------------------------------


def test_the_words_are_the_rules_own() -> None:
    assert set(ClinicLicence.Kind.values) == set(rules.CLINIC_LICENCES)


def test_the_keeper_records_and_withdraws_once(admin, events) -> None:
    licence = record(admin)
    with pytest.raises(Conflict):
        record(admin)
    for _ in range(2):
        withdraw_clinic_licence(licence=licence, actor=admin)
    (event,) = events("clearance.clinic_licence_recorded")
    assert (event.actor, event.target) == (admin.pk, f"clinic_licence:{licence.pk}")
    assert event.detail["kind"] == INSTITUTION
    assert len(events("clearance.clinic_licence_withdrawn")) == 1
    record(admin)  # what was withdrawn may be recorded anew


def test_it_does_not_end_before_it_begins(admin) -> None:
    with pytest.raises(DomainError):
        record(admin, days=-301)
    record(admin, days=-300)


@pytest.mark.parametrize("role", [Role.SECURITY_ADMIN, Role.DOCTOR, Role.FRONT_DESK, Role.AUDITOR])
def test_nobody_else_keeps_them(clinic, admin, role) -> None:
    other, licence = UserFactory.create(clinic=clinic, role=role), record(admin)
    with pytest.raises(AccessDenied):
        record(other, number="PDY-2")
    with pytest.raises(AccessDenied):
        withdraw_clinic_licence(licence=licence, actor=other)


@pytest.mark.parametrize(
    "change",
    [{"kind": "other"}, {"number": ""}, {"issuer": ""}, {"valid_from": "2999-01-01"}],
)
def test_the_database_refuses_what_is_none(admin, change) -> None:
    licence = record(admin)
    facts = {
        name: getattr(licence, name)
        for name in ("clinic", "kind", "number", "issuer", "valid_from", "valid_until")
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        ClinicLicence.objects.create(**{**facts, "number": "n", **change}, recorded_by=admin)


def test_a_record_is_never_edited_or_deleted(admin) -> None:
    rows = ClinicLicence.objects.filter(pk=record(admin).pk)
    for act in (lambda: rows.update(valid_until=timezone.localdate()), rows.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    withdraw_clinic_licence(licence=rows.get(), actor=admin)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(withdrawn_at=None)


# --- reminders ------------------------------------------------------------------------------------


def test_the_keeper_is_reminded_thirty_and_seven_days_ahead(admin, guard) -> None:
    record(admin, days=40)
    record(admin, days=400, kind=INTERNET)
    items = Reminder.objects.filter(item="clinic:institution")
    services.look_after()
    assert not items.exists()
    for ahead, days in ((30, 30), (7, 7)):
        moment = timezone.now() + timedelta(days=40 - ahead)
        with time_machine.travel(moment, tick=False):
            services.look_after()
            assert set(items.filter(days=days).values_list("staff", flat=True)) == {admin.pk}
    record(admin, days=900, number="PDY-2")
    services.look_after()
    assert not items.exists()


def test_the_keepers_own_page_and_the_overview_say_what_is_missing(admin, sign_in_as) -> None:
    assert selectors.standing_of(admin).missing[-1].item == "clinic:institution"
    page = sign_in_as(admin).get(reverse("clearance:own")).content.decode()
    assert reverse("clearance:clinic-licences") in page
    record(admin)
    assert "clinic" not in {line.kind for line in selectors.standing_of(admin).missing}
    assert selectors.standing_of(admin).cleared_until is None  # it clears nobody


def test_nobody_else_is_asked_for_them(guard, doctor) -> None:
    for person in (guard, doctor):
        assert "clinic" not in {line.kind for line in selectors.standing_of(person).lines}


# --- lapsing --------------------------------------------------------------------------------------


def test_what_was_never_recorded_has_not_lapsed(clinic, admin) -> None:
    assert selectors.lapsed_of_clinic(clinic.pk) == {}
    record(admin, since=1, days=5)  # to come
    assert selectors.lapsed_of_clinic(clinic.pk) == {}


def test_the_longest_one_counts_and_a_withdrawn_one_does_not(clinic, admin) -> None:
    record(admin, days=-1)
    assert list(selectors.lapsed_of_clinic(clinic.pk)) == [INSTITUTION]
    renewed = record(admin, days=0, number="PDY-2")
    assert selectors.lapsed_of_clinic(clinic.pk) == {}
    withdraw_clinic_licence(licence=renewed, actor=admin)
    assert list(selectors.lapsed_of_clinic(clinic.pk)) == [INSTITUTION]


def test_a_practice_licence_withdrawn_without_another_has_lapsed_at_once(
    clinic, admin, receptionist, patient, sign_in_as
) -> None:
    revoked, permit = record(admin), record(admin, kind=INTERNET, number="HLW-1")
    to_come = record(admin, since=1, days=400, number="PDY-9")
    withdraw_clinic_licence(licence=permit, actor=admin)  # nothing hangs on it
    assert not selectors.lapsed_licences(clinic.pk).exists()
    withdraw_clinic_licence(licence=revoked, actor=admin)
    yesterday = timezone.localdate() - timedelta(days=1)
    assert selectors.lapsed_of_clinic(clinic.pk) == {INSTITUTION: yesterday}
    assert selectors.lapsed_licences(clinic.pk).get() == revoked
    with pytest.raises(DomainError):
        scheduling.expect_today(patient=patient, purpose="first", actor=receptionist)
    shown = sign_in_as(receptionist).get(reverse("clearance:library")).content.decode()
    assert f"{yesterday:%Y-%m-%d}" in shown

    withdraw_clinic_licence(licence=to_come, actor=admin)
    record(admin, number="PDY-2")  # the right one
    assert selectors.lapsed_of_clinic(clinic.pk) == {}
    scheduling.expect_today(patient=patient, purpose="first", actor=receptionist)


def test_what_was_withdrawn_before_it_began_never_held(clinic, admin) -> None:
    withdraw_clinic_licence(licence=record(admin, since=1, days=400), actor=admin)
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        assert selectors.lapsed_of_clinic(clinic.pk) == {}


def test_while_it_has_lapsed_nobody_is_booked_and_whoever_comes_is_received(
    clinic, admin, receptionist, patient
) -> None:
    record(admin, days=-1, kind=INTERNET)
    visit = scheduling.expect_today(patient=patient, purpose="first", actor=receptionist)
    visit.delete()
    record(admin, days=-1)
    with pytest.raises(DomainError):
        scheduling.expect_today(patient=patient, purpose="first", actor=receptionist)
    scheduling.register_arrival(
        patient=patient, purpose="first", last_digits="8000", actor=receptionist
    )


def test_another_clinics_lapse_is_not_ours(clinic, admin, stranger) -> None:
    boss = UserFactory.create(clinic=stranger.clinic, role=Role.SYSTEM_ADMIN)
    record(boss, days=-1)
    assert selectors.lapsed_of_clinic(clinic.pk) == {}


def test_a_lapse_is_told_above_the_pages_of_who_answers_for_it(
    clinic, admin, guard, doctor, receptionist, sign_in_as
) -> None:
    ended = f"{timezone.localdate() - timedelta(days=1):%Y-%m-%d}"
    page = reverse("clearance:library")
    assert ended not in sign_in_as(doctor).get(page).content.decode()
    record(admin, days=-1)
    for person in (admin, guard, doctor):
        assert "notice bad" in sign_in_as(person).get(reverse("clearance:own")).content.decode()
        assert ended in sign_in_as(person).get(reverse("clearance:own")).content.decode()
    assert ended not in sign_in_as(receptionist).get(reverse("clearance:own")).content.decode()
    assert ended in sign_in_as(receptionist).get(page).content.decode()


# --- pages ----------------------------------------------------------------------------------------


def test_the_page_of_the_keeper(sign_in_as, admin, guard) -> None:
    address, client = reverse("clearance:clinic-licences"), sign_in_as(admin)
    assert client.get(address).status_code == 200
    form = {"kind": INSTITUTION, "number": "PDY-7", "issuer": "区卫健委",
            "valid_from": "2026-01-01", "valid_until": "2099-12-31"}  # fmt: skip
    assert client.post(address, {FIELD: new_key(), **form}).status_code == 422  # not compared
    seen = {**form, "seen": "on"}
    wrong = {**seen, "valid_until": "2025-12-31"}
    assert client.post(address, {FIELD: new_key(), **wrong}).status_code == 422
    assert client.post(address, {FIELD: new_key(), **seen}).status_code == 302
    assert "PDY-7" in client.get(address).content.decode()
    assert "PDY-7" in client.get(reverse("clearance:overview")).content.decode()
    assert sign_in_as(guard).get(address).status_code == 403

    licence = ClinicLicence.objects.get()
    withdraw = reverse("clearance:withdraw-clinic", args=[licence.pk])
    assert sign_in_as(guard).post(withdraw, {FIELD: new_key()}).status_code == 403
    assert client.post(withdraw, {FIELD: new_key()}).status_code == 302
    licence.refresh_from_db()
    assert licence.withdrawn_at is not None


def test_another_clinics_licence_does_not_exist(sign_in_as, stranger, admin, events) -> None:
    boss = UserFactory.create(clinic=stranger.clinic, role=Role.SYSTEM_ADMIN)
    licence = record(boss)
    withdraw = reverse("clearance:withdraw-clinic", args=[licence.pk])
    assert sign_in_as(admin).post(withdraw, {FIELD: new_key()}).status_code == 404
    assert events("access.not_found")[-1].target == f"clinic_licence:{licence.pk}"
