"""Erasing a zone for good: keys, look-ups, pages, the ledger outside, and a restored backup."""

import io
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from consult.consultations.models import Consultation
from crm.patients.models import Patient, PatientContact
from crm.scheduling.models import Visit
from crm.web.models import ApiAnswer
from privacy.audit.verification import verify
from privacy.custody import erasure, holds, ledger_file, resealing
from privacy.custody.signals import zone_erased
from privacy.encryption import keyring
from privacy.encryption.models import Erasure, SubjectKey
from privacy.errors import DomainError, Erased, Unreadable
from tests.conftest import owner_connection
from tests.factories.people import PatientFactory
from tests.factories.whole import whole_patient
from tests.fences import fences_down
from tests.privacy.custody.looking import read

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def ledger(settings, tmp_path: Path) -> Path:
    settings.ERASURE_LEDGER_FILE = str(tmp_path / "erasures.log")
    ledger_file.lay()
    return tmp_path / "erasures.log"


def shred(patient: Patient, zone: str = "contact", reason: str = "requested") -> Erasure:
    return erasure.shred(subject=patient, zone=zone, reason=reason, process="test")


def keys_of(patient: Patient) -> list[str]:
    return sorted(SubjectKey.objects.filter(subject_id=patient.pk).values_list("zone", flat=True))


def grown_old(patient: Patient) -> None:
    """All of it happened sixteen years ago."""
    before = timezone.now() - timedelta(days=16 * 366)
    with owner_connection() as owner:
        for table, column in (("privacy_subject", "id"), ("crm_patientclinical", "patient_id")):
            owner.execute(
                f"UPDATE {table} SET created_at = %s WHERE {column} = %s", [before, patient.pk]
            )


def restore_keys(rows: list[tuple[object, ...]]) -> None:
    """What a dump from before the erasure brings back: keys, and a ledger that knows nothing."""
    with owner_connection() as owner:
        with fences_down(owner, "privacy_erasure"):
            owner.execute("DELETE FROM privacy_erasure")
        for row in rows:
            owner.execute(
                "INSERT INTO privacy_subjectkey (id, created_at, updated_at, subject_id, zone, "
                "version, kek_version, wrapped) VALUES (%s, now(), now(), %s, %s, %s, %s, %s)",
                row,
            )


def dumped(patient: Patient) -> list[tuple[object, ...]]:
    rows = SubjectKey.objects.filter(subject_id=patient.pk)
    return list(rows.values_list("id", "subject_id", "zone", "version", "kek_version", "wrapped"))


class TestShred:
    def test_keys_and_look_ups_go_and_the_other_zone_stays(self, booked) -> None:
        patient = whole_patient()
        shred(patient)

        assert keys_of(patient) == ["clinical"]
        contact = PatientContact.objects.get(patient=patient)
        assert (contact.phone_index, contact.id_number_index, contact.name_tokens) == (-1, -1, [])
        assert not ApiAnswer.objects.filter(subject_id=patient.pk).exists()
        with pytest.raises(Erased, match="E-ERASED"):
            read(patient, "patientcontact.name")
        assert read(patient, "patientclinical.sex") == "female"
        (event,) = booked("keys.erased")
        assert (event.codes, event.purpose, event.detail) == (
            [patient.code],
            "requested",
            {"zone": "contact"},
        )
        assert booked("crypto.failed") == []

    def test_a_patient_without_some_values_has_no_look_ups_of_them(self) -> None:
        patient = PatientFactory.create()
        shred(patient)
        assert PatientContact.objects.get(patient=patient).id_number_index is None

    def test_both_ledgers_hold_it_and_nothing_personal(self, ledger) -> None:
        patient = PatientFactory.create()
        shred(patient)
        row = json.loads(ledger.read_text())
        assert set(row) == {"code", "zone", "reason", "at", "mac"}
        assert (row["code"], row["zone"]) == (patient.code, "contact")
        assert ledger.stat().st_mode & 0o777 == 0o600
        assert str(Erasure.objects.get()) == f"{patient.code} contact"
        erasure.refuse_gap()

    def test_asked_for_again_it_does_nothing(self, ledger, booked) -> None:
        patient = PatientFactory.create()
        assert shred(patient) == shred(patient)
        assert len(ledger.read_text().splitlines()) == len(booked("keys.erased")) == 1

    def test_a_reason_is_a_choice(self) -> None:
        with pytest.raises(ValueError, match="because"):
            shred(PatientFactory.create(), reason="because of Mrs Wang")

    @pytest.mark.parametrize("where", ["", "/nowhere/at/all.log"])
    def test_without_the_ledger_outside_nothing_is_erased(self, settings, where) -> None:
        settings.ERASURE_LEDGER_FILE = where
        patient = PatientFactory.create()
        with pytest.raises(DomainError):
            shred(patient)
        assert keys_of(patient) == ["clinical", "contact"]

    def test_an_erasure_that_is_rolled_back_leaves_no_line(self, ledger) -> None:
        patient = PatientFactory.create()
        with transaction.atomic():
            shred(patient)
            transaction.set_rollback(True)
        assert ledger.read_text() == ""
        assert keys_of(patient) == ["clinical", "contact"]

    def test_a_listener_that_fails_undoes_it(self) -> None:
        def refuse(**_signal):
            raise RuntimeError("not now")

        patient = PatientFactory.create()
        zone_erased.connect(refuse)
        try:
            with pytest.raises(RuntimeError, match="not now"):
                shred(patient)
        finally:
            zone_erased.disconnect(refuse)
        assert keys_of(patient) == ["clinical", "contact"]

    def test_nothing_is_sealed_for_an_erased_zone_again(self) -> None:
        patient = PatientFactory.create()
        shred(patient)
        contact = PatientContact.objects.get(patient=patient)
        contact.name = "新名"
        with pytest.raises(Erased):
            contact.save()
        with pytest.raises(IntegrityError, match="erased"):
            SubjectKey.objects.bulk_create(SubjectKey.issue([patient.pk])[:1])
        with pytest.raises(DomainError):
            resealing.reencrypt(subject=patient.subject, zone="contact", process="test")

    def test_a_key_that_is_gone_for_no_reason_is_still_a_failure(self) -> None:
        patient = PatientFactory.create()
        SubjectKey.objects.filter(subject_id=patient.pk).delete()
        with pytest.raises(Unreadable, match="E-KEY-NONE"):
            read(patient, "patientcontact.name")
        with pytest.raises(Unreadable, match="E-KEY-NONE"):
            keyring.writing_key(patient.pk, "contact")

    def test_the_ledger_only_grows(self) -> None:
        shred(PatientFactory.create())
        for statement in ("UPDATE privacy_erasure SET zone = 'x'", "DELETE FROM privacy_erasure"):
            with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as c:
                c.execute(statement)
            with owner_connection() as owner, pytest.raises(Exception, match="append-only"):
                owner.execute(statement)

    def test_the_trail_stays_whole(self) -> None:
        patient = whole_patient()
        shred(patient)
        assert verify().whole


