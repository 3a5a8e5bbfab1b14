"""The sealer under many writers and out-of-order commits; one at a time; never inside another's
transaction; and what happens after a dump was restored elsewhere."""

import threading

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import ProgrammingError, connection, transaction

from crm.staff.models import User
from privacy.audit import sealing
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.audit.horizon import SealerBehind
from privacy.audit.models import (
    READER,
    AuditCheckpoint,
    AuditEvent,
    AuditSeal,
    SealerKey,
    acting_as,
)
from privacy.audit.sealing import seal_once
from privacy.audit.selectors import seal_status
from privacy.audit.verification import verify
from tests.conftest import owner_connection
from tests.privacy.audit.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, EACH = 8, 25


def write(actor: User, count: int = 1, number: int = 0) -> None:
    for _ in range(count):
        with transaction.atomic():
            audit.record(AuditTrailEvent.VIEWED, actor=actor, detail={"n": number})


def in_thread(work) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def sealed_ids() -> set:
    with acting_as(READER):
        return set(AuditSeal.objects.values_list("event_id", flat=True))


def all_ids() -> set:
    with acting_as(READER):
        return set(AuditEvent.objects.values_list("id", flat=True))


def test_eight_writers_and_the_sealer_misses_none(carer) -> None:
    writers = [in_thread(lambda n=n: write(carer, EACH, n)) for n in range(WRITERS)]
    while any(writer.is_alive() for writer in writers):
        seal_once()
    for writer in writers:
        writer.join()
    while seal_once().checkpoint:
        pass

    assert len(all_ids()) == WRITERS * EACH
    assert sealed_ids() == all_ids()
    assert verify().whole


def test_an_early_writer_that_commits_late_is_not_missed(carer) -> None:
    """The first transaction writes, the second writes and commits, the sealer runs in between."""
    written, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            audit.record(AuditTrailEvent.VIEWED, actor=carer, detail={"n": 1})
            written.set()
            may_commit.wait(10)

    early = in_thread(slow)
    assert written.wait(10)
    write(carer, 3, 2)
    assert seal_once().checkpoint is None  # everything waits behind the open writer
    may_commit.set()
    early.join()
    assert seal_once().events == 4
    assert sealed_ids() == all_ids()
    with acting_as(READER):
        first = AuditSeal.objects.get(seq=1)
        assert AuditEvent.objects.get(id=first.event_id).detail == {"n": 1}


def test_rolled_back_acts_leave_no_gap(carer) -> None:
    write(carer)
    with transaction.atomic():
        audit.record(AuditTrailEvent.VIEWED, actor=carer)
        transaction.set_rollback(True)
    write(carer)
    seal_once()
    assert verify().whole
    assert len(all_ids()) == 2


def test_writers_of_other_databases_do_not_hold_it_up(carer) -> None:
    import psycopg

    params = {key: value for key, value in connection.get_connection_params().items()
              if key in {"user", "password", "host", "port"}}  # fmt: skip
    with psycopg.connect(dbname="postgres", **params) as elsewhere:
        elsewhere.execute("SELECT pg_current_xact_id()")
        write(carer, 2)
        assert seal_once().events == 2


def test_a_transactions_events_stay_in_one_checkpoint(carer, monkeypatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 2)
    write(carer)
    with transaction.atomic():
        for _ in range(4):
            audit.record(AuditTrailEvent.VIEWED, actor=carer)
    write(carer)
    first, second = seal_once(), seal_once()
    assert (first.events, first.more) == (5, True)
    assert (second.events, second.more) == (1, False)
    assert verify().whole


def test_one_sealer_at_a_time(carer) -> None:
    write(carer)
    with owner_connection() as other:
        other.execute("BEGIN")
        other.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [sealing.LOCK])
        assert seal_once().checkpoint is None
    assert seal_once().checkpoint == 1


def test_it_works_in_a_transaction_of_its_own_only(carer) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        seal_once()


