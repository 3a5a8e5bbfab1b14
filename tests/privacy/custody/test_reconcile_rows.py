"""What was changed with the triggers off is found in the night, and nothing else is (ADR 0021)."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from crm.alerts.models import Alert
from crm.alerts.watching import watch
from crm.patients.models import Patient, PatientContact
from crm.patients.team_models import CareTeamMember
from crm.staff.models import TotpDevice, User
from crm.trail.tasks import reconcile_rows
from privacy.audit.models import RowChange
from privacy.audit.row_sealing import seal_row_changes
from privacy.custody import erasure, ledger_file, reconciling, resealing, rewrapping, rotation
from privacy.custody.models import Reconciliation
from privacy.custody.reconciling import Finding, Step, Verdict
from privacy.encryption.canaries import plant
from privacy.encryption.models import SubjectKey
from tests.conftest import owner_connection
from tests.factories.people import PatientFactory
from tests.factories.whole import whole_patient
from tests.fences import fences_down
from tests.privacy.audit.tampering import tamper
from tests.privacy.custody.test_reencrypt_patient import let_time_pass

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def unseen(*tables: str) -> Iterator[psycopg.Connection]:
    """A connection as the owner with the tables' triggers off, and on again afterwards."""
    with owner_connection() as owner, fences_down(owner, *tables):
        yield owner


def compare() -> list[Finding]:
    run = reconciling.open_run()
    return [one for step in reconciling.reconcile(run, process="test") for one in step.findings]


def box_of(contact: PatientContact) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM crm_patientcontact WHERE id = %s", [contact.pk])
        return bytes(cursor.fetchone()[0])


def test_a_field_that_was_put_back_is_found(patient: Patient, booked) -> None:
    contact = patient.contact
    old = box_of(contact)
    contact.set_phone("+8613900139000")
    contact.save()
    with unseen("crm_patientcontact") as owner:
        owner.execute("UPDATE crm_patientcontact SET phone = %s", [old])

    (found,) = compare()
    assert found == Finding("crm_patientcontact", str(contact.pk), Verdict.CHANGED, ("phone",))
    (event,) = booked("rows.mismatch")
    assert (event.target, event.outcome) == (f"crm_patientcontact:{contact.pk}", "failed")
    assert (event.fields, event.codes) == (["patientcontact.phone"], [patient.code])
    assert event.detail == {"finding": "changed"}
    (end,) = booked("rows.reconciled")
    assert (end.outcome, end.detail["findings"]) == ("failed", 1)


def test_a_whole_row_out_of_an_old_backup_is_found(patient: Patient) -> None:
    contact = patient.contact
    with owner_connection() as owner:
        owner.execute("CREATE TABLE old_copy AS SELECT * FROM crm_patientcontact")
    contact.set_phone("+8613900139000")
    contact.set_name("李四", [("whole", "李四")])
    contact.save()
    with unseen("crm_patientcontact") as owner:
        owner.execute("DELETE FROM crm_patientcontact")
        owner.execute("INSERT INTO crm_patientcontact SELECT * FROM old_copy")
        owner.execute("DROP TABLE old_copy")

    (found,) = compare()
    assert (found.verdict, found.columns) == (Verdict.CHANGED, ("name", "phone"))


def test_a_row_that_vanished_is_found(patient: Patient, carer: User, booked) -> None:
    member = CareTeamMember.objects.get(staff=carer)
    with unseen("crm_careteammember") as owner:
        owner.execute("DELETE FROM crm_careteammember")

    assert compare() == [Finding("crm_careteammember", str(member.pk), Verdict.GONE)]
    (event,) = booked("rows.mismatch")
    assert (event.codes, event.detail) == ([], {"finding": "gone"})


def test_a_key_that_was_destroyed_and_is_back_is_found(
    patient: Patient, settings, tmp_path: Path, booked
) -> None:
    settings.ERASURE_LEDGER_FILE = str(tmp_path / "erasures.log")
    ledger_file.lay()
    key = SubjectKey.objects.get(subject_id=patient.pk, zone="contact")
    with owner_connection() as owner:
        owner.execute("CREATE TABLE old_keys AS SELECT * FROM privacy_subjectkey")
    erasure.shred(subject=patient, zone="contact", reason="requested", process="test")
    assert compare() == []
    with unseen("privacy_subjectkey") as owner:
        owner.execute("INSERT INTO privacy_subjectkey SELECT * FROM old_keys WHERE zone='contact'")
        owner.execute("DROP TABLE old_keys")

    assert compare() == [Finding("privacy_subjectkey", str(key.pk), Verdict.BACK)]
    assert booked("rows.mismatch")[0].codes == [patient.code]


