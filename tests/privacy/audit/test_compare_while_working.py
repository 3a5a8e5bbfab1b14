"""The second record is compared while the clinic works: what is on its way is no finding."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from privacy.audit import comparing, exporting, second_sink
from privacy.audit import services as audit
from privacy.audit.comparing import glance
from privacy.audit.events import AuditTrailEvent
from privacy.audit.models import READER, AuditEvent, AuditSeal, RetiredMonth, acting_as
from privacy.audit.retired import Retired
from privacy.audit.sealing import seal_once
from privacy.audit.second_sink import SinkDown
from privacy.audit.sink_lines import Line, read_lines
from privacy.audit.syslog import Syslog
from privacy.audit.verification import verify
from privacy.custody import month_archive
from privacy.custody.archive_file import sealed
from privacy.receipts import Told
from tests.privacy.audit.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sink(settings, tmp_path: Path, carer, patient) -> Iterator[Path]:
    folder = tmp_path / "witness"
    folder.mkdir()
    settings.AUDIT_SINK_DIR = str(folder)
    yield folder
    second_sink.forget()


@pytest.fixture
def another() -> Iterator[psycopg.Connection]:
    """A second connection to the same database."""
    params = connection.get_connection_params()
    wanted = {key: params[key] for key in ("user", "password", "host", "port", "dbname")}
    with psycopg.connect(**wanted) as made:
        yield made


def write(actor) -> None:
    with transaction.atomic():
        audit.record(AuditTrailEvent.VIEWED, actor=actor)


def told(folder: Path) -> list[Line]:
    return [line for path in sorted(folder.glob("*.jsonl")) for line in read_lines(path) if line]


def codes() -> list[str]:
    return sorted(one.code for one in verify().findings)


def state() -> str:
    with acting_as(READER):
        return glance().state


class Slow:
    """A commit that was told and waits until ``go``."""

    def __init__(self, monkeypatch, work) -> None:
        self.waits, self.go = threading.Event(), threading.Event()
        commit, mine = BaseDatabaseWrapper._commit, []

        def slowly(wrapper) -> None:
            if threading.current_thread() in mine:
                self.waits.set()
                assert self.go.wait(20)
            commit(wrapper)

        def run() -> None:
            work()
            connection.close()

        monkeypatch.setattr(BaseDatabaseWrapper, "_commit", slowly)
        self.thread = threading.Thread(target=run)
        mine.append(self.thread)
        self.thread.start()
        assert self.waits.wait(20)

    def finish(self) -> None:
        self.go.set()
        self.thread.join(20)


def test_told_and_not_committed_yet(sink, carer, monkeypatch) -> None:
    write(carer)
    slow = Slow(monkeypatch, lambda: write(carer))
    try:
        assert len(told(sink)) == 2
        assert (state(), codes()) == ("agrees", [])
    finally:
        slow.finish()
    assert (state(), codes()) == ("agrees", [])
    assert len(told(sink)) == 2  # nothing was taken back


@pytest.mark.parametrize("look", [state, codes])
def test_committed_between_the_two_looks(sink, carer, monkeypatch, look) -> None:
    write(carer)
    slow = Slow(monkeypatch, lambda: write(carer))
    fate = comparing._fate

    def late(xid: int) -> str | None:
        slow.finish()
        return fate(xid)

    monkeypatch.setattr(comparing, "_fate", late)
    try:
        assert look() in ("agrees", [])
    finally:
        slow.finish()


def test_an_id_of_another_server_is_gone_all_the_same(sink, carer, another) -> None:
    write(carer)
    (newest,) = another.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
    second_sink.tell([Told(newest + 1_000_000, uuid4(), bytes(32), bytes(32))])
    assert state() == "differs"
    assert codes() == ["sink_gone"]


@pytest.mark.parametrize("column", ["digest", "mac"])
def test_a_row_of_another_content_is_found_by_the_second_look_too(
    sink, carer, monkeypatch, column: str
) -> None:
    write(carer)
    fate = comparing._fate
    slow = Slow(monkeypatch, lambda: write(carer))

    def late(xid: int) -> str | None:
        if slow.thread.is_alive():
            slow.finish()
            tamper(
                f"UPDATE privacy_auditevent SET {column} = sha256('x') WHERE xid::text = '{xid}'"
            )
        return fate(xid)

    monkeypatch.setattr(comparing, "_fate", late)
    try:
        assert "sink_edited" in codes()
    finally:
        slow.finish()


def test_a_transaction_that_an_error_aborted_is_not_taken_for_done(sink, carer) -> None:
    kept = []

    def swallow() -> None:
        with transaction.atomic():
            kept.append(audit.record(AuditTrailEvent.VIEWED, actor=carer))
            with connection.cursor() as cursor, pytest.raises(DatabaseError):
                cursor.execute("SELECT 1 / 0")

    with pytest.raises(DatabaseError):
        swallow()
    assert not kept[0].fate.stands
    assert told(sink) == []
    write(carer)
    with acting_as(READER):
        assert AuditEvent.objects.count() == 1


def test_a_time_limit_in_the_middle_of_a_commit_takes_nothing_back(
    sink, carer, monkeypatch
) -> None:
    commit = BaseDatabaseWrapper._commit

    class TimeLimit(Exception):
        pass

    def interrupted(wrapper) -> None:
        commit(wrapper)  # the server has it; its answer is not waited for
        raise TimeLimit

    with monkeypatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "_commit", interrupted)
        with pytest.raises(TimeLimit):
            write(carer)
    assert [line.void for line in told(sink)] == [()]
    tamper("DELETE FROM privacy_auditevent")
    assert codes() == ["sink_gone"]


def test_a_clock_set_back_over_midnight_is_no_gap(sink, carer, time_machine) -> None:
    midnight = datetime.now(tz=UTC).replace(hour=0, minute=0, second=0) + timedelta(days=1)
    for seconds in (-2, 1, -1, 2):
        time_machine.move_to(midnight + timedelta(seconds=seconds), tick=False)
        write(carer)
    time_machine.move_to(midnight + timedelta(minutes=1))
    assert timezone.now() > midnight
    assert codes() == []


def test_a_month_in_an_archive_is_not_asked_about_event_by_event(sink, carer) -> None:
    for _ in range(30):
        write(carer)
    seal_once()
    now = timezone.now()
    month = RetiredMonth(begins=now - timedelta(days=9), ends=now + timedelta(days=9))
    tamper("DELETE FROM privacy_auditevent")
    with acting_as(READER), CaptureQueriesContext(connection) as asked:
        seen = comparing.compare(timezone.now(), Retired([month]).known_among)
    assert (seen.told, seen.found) == (30, [])
    assert len(asked) < 15
    with acting_as(READER):
        assert Retired().known_among([uuid4()]) == set()


def test_a_syslog_server_that_hangs_stops_the_work_at_once_after_the_first_wait(
    sink, settings, carer, monkeypatch
) -> None:
    tried = []

    def hang(_self, _data) -> None:
        tried.append(1)
        raise TimeoutError

    settings.AUDIT_SINK_SYSLOG = "tcp://127.0.0.1:1"
    monkeypatch.setattr(Syslog, "silent_until", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(Syslog, "_out", hang)
        for _ in range(5):
            with pytest.raises(SinkDown):
                write(carer)
        assert len(tried) == 2  # once, and once more over a new connection
    monkeypatch.setattr(Syslog, "_out", lambda _self, _data: None)
    monkeypatch.setattr(Syslog, "silent_until", 0.0)
    write(carer)
    assert codes() == []


def test_two_rows_of_one_transaction_have_one_fate(sink, carer) -> None:
    with transaction.atomic():
        audit.record(AuditTrailEvent.VIEWED, actor=carer)
        audit.record(AuditTrailEvent.VIEWED, actor=carer)
    tamper("DELETE FROM privacy_auditevent")
    assert codes().count("sink_gone") >= 2


def test_a_retired_month_is_called_by_its_name() -> None:
    assert str(RetiredMonth(month="2025-01")) == "2025-01"


def test_a_retired_month_knows_what_was_sealed_in_it(carer) -> None:
    write(carer)
    seal_once()
    now = timezone.now()
    hour = RetiredMonth(month="2025-01", begins=now - timedelta(hours=1), ends=now)
    before = RetiredMonth(month="2024-12", begins=hour.begins - timedelta(1), ends=hour.begins)
    with acting_as(READER):
        sealed_id = AuditSeal.objects.values_list("event_id", flat=True).last()
        assert Retired(months=[before, hour]).knows(sealed_id)
        assert not Retired(months=[before]).knows(sealed_id)
        assert not Retired(months=[hour]).knows(uuid4())
        assert not Retired().knows(sealed_id)


def test_hours_that_a_month_shares_with_an_archive_may_still_be_here(carer, monkeypatch) -> None:
    write(carer)
    now = timezone.now()
    begins, ends = now - timedelta(hours=1), now + timedelta(hours=1)
    shared = RetiredMonth(month="2025-01", begins=begins, ends=ends)
    monkeypatch.setattr(RetiredMonth.objects, "filter", lambda **_asked: [shared])
    with acting_as(READER):
        exporting._refuse_archived(begins, ends)


def test_a_month_that_runs_is_not_archived_and_nothing_is_proved_without_anchors(
    carer, settings
) -> None:
    write(carer)
    seal_once()
    with pytest.raises(month_archive.ArchiveRefused):
        month_archive.span_to_archive(f"{timezone.localdate():%Y-%m}")
    settings.AUDIT_ANCHOR_FILE = ""
    with pytest.raises(month_archive.ArchiveRefused):
        month_archive.prove(Path("nothing"))


def test_an_archive_of_something_else_proves_nothing(tmp_path, settings) -> None:
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "heads.log")
    path = tmp_path / "audit-2025-01.zip.sealed"
    path.write_bytes(b"".join(sealed([b"no zip"])))
    with pytest.raises(month_archive.ArchiveRefused):
        month_archive.prove(path)