def test_a_restored_dump_is_noticed(carer) -> None:
    write(carer)
    seal_once()
    tamper("UPDATE privacy_auditcheckpoint SET xid_to = xid_to + 1000000")
    write(carer)
    with pytest.raises(SealerBehind):
        seal_once()
    tamper("UPDATE privacy_auditcheckpoint SET sealed_at = now() - interval '61 s'")
    assert seal_status().lag_seconds >= 61, "what waits cannot be told apart"


class TestKey:
    def test_from_the_environment_or_a_file(self, monkeypatch, tmp_path) -> None:
        monkeypatch.setenv("SUIAN_SEALER_KEY", "11" * 32)
        one = sealing.public_bytes(sealing.signing_key())
        monkeypatch.delenv("SUIAN_SEALER_KEY")
        with pytest.raises(ImproperlyConfigured):
            sealing.signing_key()
        (tmp_path / "key").write_text("11" * 32 + "\n")
        monkeypatch.setenv("SUIAN_SEALER_KEY_FILE", str(tmp_path / "key"))
        assert sealing.public_bytes(sealing.signing_key()) == one

    def test_a_new_key_joins_the_old_one(self, carer, monkeypatch) -> None:
        write(carer)
        seal_once()
        monkeypatch.setenv("SUIAN_SEALER_KEY", "22" * 32)
        write(carer)
        seal_once()
        assert verify().whole
        with acting_as(READER):
            assert SealerKey.objects.count() == 2
            assert {len(str(key)) for key in SealerKey.objects.all()} == {8}
            assert [str(one) for one in AuditCheckpoint.objects.all()] == ["1", "2"]
            assert [str(one) for one in AuditSeal.objects.order_by("seq")] == ["1", "2"]


class TestFences:
    def test_the_app_cannot_say_which_transaction_wrote(self, carer) -> None:
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO privacy_auditevent (xid) VALUES ('1')")

    def test_the_app_cannot_bring_in_a_sealers_key(self, db) -> None:
        with pytest.raises(ProgrammingError), transaction.atomic():
            SealerKey.objects.create(public=b"x" * 32, mac=b"x" * 32)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE {} SET at = at",
            "DELETE FROM {}",
            "TRUNCATE {}",
        ],
    )
    def test_even_the_owner_meets_the_fence_on_every_partition(self, carer, statement) -> None:
        import psycopg

        write(carer)
        with owner_connection() as owner:
            name = owner.execute("SELECT tableoid::regclass FROM privacy_auditevent").fetchone()[0]
            for table in ("privacy_auditevent", name):
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                    owner.execute(statement.format(table))

    def test_partitions_are_asked_for_not_made(self) -> None:
        from datetime import UTC, datetime

        assert sealing.ensure_partitions(datetime.now(UTC)) == 0

    def test_a_new_partition_that_waits_in_vain_gives_up(self, carer) -> None:
        """And lets those write who would otherwise wait behind it: it is made the next day."""
        import psycopg

        with transaction.atomic():
            write(carer)
            with owner_connection() as owner:
                owner.execute("SET statement_timeout = '20s'")  # lest the test hang
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    owner.execute("SELECT audit_ensure_partitions('2041-05-01', 1)")


class TestFailClosed:
    def test_no_trail_no_reading(self, carer, patient, trail_down, sign_in_as) -> None:
        from django.urls import reverse

        client = sign_in_as(carer)
        address = reverse("patients:page", args=[patient.code])
        assert client.get(address).status_code == 200
        trail_down()
        client.raise_request_exception = False
        answer = client.get(address)
        assert answer.status_code == 500
        assert patient.code not in answer.content.decode().replace("-", "")

    def test_no_trail_no_change(self, carer, patient, trail_down) -> None:
        from privacy.consent.models import Channel, ConsentState, Purpose
        from privacy.consent.rules import Answer
        from privacy.consent.services import record_answer

        trail_down()
        with pytest.raises(ProgrammingError):
            record_answer(
                subject=patient.subject, purpose=Purpose.MARKETING, channel=Channel.SMS,
                answer=Answer.REFUSED, actor=carer,
            )  # fmt: skip
        assert not ConsentState.objects.exists()