def test_rows_left_over_from_an_emptied_table_are_back(patient: Patient, carer: User) -> None:
    member = CareTeamMember.objects.get(staff=carer)
    with owner_connection() as owner:
        owner.execute("CREATE TABLE old_team AS SELECT * FROM crm_careteammember")
        owner.execute("TRUNCATE crm_careteammember")
    assert compare() == []  # the net told of it already
    with unseen("crm_careteammember") as owner:
        owner.execute("INSERT INTO crm_careteammember SELECT * FROM old_team")
        owner.execute("DROP TABLE old_team")

    assert compare() == [Finding("crm_careteammember", str(member.pk), Verdict.BACK)]


def test_secrets_of_the_installation_are_compared_too(carer: User) -> None:
    device = TotpDevice.objects.create(user=carer, seed="00" * 20)
    with unseen("crm_totpdevice") as owner:
        owner.execute("UPDATE crm_totpdevice SET seed = NULL")

    assert compare() == [Finding("crm_totpdevice", str(device.pk), Verdict.CHANGED, ("seed",))]


def test_a_subject_and_a_patient_name_themselves(patient: Patient, booked) -> None:
    tables = ("privacy_subject", "crm_patient")
    with owner_connection() as owner:
        for table in tables:
            owner.execute(
                "INSERT INTO privacy_rowchange (relation, operation, row_key, columns, boxes) "
                "VALUES (%s, 'D', %s, '{}', '{}')",
                [table, str(patient.pk)],
            )

    assert {one.table for one in compare()} == set(tables)
    assert [one.codes for one in booked("rows.mismatch")] == [[patient.code]] * 2


def test_a_fence_that_is_off_is_found(patient: Patient) -> None:
    with owner_connection() as owner:
        owner.execute("ALTER TABLE crm_room ENABLE TRIGGER rows_noted")  # not ALWAYS any more
    try:
        assert compare() == [Finding("crm_room", "*", Verdict.UNGUARDED)]
    finally:
        with owner_connection() as owner:
            owner.execute("ALTER TABLE crm_room ENABLE ALWAYS TRIGGER rows_noted")


def test_every_fence_of_a_table_is_looked_at(patient: Patient) -> None:
    """Not the net's own triggers alone: what keeps rows as they are is worth as much."""
    with owner_connection() as owner:
        owner.execute("ALTER TABLE crm_document ENABLE TRIGGER document_stays")
    try:
        assert compare() == [Finding("crm_document", "*", Verdict.UNGUARDED)]
    finally:
        with owner_connection() as owner:
            owner.execute("ALTER TABLE crm_document ENABLE ALWAYS TRIGGER document_stays")


def test_a_healthy_clinic_has_no_findings(settings, tmp_path: Path, booked) -> None:
    settings.ERASURE_LEDGER_FILE = str(tmp_path / "erasures.log")
    ledger_file.lay()
    plant()
    patient = whole_patient()
    assert compare() == []
    laid_down_by_migrations = booked("rows.reconciled")[0].detail["without_note"]

    rotation.rotate(zone="contact", process="test")
    list(rewrapping.rewrap(process="test"))
    rotation.retire_unused(process="test")
    for zone in rotation.ZONES:
        resealing.reencrypt(subject=patient.subject, zone=zone, process="test")
    let_time_pass(patient)
    resealing.finish(subject=patient.subject, zone="clinical", process="test")
    erasure.shred(subject=patient, zone="contact", reason="requested", process="test")
    patient.care_team.all().delete()
    assert compare() == []
    newest = booked("rows.reconciled")[0]
    assert newest.outcome == "ok"
    assert newest.detail["boxes"] > 30
    # Fewer where one of theirs was changed since, as the first version of a root is by a rotation.
    assert newest.detail["without_note"] <= laid_down_by_migrations


