"""Invented patients that watch: planted, listed, retired, and told by nobody's table (T2)."""

import uuid

import pytest
from django.db import connection
from django.utils import timezone

from crm.honey import rules, services
from crm.honey.models import HoneyRecord, mark_of
from crm.honey.selectors import honey_among, live_marks
from crm.messaging.models import Message
from crm.patients.models import Patient
from crm.patients.selectors import Filters, count_matching
from crm.patients.services.consents import open_desk
from crm.scheduling.selectors import board_of
from privacy.access.policy import Role
from privacy.encryption.models import SubjectKey
from privacy.errors import AccessDenied, Conflict, DomainError
from privacy.pseudonyms.rules import display_code
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


def test_they_look_like_any_other_in_the_list(keeper, honey, receptionist, sign_in_as) -> None:
    page = sign_in_as(receptionist).get("/patients/").content.decode()
    assert f"/patients/{honey.code}/" in page
    assert "※" in page


def test_they_are_in_nobodys_figures_and_get_nothing(honey, receptionist, keeper) -> None:
    assert honey.status in Patient.NO_CONTACT
    assert honey.created_at.date() < timezone.localdate()
    board = board_of(receptionist)
    assert (board.visits, board.todos, board.todos_in_all) == ([], [], 0)
    desk = open_desk(patient=honey, actor=receptionist)
    assert not any(cell.allows and cell.state for cell in desk.cells)
    assert not Message.objects.filter(patient=honey).exists()
    assert count_matching(receptionist, Filters(status="active")) == 0


def test_the_trail_says_how_many_and_never_which(keeper, honey, booked) -> None:
    (event,) = booked("honey.planted")
    assert (event.codes, event.detail) == ([], {"n": 1})
    assert not any(honey.code in one.codes for one in booked())


def test_the_table_does_not_tell_which(keeper, honey) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(crm_honeyrecord)::text FROM crm_honeyrecord")
        (row,) = cursor.fetchall()
    assert honey.code not in row[0]
    assert str(honey.pk) not in row[0]
    held = HoneyRecord.objects.get()
    assert held.plain_code() == honey.code
    assert timezone.localtime(held.created_at).strftime("%H:%M:%S.%f") == "00:00:00.000000"
    assert held.created_at == held.updated_at


def test_no_row_of_theirs_is_younger_than_they_seem(honey) -> None:
    """A thief of a dump compares what the rows and their time-ordered keys say of their age."""
    rows = [
        honey, honey.subject, honey.contact, honey.clinical,
        *SubjectKey.objects.filter(subject_id=honey.pk),
    ]  # fmt: skip
    seems = honey.created_at
    assert len(rows) == 6
    for row in rows:
        assert (row.created_at, row.updated_at) == (seems, seems), row
        assert row.pk.version == 7
        assert abs((row.pk.int >> 80) / 1000 - seems.timestamp()) < 1, row


def test_marks_tell_whoever_has_the_root(keeper, honey, patient) -> None:
    marks = live_marks()
    assert marks == {mark_of(honey.code)}
    assert honey_among([patient.code, honey.code], marks) == [honey.code]


@pytest.mark.parametrize("number", [0, 21, -1])
def test_one_to_twenty(keeper, number) -> None:
    with pytest.raises(DomainError):
        services.plant(number=number, actor=keeper)


@pytest.mark.parametrize("role", sorted(set(Role.values) - {Role.SECURITY_ADMIN}))
def test_only_the_security_administrator_plants_and_retires(clinic, honey, role) -> None:
    staff = UserFactory.create(clinic=clinic, role=role)
    with pytest.raises(AccessDenied):
        services.plant(number=1, actor=staff)
    with pytest.raises(AccessDenied):
        services.retire(record_id=HoneyRecord.objects.get().pk, actor=staff)


def test_retired_once_and_out_of_anothers_reach(keeper, honey) -> None:
    record = HoneyRecord.objects.get()
    elsewhere = UserFactory.create(role=Role.SECURITY_ADMIN)
    with pytest.raises(HoneyRecord.DoesNotExist):
        services.retire(record_id=record.pk, actor=elsewhere)
    services.retire(record_id=record.pk, actor=keeper)
    assert live_marks() == frozenset()
    with pytest.raises(Conflict):
        services.retire(record_id=record.pk, actor=keeper)


def test_the_page_plants_shows_and_retires(keeper, sign_in_as, clinic, receptionist) -> None:
    desk = sign_in_as(keeper)
    assert desk.get("/honey/").status_code == 200
    sent = {"idempotency_key": str(uuid.uuid4()), "number": "2"}
    assert desk.post("/honey/plant/", sent).status_code == 302
    assert desk.post("/honey/plant/", {**sent, "number": "21"}).status_code in {302, 422}
    held = list(HoneyRecord.objects.all())
    assert len(held) == 2
    sign_in_as(receptionist).get(f"/patients/{held[0].plain_code()}/")
    page = desk.get("/honey/").content.decode()
    for one in held:
        assert display_code(one.plain_code()) in page
    assert receptionist.staff_no in page
    again = {"idempotency_key": str(uuid.uuid4())}
    assert desk.post(f"/honey/{held[0].pk}/retire/", again).status_code == 302
    again = {"idempotency_key": str(uuid.uuid4())}
    assert desk.post(f"/honey/{uuid.uuid4()}/retire/", again).status_code == 404
    auditor = UserFactory.create(clinic=clinic, role=Role.AUDITOR)
    assert "/honey/plant/" not in sign_in_as(auditor).get("/honey/").content.decode()


def test_a_page_past_the_bound_is_refused(keeper, sign_in_as) -> None:
    sent = {"idempotency_key": str(uuid.uuid4()), "number": "21"}
    assert sign_in_as(keeper).post("/honey/plant/", sent).status_code == 422


def test_a_box_that_does_not_open_leaves_the_page_standing(keeper, honey, sign_in_as) -> None:
    HoneyRecord.objects.update(code=b"broken")
    assert sign_in_as(keeper).get("/honey/").status_code == 200


@pytest.mark.parametrize(
    ("action", "detail", "touch"),
    [
        ("patient.listed", {}, False),
        ("patient.similar_shown", {}, False),
        ("patient.opened", {}, True),
        ("patient.revealed", {}, True),
        ("access.not_found", {}, True),
        ("search.found", {"by": "name"}, False),
        ("search.found", {"by": "phone"}, True),
        ("search.found", {}, False),
        ("break_glass.used", {}, True),
        ("audit.exported", {}, False),
        ("alert.viewed", {}, False),
    ],
)
def test_what_counts_as_a_touch(action, detail, touch) -> None:
    assert rules.is_touch(action, detail) is touch
