"""A restore that was proved, and what does not count as one."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from benchmarks.databases import drop_database, make_anew
from privacy.access.policy import Role
from privacy.audit.sealing import seal_once
from privacy.custody import erasure, ledger_file, restoring, rotation
from privacy.custody.models import RestoreProof
from privacy.encryption.canaries import plant
from privacy.encryption.models import KeyVersion
from privacy.errors import DomainError
from tests.conftest import owner_connection
from tests.factories.people import PatientFactory, number_of
from tests.factories.whole import whole_patient

pytestmark = pytest.mark.django_db(transaction=True)


def owners_url(name: str) -> str:
    with owner_connection() as owner:
        info = owner.info
        return f"postgres://{info.user}:{info.password}@{info.host}:{info.port}/{name}"


@contextmanager
def restored() -> Iterator[str]:
    """A copy of the database as it is now, as a backup would bring it back."""
    here = connection.settings_dict["NAME"]
    copy = f"{here}_restored"
    connection.close()
    with psycopg.connect(owners_url("postgres"), autocommit=True) as server:
        make_anew(server, copy, template=here)
    try:
        yield owners_url(copy)
    finally:
        with psycopg.connect(owners_url("postgres"), autocommit=True) as server:
            drop_database(server, copy)


def change(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as copy:
        for statement in statements:
            copy.execute(statement)


@pytest.fixture
def filled(settings, tmp_path):
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "heads.log")
    settings.ERASURE_LEDGER_FILE = str(tmp_path / "erasures.log")
    ledger_file.lay()
    plant()
    patients = [whole_patient(), PatientFactory.create()]
    erasure.shred(subject=patients[1], zone="contact", reason="requested", process="test")
    seal_once()
    return patients


def prove(url: str, monkeypatch) -> str:
    monkeypatch.setenv("RESTORED_DATABASE_URL", url)
    out = io.StringIO()
    call_command("prove_restore", staff=number_of(Role.SECURITY_ADMIN), stdout=out)
    return out.getvalue()


def test_a_good_copy_is_proved_and_written_down_here(filled, monkeypatch, booked) -> None:
    with restored() as url:
        PatientFactory.create()  # life went on after the backup
        out = prove(url, monkeypatch)
    proof = RestoreProof.objects.get()
    assert (proof.subjects, proof.data_keys, proof.anchors) == (2, 3, 1)
    assert proof.checkpoint == 1
    assert proof.as_of is not None
    assert "2 patients, 3 data keys" in out
    assert "1 heads agree" in out
    assert booked("keys.restore_proved")[0].detail["subjects"] == 2
    assert str(proof).startswith("restore proved 2")
    assert restoring.standing().days == 0


SHORTER = "UPDATE privacy_keycanary SET box = 'x' WHERE zone = 'contact'"
NO_CANARY = "DELETE FROM privacy_keycanary WHERE zone = 'clinical'"
ONE_KEY_LESS = (
    "DELETE FROM privacy_subjectkey WHERE ctid = (SELECT min(ctid) FROM privacy_subjectkey)"
)
OTHER_WRAPS = "UPDATE privacy_subjectkey SET wrapped = decode(repeat('00', 60), 'hex')"
MORE_PATIENTS = (
    "INSERT INTO privacy_subject SELECT gen_random_uuid(), now(), now(), lpad(n::text, 8, '0') "
    "FROM generate_series(1, 9) AS n"
)
UNFENCED = "ALTER TABLE privacy_auditcheckpoint DISABLE TRIGGER USER"
EVENTS_UNFENCED = "ALTER TABLE privacy_auditevent DISABLE TRIGGER USER"
OLD = "UPDATE privacy_auditevent SET at = at - interval '36 days'"
REWRITTEN = "UPDATE privacy_auditcheckpoint SET chain = sha256('x')"


@pytest.mark.parametrize(
    ("words", "statements"),
    [
        ("contact v1", [SHORTER]),
        ("clinical v1", [NO_CANARY]),
        ("-", ["TRUNCATE privacy_keyversion"]),
        ("1", [ONE_KEY_LESS]),
        ("does not open", [OTHER_WRAPS]),
        ("empty", ["TRUNCATE privacy_subject, privacy_subjectkey CASCADE"]),
        ("another clinic", [MORE_PATIENTS]),
        ("checkpoint 1", [UNFENCED, REWRITTEN]),
        ("without its audit trail", [EVENTS_UNFENCED, "DELETE FROM privacy_auditevent"]),
        ("without its audit trail", [UNFENCED, "DELETE FROM privacy_auditcheckpoint"]),
        ("36 days old", [EVENTS_UNFENCED, OLD]),
    ],
)
def test_a_bad_copy_proves_nothing(filled, monkeypatch, words, statements) -> None:
    if words == "another clinic":
        monkeypatch.setattr(restoring, "_keys_open", lambda _copy: None)
    with restored() as url:
        change(url, *statements)
        with pytest.raises(CommandError, match=words):
            prove(url, monkeypatch)
    assert not RestoreProof.objects.exists()


def test_the_database_in_use_is_no_copy(filled, monkeypatch) -> None:
    with pytest.raises(CommandError, match="in use"):
        prove(owners_url(connection.settings_dict["NAME"]), monkeypatch)


def test_nothing_to_read_is_said(filled, monkeypatch) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        prove(owners_url("no_such_database"), monkeypatch)
    with pytest.raises(CommandError, match="not set"):
        prove("", monkeypatch)


class TestOverdue:
    def test_a_young_clinic_may_wait_half_a_year(self) -> None:
        plant()
        assert not restoring.standing().overdue
        rotation.rotate(zone="contact", process="test")

    def test_after_190_days_without_one_no_key_is_changed(self) -> None:
        plant()
        KeyVersion.objects.update(created_at=timezone.now() - timedelta(days=191))
        assert restoring.standing().overdue
        with pytest.raises(DomainError, match="191"):
            rotation.rotate(zone="contact", process="test")
        RestoreProof.objects.create(subjects=0, data_keys=0, events=0, checkpoint=0, anchors=0)
        assert restoring.standing().days == 0
        rotation.rotate(zone="contact", process="test")

    def test_without_any_key_there_is_nothing_to_prove(self) -> None:
        with owner_connection() as owner:
            owner.execute("TRUNCATE privacy_keyversion")
        assert restoring.standing().days == 0