class TestHolds:
    def test_clinical_records_are_kept_while_the_law_asks_for_them(self) -> None:
        patient = whole_patient()
        with pytest.raises(erasure.MustBeKept, match=str(timezone.now().year + 15)):
            shred(patient, "clinical")
        assert keys_of(patient) == ["clinical", "contact"]

    def test_after_fifteen_years_they_may_go(self) -> None:
        patient = PatientFactory.create()
        grown_old(patient)
        shred(patient, "clinical", "period_over")
        assert keys_of(patient) == ["contact"]

    def test_every_later_use_counts(self, clinic) -> None:
        patient = whole_patient()
        grown_old(patient)
        last = Consultation.objects.filter(patient=patient).latest("created_at").created_at
        assert holds.records_kept_until(patient.pk).year == last.year + 15

    def test_a_visit_counts_too(self, receptionist, patient) -> None:
        from crm.scheduling import services

        grown_old(patient)
        services.expect_today(patient=patient, purpose="first", actor=receptionist)
        visit = Visit.objects.get(patient=patient)
        assert (
            holds.records_kept_until(patient.pk).date()
            == visit.changed_at.replace(year=visit.changed_at.year + 15).date()
        )


class TestRestore:
    def test_what_a_restore_brings_back_is_erased_again(self, booked) -> None:
        patient = whole_patient()
        kept = [row for row in dumped(patient) if row[2] == "contact"]
        shred(patient)
        restore_keys(kept)
        PatientContact.objects.filter(patient=patient).update(phone_index=7)
        assert read(patient, "patientcontact.name") == "欧阳明", "the restore was a real one"
        with pytest.raises(erasure.ErasuresWait, match="1 erasures"):
            erasure.refuse_gap()

        out = io.StringIO()
        call_command("replay_erasures", stdout=out)

        assert "1 erased again, 0 written down" in out.getvalue()
        erasure.refuse_gap()
        with pytest.raises(Erased):
            read(patient, "patientcontact.name")
        assert PatientContact.objects.get(patient=patient).phone_index == -1
        assert booked("keys.erased_again")[0].codes == [patient.code]
        assert verify().whole

    def test_a_key_that_came_back_beside_its_ledger_is_found(self) -> None:
        patient = PatientFactory.create()
        kept = dumped(patient)
        shred(patient)
        with owner_connection() as owner, fences_down(owner, "privacy_subjectkey"):
            SubjectKey.objects.bulk_create(
                SubjectKey(
                    subject_id=row[1], zone=row[2], version=row[3], kek_version=row[4],
                    wrapped=row[5],
                )
                for row in kept if row[2] == "contact"
            )  # fmt: skip
        assert len(erasure.compare().not_erased) == 1
        erasure.replay()
        assert keys_of(patient) == ["clinical"]

    def test_a_patient_whom_the_backup_does_not_know_needs_nothing(self, ledger) -> None:
        patient = PatientFactory.create()
        shred(patient)
        text = ledger.read_text()
        with owner_connection() as owner:
            owner.execute("TRUNCATE privacy_erasure, privacy_subjectkey")
            owner.execute("TRUNCATE privacy_subject CASCADE")
        ledger.write_text(text)
        assert not erasure.compare()
        assert not erasure.replay()

    def test_what_the_file_lacks_is_written_down(self, ledger) -> None:
        shred(PatientFactory.create())
        ledger.write_text("")
        with pytest.raises(erasure.ErasuresWait, match="1 to write down"):
            erasure.refuse_gap()
        assert len(erasure.replay().not_outside) == 1
        erasure.refuse_gap()

    def test_a_file_that_was_left_behind_is_not_nothing_erased(self, ledger) -> None:
        from crm.web import readiness

        patient = whole_patient()
        kept = dumped(patient)
        shred(patient)
        restore_keys([row for row in kept if row[2] == "contact"])
        ledger.unlink()
        with pytest.raises(CommandError, match="--new-ledger"):
            call_command("replay_erasures")
        assert not ledger.exists()
        assert "erasures" in readiness.failing()
        with pytest.raises(DomainError):
            shred(patient)
        assert not ledger.exists()

    def test_a_new_one_is_begun_once_and_by_name(self, ledger, booked) -> None:
        shred(PatientFactory.create())
        ledger.unlink()
        call_command("replay_erasures", "--new-ledger")
        call_command("replay_erasures", "--new-ledger")
        assert len(ledger_file.lines()) == 1
        assert len(booked("keys.ledger_begun")) == 1
        erasure.refuse_gap()

    def test_a_clinic_without_patients_begins_one_by_itself(self, ledger, booked) -> None:
        ledger.unlink()
        erasure.refuse_gap()
        call_command("replay_erasures")
        assert ledger.stat().st_mode & 0o777 == 0o600
        PatientFactory.create()
        erasure.refuse_gap()
        assert booked("keys.ledger_begun") == []

    def test_a_folder_that_is_not_there_is_said(self, settings) -> None:
        settings.ERASURE_LEDGER_FILE = "/nowhere/at/all.log"
        with pytest.raises(CommandError, match=r"all\.log cannot be made"):
            call_command("replay_erasures")

    def test_without_a_file_there_is_nothing_to_compare(self, settings) -> None:
        shred(PatientFactory.create())
        settings.ERASURE_LEDGER_FILE = ""
        assert not erasure.compare()
        assert not erasure.replay(new_ledger=True)

    def test_the_pages_are_not_ready_until_then(self, client, settings) -> None:
        from crm.web import readiness

        patient = PatientFactory.create()
        kept = [row for row in dumped(patient) if row[2] == "contact"]
        shred(patient)
        assert "erasures" not in readiness.failing()
        restore_keys(kept)
        assert "erasures" in readiness.failing()
        assert client.get("/healthz/ready/").status_code == 503


