"""Fingerprints follow the number of patients, while both widths are found (ADR 0004)."""

import io

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from crm.patients.models import PatientContact
from crm.patients.services import reindexing
from crm.patients.tasks import fit_index
from privacy.access.policy import Role
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.custody import index_width
from privacy.encryption import blind_index
from privacy.encryption.models import IndexWidth, SubjectKey
from privacy.encryption.rules import stored
from tests.conftest import owner_connection
from tests.factories.people import PatientFactory, UserFactory, number_of

pytestmark = pytest.mark.django_db
PHONES = [f"+861390013900{n}" for n in range(6)]


def plan(bits: int) -> None:
    IndexWidth.objects.create(bits=bits, patients=6)
    blind_index.forget()


@pytest.fixture
def six(clinic) -> list[PatientContact]:
    """With and without an ID number; 16 bits wide, as a far larger clinic once planned."""
    plan(16)
    return [
        PatientFactory.create(
            clinic=clinic,
            contact={"phone": phone, "id_number": "11010119900307109X" if n % 2 else ""},
        ).contact
        for n, phone in enumerate(PHONES)
    ]


def rebuild(limit: int | None = None) -> list[reindexing.Batch]:
    return list(reindexing.rebuild(process="test", limit=limit))


def found(phone: str) -> list[object]:
    return [one.patient_id for one in PatientContact.objects.may_have_phone(phone)]


def indexes() -> list[tuple[int | None, int | None]]:
    rows = PatientContact.objects.order_by("pk")
    return list(rows.values_list("phone_index", "id_number_index"))


def made(bits: int) -> list[tuple[int | None, int | None]]:
    """What they should be, made from the numbers."""
    number = stored(blind_index.fingerprint("id_number", "11010119900307109X"), bits)
    phones = [stored(blind_index.fingerprint("phone", one), bits) for one in PHONES]
    return [(phone, number if n % 2 else None) for n, phone in enumerate(phones)]


def events(action: str) -> list[AuditEvent]:
    with acting_as(READER):
        return list(AuditEvent.objects.filter(action=action))


def test_narrower_is_cut_and_nothing_is_opened(six) -> None:
    plan(2)
    assert reindexing.waiting() == 6
    assert [one.done for one in rebuild()] == [6]
    assert sorted(map(str, indexes())) == sorted(map(str, made(2)))
    assert reindexing.waiting() == 0
    (event,) = events("patient.reindexed")
    assert (event.count, event.fields, event.detail) == (0, [], {"rows": 6, "bits": 2})


def test_wider_is_made_from_the_number_and_says_whose(six) -> None:
    plan(1)
    rebuild()
    plan(5)
    rebuild()
    assert sorted(map(str, indexes())) == sorted(map(str, made(5)))
    (event,) = [one for one in events("patient.reindexed") if one.count]
    assert event.codes == sorted(one.patient.code for one in six)
    assert event.fields == ["patientcontact.id_number", "patientcontact.phone"]


def test_half_way_both_widths_are_found_and_the_next_run_goes_on(six, monkeypatch) -> None:
    plan(3)
    monkeypatch.setattr(reindexing, "BATCH", 2)
    assert [one.done for one in rebuild(limit=3)] == [2, 1]
    assert reindexing.waiting() == 3
    for contact, phone in zip(six, PHONES, strict=True):
        assert contact.patient_id in found(phone)
    assert [one.done for one in rebuild()] == [2, 1]
    assert reindexing.waiting() == 0


def test_what_does_not_open_stays_as_it_is_and_is_found(six) -> None:
    plan(1)
    rebuild()
    SubjectKey.objects.filter(subject_id=six[0].patient_id, zone="contact").update(
        wrapped=bytes(60)
    )
    plan(4)
    (batch,) = rebuild()
    assert (batch.done, batch.unreadable) == (5, 1)
    assert six[0].patient_id in found(PHONES[0])
    assert reindexing.waiting() == 1


def test_who_was_erased_is_left_alone(six) -> None:
    PatientContact.objects.filter(pk=six[0].pk).update(phone_index=-1)
    plan(2)
    assert reindexing.waiting() == 5
    rebuild()
    assert PatientContact.objects.get(pk=six[0].pk).phone_index == -1