class TestNotes:
    """A hand that mends the note to fit the old box is found by the seals over the notes."""

    @pytest.fixture
    def put_back(self, patient: Patient) -> str:
        """A phone whose old box is back, sealed notes of both; the condition of its last note."""
        old = box_of(patient.contact)
        seal_row_changes()
        patient.contact.set_phone("+8613900139000")
        patient.contact.save()
        seal_row_changes()
        with unseen("crm_patientcontact") as owner:
            owner.execute("UPDATE crm_patientcontact SET phone = %s", [old])
        return f"id = (SELECT max(id) FROM {reconciling.NOTES} WHERE columns @> '{{phone}}')"

    @pytest.mark.parametrize(
        "mend",
        [
            "DELETE FROM privacy_rowchange WHERE {last}",
            "UPDATE privacy_rowchange SET boxes = boxes || (SELECT jsonb_build_object('phone', "
            "encode(sha256(convert_to(phone::text, 'UTF8')), 'hex')) FROM crm_patientcontact) "
            "WHERE {last}",
        ],
    )
    def test_the_note_was_mended_too(self, put_back: str, mend: str, booked) -> None:
        tamper(mend.format(last=put_back), tables=(reconciling.NOTES,))
        assert compare() == [Finding(reconciling.NOTES, "2", Verdict.REWRITTEN)]
        (event,) = booked("rows.mismatch")
        assert (event.target, event.outcome) == ("privacy_rowchange:2", "failed")
        assert (event.codes, event.fields) == ([], [])
        assert event.detail == {"finding": "rewritten"}
        watch()
        assert Alert.objects.filter(kind=Alert.Kind.MISMATCH).exists()

    def test_old_notes_have_their_turn_within_a_week(self, put_back: str, time_machine) -> None:
        tamper(f"DELETE FROM privacy_rowchange WHERE {put_back}", tables=(reconciling.NOTES,))
        time_machine.move_to(timezone.now() + timedelta(days=20))
        found = []
        for _night in range(7):
            time_machine.move_to(timezone.now() + timedelta(days=1))
            found += compare()
        assert found == [Finding(reconciling.NOTES, "2", Verdict.REWRITTEN)]

    def test_a_seal_that_is_gone_is_found_any_night(self, put_back: str, time_machine) -> None:
        tamper("DELETE FROM privacy_rowseal WHERE number = 1", tables=("privacy_rowseal",))
        time_machine.move_to(timezone.now() + timedelta(days=20))
        assert Finding(reconciling.NOTES, "2", Verdict.REWRITTEN) in compare()

    def test_two_at_once_tell_of_it_once(self, put_back: str, booked) -> None:
        tamper(f"DELETE FROM privacy_rowchange WHERE {put_back}", tables=(reconciling.NOTES,))
        run, other = reconciling.open_run(), reconciling.open_run()
        first, second = (reconciling.reconcile(one, process="test") for one in (run, other))
        assert next(first).findings
        assert next(second) == Step(rows=0)
        list(second)
        assert len(booked("rows.mismatch")) == 1


def test_rows_older_than_the_net_are_counted_and_raise_no_alarm(patient: Patient) -> None:
    PatientFactory.create(clinic=patient.clinic)
    with unseen("privacy_rowchange") as owner:  # as on the day when the triggers came
        owner.execute("DELETE FROM privacy_rowchange")
    contact = patient.contact
    contact.set_phone("+8613900139000")
    contact.save(update_fields=["phone", "phone_index"])

    run = reconciling.open_run()
    assert [
        one for step in reconciling.reconcile(run, process="test") for one in step.findings
    ] == []
    assert (run.boxes, run.findings) == (1, 0)
    assert 0 < run.unnoted == run.rows - 1

    # What was written since is compared, however old the row.
    with unseen("crm_patientcontact") as owner:
        owner.execute(
            "UPDATE crm_patientcontact SET phone = name, name = phone WHERE id = %s", [contact.pk]
        )
    (found,) = compare()
    assert found.columns == ("phone",)