class TestFile:
    def written(self, ledger: Path) -> list[str]:
        for _ in range(3):
            shred(PatientFactory.create())
        return ledger.read_text().splitlines()

    def test_a_line_torn_by_a_power_cut_is_made_good(self, ledger) -> None:
        rows = self.written(ledger)
        ledger.write_text("\n".join([*rows[:2], rows[2][:40]]))
        assert len(ledger_file.lines()) == 2
        assert len(erasure.replay().not_outside) == 1
        assert len(ledger_file.lines()) == 3
        assert len(ledger.read_text().splitlines()) == 4

    @pytest.mark.parametrize("garbage", ["nonsense", "[]", "{}", '{"code": 1, "mac": "x", "y": 2}'])
    def test_a_line_that_is_none_stops_everything(self, ledger, garbage) -> None:
        rows = self.written(ledger)
        ledger.write_text("\n".join([rows[0], garbage, *rows[1:]]) + "\n")
        with pytest.raises(ledger_file.LedgerBroken, match="line 2"):
            erasure.refuse_gap()
        with pytest.raises(CommandError, match="line 2"):
            call_command("replay_erasures")

    def test_a_forged_line_erases_nobody(self, ledger) -> None:
        self.written(ledger)
        victim = PatientFactory.create()
        with ledger.open() as file:
            row = json.loads(file.readline())
        row["code"] = victim.code
        with ledger.open("a") as file:
            file.write(json.dumps(row, sort_keys=True) + "\n")
        with pytest.raises(CommandError, match="not written by this clinic"):
            call_command("replay_erasures")
        assert keys_of(victim) == ["clinical", "contact"]

    def test_a_file_that_nobody_may_write_is_refused(self, ledger, monkeypatch) -> None:
        shred(PatientFactory.create())
        monkeypatch.setattr(os, "access", lambda *_all: False)
        with pytest.raises(DomainError):
            shred(PatientFactory.create())
