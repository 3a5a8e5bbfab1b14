"""The second net: whoever changes a row, and by whatever way, leaves a trace of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from crm.patients.models import Patient
from crm.patients.team_models import CareTeamMember
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.audit.horizon import SealerBehind
from privacy.audit.models import READER, AuditEvent, RowChange, RowSeal, acting_as
from privacy.audit.row_changes import UNWATCHED, RowEvent
from privacy.audit.row_sealing import OWN, seal_row_changes
from privacy.audit.verification import verify
from privacy.custody.guarding import NET
from tests.conftest import owner_connection
from tests.factories.people import PatientFactory
from tests.privacy.audit.tampering import tamper

NOTES = ("privacy_rowchange", "privacy_rowseal")

FIRST_PARTY = ("privacy", "crm", "consult", "followup")


def traces(relation: str, operation: str = "", key: object = None) -> list[RowChange]:
    with acting_as(READER):
        found = RowChange.objects.filter(relation=relation).order_by("id")
        if operation:
            found = found.filter(operation=operation)
        if key is not None:
            found = found.filter(row_key=str(key))
        return list(found)


def events(action: RowEvent) -> list[AuditEvent]:
    with acting_as(READER):
        return list(AuditEvent.objects.filter(action=action.value).order_by("at", "id"))


@pytest.mark.django_db
def test_every_table_is_under_the_net_or_says_why_not() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, count(*) FROM pg_trigger "
            "WHERE tgname = ANY(%s) AND tgenabled = 'A' GROUP BY 1",
            [list(NET)],
        )
        watched = {name for name, triggers in cursor.fetchall() if triggers == len(NET)}
    tables = {
        model._meta.db_table
        for package in FIRST_PARTY
        for model in apps.get_app_config(package).get_models()
    }
    assert watched == tables - set(UNWATCHED)
    assert set(UNWATCHED) <= tables


WAYS = {
    "update()": lambda one: Patient.objects.filter(pk=one.pk).update(stage="closed"),
    "bulk_update": lambda one: Patient.objects.bulk_update([changed(one)], ["stage"]),
    "save": lambda one: changed(one).save(),
    "raw": lambda one: raw("UPDATE crm_patient SET stage = 'closed' WHERE id = %s", one.pk),
    "upsert": lambda one: raw(
        "INSERT INTO crm_patient SELECT * FROM crm_patient WHERE id = %s "
        "ON CONFLICT (id) DO UPDATE SET stage = 'closed'",
        one.pk,
    ),
    "merge": lambda one: raw(
        "MERGE INTO crm_patient AS old USING (SELECT %s::uuid AS id) AS new ON old.id = new.id "
        "WHEN MATCHED THEN UPDATE SET stage = 'closed'",
        one.pk,
    ),
}


def changed(one: Patient) -> Patient:
    one.stage = Patient.Stage.CLOSED
    return one


def raw(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.django_db
@pytest.mark.parametrize("way", WAYS)
def test_a_change_is_noted_whichever_way_it_goes(patient: Patient, way: str) -> None:
    WAYS[way](patient)

    (trace,) = traces("crm_patient", "U", patient.pk)
    assert "stage" in trace.columns
    assert trace.boxes == {}
    assert str(trace) == f"U crm_patient {patient.pk}"


@pytest.mark.django_db
def test_boxes_are_noted_by_hash_and_nothing_readable_is(patient: Patient) -> None:
    contact = patient.contact
    contact.set_phone("+8613900139000")
    contact.save()

    trace = traces("crm_patientcontact", "U", contact.pk)[-1]
    assert set(trace.columns) == {"phone", "updated_at"}  # so few patients share one fingerprint
    assert set(trace.boxes) == {"phone"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT encode(sha256(convert_to(phone::text, 'UTF8')), 'hex') "
            "FROM crm_patientcontact WHERE id = %s",
            [contact.pk],
        )
        assert trace.boxes["phone"] == cursor.fetchone()[0]


@pytest.mark.django_db
def test_rows_added_and_taken_away_are_noted(patient: Patient, receptionist: User) -> None:
    (member,) = CareTeamMember.objects.bulk_create(
        [CareTeamMember(patient=patient, staff=receptionist)]
    )
    CareTeamMember.objects.filter(staff=receptionist).delete()

    noted = [one.operation for one in traces("crm_careteammember", key=member.pk)]
    assert noted == ["I", "D"]


@pytest.mark.django_db
def test_a_text_that_looks_like_bytes_does_no_harm(carer: User) -> None:
    carer.display_name = "\\xZZ"
    carer.save()

    assert "display_name" in traces("crm_user", "U", carer.pk)[-1].columns


def test_what_parts_write_by_themselves_is_known_by_its_columns() -> None:
    tables = {model._meta.db_table: model for model in apps.get_models()}
    for one in OWN:
        columns = {field.column for field in tables[one.relation]._meta.concrete_fields}
        assert one.relation not in UNWATCHED
        assert set(one.columns.split()) <= columns
        assert bool(one.columns) == (one.operation == "U")
        assert one.operation in "IUD"
        assert one.why
    assert len({one[:2] for one in OWN}) == len(OWN)


@pytest.mark.django_db
def test_the_apps_role_neither_reads_writes_nor_clears_what_is_noted(patient: Patient) -> None:
    for act in (
        "SELECT FROM privacy_rowchange",
        "INSERT INTO privacy_rowchange (relation) VALUES ('x')",
        "UPDATE privacy_rowchange SET relation = 'x'",
        "DELETE FROM privacy_rowchange",
        "TRUNCATE privacy_rowchange",
        "SELECT rows_note()",
        "SELECT rows_note_added()",
    ):
        with pytest.raises(Exception, match="denied"), transaction.atomic():
            raw(act)


@pytest.mark.django_db(transaction=True)
class TestSeals:
    """Changes are sealed into the trail; those that nobody answers for raise an alarm."""

    def test_the_owner_at_a_prompt_is_told_of(self, patient: Patient) -> None:
        seal_row_changes()
        before = len(events(RowEvent.UNATTRIBUTED))
        with owner_connection() as owner:
            owner.execute("UPDATE crm_patient SET stage = 'closed'")
        seal_row_changes()

        (alarm,) = events(RowEvent.UNATTRIBUTED)[before:]
        assert alarm.target == f"crm_patient:{patient.pk}"
        assert alarm.detail == {
            "operation": "U", "rows": 1, "context": "none", "db_role": "suian_owner",
        }  # fmt: skip

    def test_emptying_a_table_is_told_of(self, patient: Patient) -> None:
        seal_row_changes()
        before = len(events(RowEvent.UNATTRIBUTED))
        with owner_connection() as owner:
            owner.execute("TRUNCATE crm_careteammember")
        seal_row_changes()

        (alarm,) = events(RowEvent.UNATTRIBUTED)[before:]
        assert (alarm.target, alarm.detail["operation"]) == ("crm_careteammember:*", "T")

    def test_a_change_beside_an_event_raises_none(self, patient: Patient, carer: User) -> None:
        seal_row_changes()
        before = len(events(RowEvent.UNATTRIBUTED))
        with transaction.atomic():
            with transaction.atomic():
                changed(patient).save()
            audit.record(AuditTrailEvent.VIEWED, actor=carer, subjects=[patient])
        seal_row_changes()

        assert len(events(RowEvent.UNATTRIBUTED)) == before

    @pytest.fixture
    def told_of(self, carer: User, settings) -> Callable[..., list[AuditEvent]]:
        """``told_of(sql, part, app=...)``: the alarms over a change by whoever says to be that
        part, signed in as the app or not."""

        def make(sql: str, part: str, *, app: bool) -> list[AuditEvent]:
            seal_row_changes()
            before = len(events(RowEvent.UNATTRIBUTED))
            with owner_connection() as someone:
                if app:
                    settings.DATABASE_APP_ROLE = someone.info.user
                someone.execute(f"SET suian.process = '{part}'")
                someone.execute(sql)
            seal_row_changes()
            return events(RowEvent.UNATTRIBUTED)[before:]

        return make

    @pytest.mark.parametrize(
        "own",
        [
            "UPDATE crm_user SET last_login = now(), updated_at = now()",
            "INSERT INTO privacy_sealerkey (id, created_at, updated_at, public, mac) "
            "VALUES (gen_random_uuid(), now(), now(), 'x', 'y')",
        ],
    )
    def test_a_part_of_the_product_answers_for_its_own_bookkeeping(self, told_of, own) -> None:
        assert told_of(own, "web", app=True) == []

    @pytest.mark.parametrize(
        "lie",
        [
            "UPDATE crm_patient SET stage = 'closed'",
            "UPDATE crm_user SET display_name = 'x', last_login = now()",
            "DELETE FROM crm_careteammember",
        ],
    )
    def test_and_for_nothing_else(self, patient: Patient, told_of, lie: str) -> None:
        (alarm,) = told_of(lie, "worker", app=True)
        assert (alarm.outcome, alarm.detail["context"]) == ("failed", "worker")

    @pytest.mark.parametrize("part", ["web", "setup"])
    def test_the_owner_is_no_part(self, told_of, part: str) -> None:
        (alarm,) = told_of("UPDATE crm_user SET last_login = now()", part, app=False)
        assert (alarm.detail["context"], alarm.detail["db_role"]) == (part, "suian_owner")

    def test_nobody_is_no_part(self, told_of) -> None:
        (alarm,) = told_of("UPDATE crm_user SET last_login = now()", "somebody", app=True)
        assert alarm.detail["context"] == "somebody"

    def test_what_setting_up_laid_down_before_the_first_seal_is_no_alarm(self, clinic) -> None:
        tamper("DELETE FROM privacy_rowchange", tables=NOTES)
        with owner_connection() as owner:
            owner.execute("SET suian.process = 'setup'")
            owner.execute("UPDATE crm_clinic SET updated_at = now()")
            owner.execute("RESET suian.process")
            owner.execute("UPDATE crm_clinic SET updated_at = now()")
        seal_row_changes()
        (alarm,) = events(RowEvent.UNATTRIBUTED)
        assert alarm.detail["context"] == "none"

    def test_many_hands_are_counted_in_the_last_alarm(self, patient: Patient) -> None:
        seal_row_changes()
        before = len(events(RowEvent.UNATTRIBUTED))
        with owner_connection() as owner:
            for number in range(52):
                owner.execute(f"SET suian.process = 'p{number}'")
                owner.execute("UPDATE crm_patient SET updated_at = now()")
        seal_row_changes()

        told = events(RowEvent.UNATTRIBUTED)[before:]
        assert len(told) == 50
        assert sum(one.detail.get("more", 0) for one in told) == 2

    def test_nothing_new_makes_no_seal(self, patient: Patient) -> None:
        first = seal_row_changes()
        assert str(first) == "1"
        assert seal_row_changes() is None

    def test_a_restored_dump_is_noticed(self, patient: Patient) -> None:
        seal_row_changes()
        tamper("UPDATE privacy_rowseal SET xid_to = xid_to + 1000000", tables=NOTES)
        PatientFactory.create()
        with pytest.raises(SealerBehind, match="sealed up to"):
            seal_row_changes()

    def test_only_one_sealer_is_at_it(self, patient: Patient) -> None:
        with owner_connection() as other, other.transaction():
            other.execute("SELECT pg_advisory_xact_lock(hashtext('suian row sealer'))")
            assert seal_row_changes() is None
        assert seal_row_changes() is not None

    def test_a_date_that_was_changed_hides_nothing(self, patient: Patient) -> None:
        """When a seal was made is asked of its event: a row may say what it likes."""
        seal_row_changes()
        tamper(
            "UPDATE privacy_rowchange SET row_key = 'x' WHERE relation = 'crm_patient'",
            "UPDATE privacy_rowseal SET sealed_at = sealed_at - interval '30 days'",
            tables=NOTES,
        )
        nights = [timezone.now() - timedelta(days=one) for one in (1, 2)]
        assert [{one.code for one in verify(night).findings} for night in nights] == [{"rows"}] * 2

    @pytest.mark.parametrize(
        "tampering",
        [
            "UPDATE privacy_rowchange SET row_key = 'x' WHERE relation = 'crm_patient'",
            "DELETE FROM privacy_rowchange WHERE id = (SELECT max(id) FROM privacy_rowchange)",
            "DELETE FROM privacy_rowseal WHERE number = 1",
            "DELETE FROM privacy_rowseal WHERE number = 2",
            "UPDATE privacy_rowseal SET count = count + 1 WHERE number = 1",
            "UPDATE privacy_rowseal SET event_id = gen_random_uuid() WHERE number = 2",
        ],
    )
    def test_what_is_sealed_cannot_be_changed_unseen(
        self, patient: Patient, tampering: str
    ) -> None:
        seal_row_changes()
        PatientFactory.create()
        seal_row_changes()
        assert verify().whole
        tamper(tampering, tables=NOTES)
        assert {one.code for one in verify().findings} == {"rows"}
        with acting_as(READER):
            assert RowSeal.objects.exists()