def test_a_run_that_was_stopped_goes_on_where_it_was(
    patient: Patient, carer: User, monkeypatch
) -> None:
    monkeypatch.setattr(reconciling, "BATCH", 1)
    PatientFactory.create(clinic=patient.clinic)
    whole = reconciling.open_run()
    list(reconciling.reconcile(whole, process="test"))

    stopped = reconciling.open_run()
    assert stopped.pk != whole.pk
    steps = reconciling.reconcile(stopped, process="test")
    for _ in range(7):
        next(steps)
    steps.close()
    taken_up = reconciling.open_run()
    assert taken_up.pk == stopped.pk
    list(reconciling.reconcile(taken_up, process="test"))
    assert (taken_up.rows, taken_up.boxes) == (whole.rows, whole.boxes)

    late = Reconciliation.objects.get(pk=stopped.pk)
    assert str(late) == f"{late.table} {late.phase}"
    assert list(reconciling.reconcile(late, process="test")) == []


def test_two_at_the_same_run_do_its_work_once(patient: Patient, booked) -> None:
    run = reconciling.open_run()
    other = reconciling.open_run()
    list(reconciling.reconcile(run, process="test"))
    (step,) = reconciling.reconcile(other, process="test")
    assert (step.rows, other.rows) == (0, run.rows)
    assert len(booked("rows.reconciled")) == 1


def test_who_is_overtaken_stops_at_the_end(patient: Patient, booked) -> None:
    slow = reconciling.reconcile(reconciling.open_run(), process="test")
    next(slow)
    list(reconciling.reconcile(reconciling.open_run(), process="test"))
    assert [step.rows for step in slow] == [0]
    assert len(booked("rows.reconciled")) == 1


def test_what_was_left_for_a_day_begins_anew(patient: Patient, time_machine) -> None:
    run = reconciling.open_run()
    time_machine.move_to(timezone.now() + timedelta(hours=21))
    assert reconciling.open_run().pk != run.pk


@pytest.mark.parametrize(
    ("gone", "following"),
    [("privacy_a_table_of_old", "privacy_consententry"), ("zz_last", "zz_last")],
)
def test_a_table_that_went_with_an_upgrade_is_passed_over(
    patient: Patient, gone: str, following: str
) -> None:
    run = reconciling.open_run()
    run.table = gone
    run.keep()
    next(reconciling.reconcile(run, process="test"))
    assert run.table == following
    assert bool(run.finished_at) == (gone == following)


def test_alarms_have_an_end(patient: Patient, monkeypatch, booked) -> None:
    monkeypatch.setattr(reconciling, "MOST_ALARMS", 1)
    PatientFactory.create(clinic=patient.clinic)
    with unseen("crm_patientclinical") as owner:
        owner.execute("UPDATE crm_patientclinical SET chief_complaint = %s", [b"x"])

    assert len(compare()) == 2
    assert len(booked("rows.mismatch")) == 1
    assert booked("rows.reconciled")[0].detail["findings"] == 2


def run_command(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    out, errors = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("reconcile_rows", stdout=out, stderr=errors)
    return int(end.value.code or 0), out.getvalue() + errors.getvalue()


def test_the_command_says_what_it_found(patient: Patient, monkeypatch, capsys) -> None:
    code, text = run_command(capsys)
    assert code == 0
    assert "0 findings" in text

    with unseen("crm_patientcontact") as owner:
        owner.execute("UPDATE crm_patientcontact SET phone = %s", [uuid4().bytes])
    code, text = run_command(capsys)
    assert code == 1
    assert f"crm_patientcontact:{patient.contact.pk} phone: a box is not" in text

    monkeypatch.setattr(reconciling, "_ask", lambda *args: 1 / 0)
    code, text = run_command(capsys)
    assert code == 2
    assert "could not compare: ZeroDivisionError" in text


def test_the_night_does_it(patient: Patient, booked) -> None:
    reconcile_rows()
    assert booked("rows.reconciled")[0].process == "reconcile_rows"


def test_the_notes_stay_out_of_the_apps_reach(patient: Patient) -> None:
    with connection.cursor() as cursor, pytest.raises(Exception, match="denied"):
        cursor.execute("SELECT FROM privacy_rowchange")
    assert RowChange._meta.db_table not in reconciling.watched()