def test_rows_that_another_holds_are_passed_over(transactional_db, six) -> None:
    plan(2)
    with owner_connection() as owner, owner.transaction():
        owner.execute("SELECT 1 FROM crm_patientcontact WHERE id = %s FOR UPDATE", [six[0].pk])
        assert [one.done for one in rebuild()] == [5]
    assert [one.done for one in rebuild()] == [1]


def test_search_finds_the_one_among_those_alike(six, clinic, sign_in_as) -> None:
    desk = sign_in_as(UserFactory.create(clinic=clinic, role=Role.FRONT_DESK))
    plan(0)
    rebuild()
    assert len(found("+8613700000000")) == 6  # everybody is a candidate
    for contact, phone in zip(six, PHONES, strict=True):
        answer = desk.post("/search/", {"q": phone.removeprefix("+86")})
        text = (answer.content.decode() + str(answer.headers)).replace("-", "")
        others = {one.patient.code for one in six} - {contact.patient.code}
        assert contact.patient.code in text
        assert not [code for code in others if code in text]


class TestPlan:
    def test_it_follows_the_number_of_patients_and_says_so(self, six) -> None:
        assert index_width.width() == index_width.Width(now=16, planned=0, patients=6)
        assert not index_width.width().fits
        made_now = index_width.follow_plan(process="test")
        assert (made_now.now, made_now.fits, made_now.alike) == (0, True, 6)
        assert index_width.follow_plan(process="test") == made_now
        (event,) = events("keys.index_planned")
        assert event.detail == {"bits": 0, "before": 16, "patients": 6}
        assert str(IndexWidth.objects.latest("created_at")) == "0 bits"

    @pytest.mark.parametrize(("patients", "bits"), [(6, 0), (16, 1)])
    def test_a_new_clinic_is_as_if_planned_from_its_first_patient(
        self, clinic, patients, bits
    ) -> None:
        PatientFactory.create_batch(patients, clinic=clinic)
        assert index_width.now() == bits
        assert blind_index.index_value("phone", PHONES[0]) > 2**20
        assert index_width.follow_plan(process="test").now == bits
        assert IndexWidth.objects.get().bits == bits  # from now on it is a night's to change
        assert index_width.follow_plan(process="test").fits
        assert IndexWidth.objects.count() == 1

    def test_a_first_import_has_room_from_its_first_batch(self, clinic) -> None:
        assert index_width.follow_plan(more=1_000, process="test").now == 6
        assert index_width.follow_plan(more=1_000, process="test").now == 6

    def test_who_is_to_come_makes_it_wider_never_narrower(self, six) -> None:
        assert index_width.follow_plan(more=1_000, process="test").now == 16
        index_width.follow_plan(process="test")
        assert index_width.follow_plan(more=1_000, process="test").now == 6
        assert index_width.follow_plan(more=10, process="test").now == 6

    def test_what_was_planned_stays(self, six) -> None:
        index_width.follow_plan(process="test")
        with pytest.raises(DatabaseError, match="permission"), transaction.atomic():
            IndexWidth.objects.update(bits=9)

    def test_a_process_that_knows_an_old_width_costs_nothing(self, six) -> None:
        assert blind_index.index_value("phone", PHONES[0]) < 2**16
        IndexWidth.objects.create(bits=3, patients=6)  # another process
        assert blind_index.index_value("phone", PHONES[0]) < 2**16
        blind_index.forget()
        assert blind_index.index_value("phone", PHONES[0]) > 2**20


def test_the_command_does_what_the_night_does(six) -> None:
    out = io.StringIO()
    call_command("rebuild_index", staff=number_of(Role.SECURITY_ADMIN), limit=4, stdout=out)
    assert "6 patients, 0 bits: 4 rebuilt, 0 do not open, 2 left" in out.getvalue()
    fit_index()
    assert reindexing.waiting() == 0
    assert {one.process for one in events("patient.reindexed")} == {"rebuild_index"}
    (event,) = events("keys.index_planned")
    assert (event.role, event.agent) == (Role.SECURITY_ADMIN, "rebuild_index")


def test_the_page_of_the_keys_tells_both(six, clinic, sign_in_as) -> None:
    keeper = UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)
    shown = sign_in_as(keeper).get("/keys/")
    assert (shown.context["keys"].index.now, shown.context["keys"].index.planned) == (16, 0)
    assert "rebuild_index" in shown.content.decode()
