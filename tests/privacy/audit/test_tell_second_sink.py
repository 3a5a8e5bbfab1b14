"""What commits was told outside before; what cannot be told does not commit; each lie shows."""

import io
import os
import queue
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.checks.registry import registry
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, OperationalError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from benchmarks.log_attacks.export import Export
from crm.patients.models import Patient
from crm.staff.checks import second_sink_has_an_address, second_sink_is_kept
from privacy.access.policy import Role
from privacy.audit import comparing, offline_verifier, rules, second_sink
from privacy.audit import services as audit
from privacy.audit.comparing import glance
from privacy.audit.events import AuditTrailEvent
from privacy.audit.exporting import Bundle, span_of
from privacy.audit.models import READER, AuditEvent, acting_as, mac_key
from privacy.audit.packing import into_folder
from privacy.audit.sealing import seal_once
from privacy.audit.second_sink import SinkDown
from privacy.audit.sink_lines import Line, read_line, read_lines
from privacy.audit.syslog import Syslog
from privacy.audit.verification import verify
from tests.factories.people import UserFactory
from tests.factories.transit import certificate
from tests.privacy.audit.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sink(settings, tmp_path: Path, carer, patient) -> Iterator[Path]:
    """A sink that begins after people and patients were there."""
    folder = tmp_path / "witness"
    folder.mkdir()
    settings.AUDIT_SINK_DIR = str(folder)
    yield folder
    second_sink.forget()


def write(actor, count: int = 1, **more: object) -> None:
    for _ in range(count):
        with transaction.atomic():
            audit.record(AuditTrailEvent.VIEWED, actor=actor, **more)


def told(folder: Path) -> list[Line]:
    return [line for path in sorted(folder.glob("*.jsonl")) for line in read_lines(path) if line]


def ids_told(folder: Path) -> set:
    return {one for line in told(folder) for one, _proof in line.events}


def events() -> list[AuditEvent]:
    with acting_as(READER):
        return list(AuditEvent.objects.order_by("at", "id"))


def codes() -> list[str]:
    return sorted(one.code for one in verify().findings)


def rewrite(folder: Path, change) -> None:
    (path,) = folder.glob("*.jsonl")
    kept = [line for line in path.read_bytes().split(b"\n") if line]
    path.write_bytes(b"\n".join(change(kept)) + b"\n")


class TestTelling:
    def test_each_event_by_id_digest_and_mac(self, sink, carer) -> None:
        write(carer, 3)
        lines = told(sink)
        assert [line.number for line in lines] == [1, 2, 3]
        assert {line.stream for line in lines} == {lines[0].stream}
        assert {one: proof for line in lines for one, proof in line.events} == {
            row.id: bytes(row.digest) + bytes(row.mac) for row in events()
        }
        assert all(path.stat().st_mode & 0o077 == 0 for path in sink.iterdir())

    def test_a_transaction_is_one_write_of_short_lines(self, sink, carer, monkeypatch) -> None:
        writes = []
        out = os.write
        monkeypatch.setattr(os, "write", lambda file, data: writes.append(data) or out(file, data))
        with transaction.atomic():
            for _ in range(45):
                audit.record(AuditTrailEvent.VIEWED, actor=carer)
        assert len(writes) == 1
        assert [len(line.events) for line in told(sink)] == [20, 20, 5]
        assert max(map(len, writes[0].split(b"\n"))) < 4096
        assert len({line.xid for line in told(sink)}) == 1

    def test_nothing_of_a_rollback_or_a_savepoint_that_fell(self, sink, carer) -> None:
        def fall() -> None:
            with transaction.atomic():
                audit.record(AuditTrailEvent.VIEWED, actor=carer)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fall()
        assert told(sink) == []
        with transaction.atomic():
            audit.record(AuditTrailEvent.VIEWED, actor=carer)
            with pytest.raises(ZeroDivisionError):
                fall()
        assert ids_told(sink) == {row.id for row in events()}
        assert verify().whole

    def test_the_disk_knows_the_transaction_before_the_sink_names_it(
        self, sink, carer, monkeypatch
    ) -> None:
        """A crashed server gives ids that its journal lost to others, who commit under them."""
        out, journal = second_sink.tell, {}

        def value(statement: str) -> str:
            return str(connection.connection.execute(statement).fetchone()[0])

        def look(rows):
            journal["kept"] = value("SELECT pg_current_wal_flush_lsn() - '0/0'::pg_lsn")
            return out(rows)

        monkeypatch.setattr(second_sink, "tell", look)
        with transaction.atomic():
            audit.record(AuditTrailEvent.VIEWED, actor=carer)
            journal["written"] = value("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        assert int(journal["kept"]) >= int(journal["written"])

    def test_a_denial_is_told_whatever_becomes_of_its_transaction(self, sink, carer) -> None:
        with transaction.atomic():
            audit.record(AuditTrailEvent.VIEWED, actor=carer)
            audit.record_denial(actor=carer, target="x")
            assert ids_told(sink) == {row.id for row in events() if row.outcome == "denied"}
            transaction.set_rollback(True)
        assert ids_told(sink) == {row.id for row in events()}
        assert len(events()) == 1
        assert verify().whole

    def test_no_patient_stands_in_it(self, sink, carer, patient) -> None:
        write(carer, subjects=[patient], reason="张伟来电核对")
        raw = b"".join(path.read_bytes() for path in sink.iterdir())
        assert patient.code.encode() not in raw
        assert "张".encode() not in raw

    @pytest.mark.parametrize(("seconds", "syncs"), [(0, 3), (10**9, 0)])
    def test_the_disk_is_asked_as_often_as_set(
        self, sink, carer, settings, monkeypatch, seconds, syncs
    ) -> None:
        settings.AUDIT_SINK_SYNC_SECONDS = seconds
        asked: list[int] = []
        monkeypatch.setattr(os, "fdatasync", asked.append)
        for _ in range(3):
            write(carer)
        assert len(asked) == syncs

    def test_another_thread_writes_into_the_same_stream(self, sink, carer) -> None:
        def work() -> None:
            write(carer, 10)
            connection.close()

        threads = [threading.Thread(target=work) for _ in range(3)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert sorted(line.number for line in told(sink)) == list(range(1, 31))
        assert verify().whole

    def test_a_forked_child_has_its_own(self, sink, carer) -> None:
        write(carer)
        second_sink._Mine.forked()
        write(carer)
        assert len({line.stream for line in told(sink)}) == 2
        assert verify().whole

    def test_a_new_day_is_a_new_file(self, sink, carer, time_machine) -> None:
        write(carer)
        time_machine.move_to(timezone.now() + timedelta(days=1))
        write(carer)
        assert len(list(sink.iterdir())) == 2
        assert [line.number for line in told(sink)] == [1, 2]
        assert verify().whole

    def test_a_process_that_starts_on_another_day(self, sink, carer, time_machine) -> None:
        write(carer)
        time_machine.move_to(timezone.now() + timedelta(days=1))
        second_sink.forget()
        write(carer)
        assert [line.number for line in told(sink)] == [1, 1]
        assert verify().whole

    def test_a_file_that_was_moved_away_is_begun_anew(self, sink, carer, time_machine) -> None:
        write(carer)
        time_machine.move_to(timezone.now() + timedelta(days=1))
        write(carer)
        path = max(sink.iterdir())
        path.rename(sink.parent / "away")
        write(carer)
        assert path.exists()
        assert codes() == ["sink_gap", "sink_unseen"]

    def test_off_nothing_is_written(self, sink, carer, settings) -> None:
        settings.AUDIT_SINK_DIR = ""
        write(carer)
        assert list(sink.iterdir()) == []
        with acting_as(READER):
            assert glance().state == "off"


class TestSinkDown:
    @pytest.fixture
    def down(self, sink, settings) -> None:
        settings.AUDIT_SINK_DIR = str(sink / "missing")

    def test_what_cannot_be_told_is_not_committed(self, down, carer) -> None:
        with pytest.raises(SinkDown):
            write(carer)
        assert events() == []
        assert not connection.needs_rollback

    def test_a_denial_neither(self, down, carer) -> None:
        with pytest.raises(SinkDown):
            audit.record_denial(actor=carer, target="x")
        assert events() == []

    def test_a_denial_inside_a_transaction_takes_that_along(self, down, sink, carer) -> None:
        with pytest.raises(SinkDown), transaction.atomic():
            audit.record_denial(actor=carer, target="x")
        assert events() == []

    def test_what_has_no_event_goes_on(self, down, patient) -> None:
        with transaction.atomic():
            Patient.objects.filter(pk=patient.pk).update(updated_at=timezone.now())

    @pytest.mark.parametrize("route", ["patients:page", "patients:list", "trail:list"])
    def test_no_page_is_shown(self, down, carer, patient, sign_in_as, route) -> None:
        viewer = carer
        if route == "trail:list":
            viewer = UserFactory.create(clinic=carer.clinic, role=Role.AUDITOR)
        asked = [patient.code] if route == "patients:page" else []
        answer = sign_in_as(viewer).get(reverse(route, args=asked))
        assert answer.status_code == 503
        assert "第二份记录" in answer.content.decode() or "second record" in answer.content.decode()
        assert events() == []

    def test_a_full_disk_leaves_no_half_truth(self, sink, carer, monkeypatch) -> None:
        write(carer)
        out = os.write
        monkeypatch.setattr(os, "write", lambda file, data: out(file, data[:40]))
        with pytest.raises(SinkDown):
            write(carer)
        monkeypatch.undo()
        write(carer)
        assert len(events()) == 2
        (path,) = sink.iterdir()
        assert None in list(read_lines(path))
        report = verify()
        assert (report.whole, report.told) == (True, 2)

    def test_the_line_that_found_no_room_is_taken_back(self, sink, carer, monkeypatch) -> None:
        write(carer)
        (first,) = told(sink)
        out, room = os.write, [40]
        monkeypatch.setattr(
            os, "write", lambda file, data: out(file, data[: room.pop() if room else len(data)])
        )
        with pytest.raises(SinkDown):
            write(carer)
        taken_back = [place for line in told(sink) for place in line.void]
        assert taken_back == [(first.stream, 2)]

    def test_a_commit_that_fails_is_taken_back(self, sink, carer, monkeypatch) -> None:
        def fail(_self) -> None:
            raise IntegrityError

        with monkeypatch.context() as patch:
            patch.setattr("django.db.backends.base.base.BaseDatabaseWrapper._commit", fail)
            with pytest.raises(IntegrityError):
                write(carer)
        (line, void) = told(sink)
        assert void.void == (line.place,)
        assert events() == []
        assert verify().whole

    def test_a_lost_connection_is_asked_about_later(self, sink, carer, monkeypatch) -> None:
        def fail(_self) -> None:
            raise OperationalError

        with monkeypatch.context() as patch:
            patch.setattr("django.db.backends.base.base.BaseDatabaseWrapper._commit", fail)
            with pytest.raises(OperationalError):
                write(carer)
        assert len(told(sink)) == 1  # nobody knows yet
        with acting_as(READER):
            assert glance().state == "agrees"
            seen = comparing.compare(timezone.now())
        assert (seen.unfinished, seen.found) == (1, [])
        assert told(sink)[1].void == (told(sink)[0].place,)
        assert verify().whole

    def test_taking_back_never_raises(self, sink, settings) -> None:
        settings.AUDIT_SINK_DIR = str(sink / "missing")
        second_sink.take_back([("a", 1)])
        second_sink.take_back([])


class TestComparing:
    @pytest.fixture
    def five(self, sink, carer) -> list[AuditEvent]:
        write(carer, 5)
        assert verify().whole
        return events()

    def test_lines_that_broke_off_are_counted(self, five, sink) -> None:
        (path,) = sink.iterdir()
        path.write_bytes(path.read_bytes() + b'{"torn\n{"again\n')
        with acting_as(READER):
            seen = comparing.compare(timezone.now())
        assert (seen.torn, seen.found) == (2, [])

    def test_a_row_deleted_before_its_seal(self, five) -> None:
        tamper(f"DELETE FROM privacy_auditevent WHERE id = '{five[2].id}'")
        seal_once()
        assert codes() == ["sink_gone"]
        with acting_as(READER):
            assert glance().state == "differs"

    def test_a_row_edited_before_its_seal_by_somebody_with_the_key(self, five) -> None:
        row = five[2]
        row.reason = "x"
        digest = rules.digest(row.facts())
        mac = rules.mac(mac_key(), digest)
        tamper(
            f"UPDATE privacy_auditevent SET reason = 'x', digest = '\\x{digest.hex()}', "
            f"mac = '\\x{mac.hex()}' WHERE id = '{row.id}'"
        )
        seal_once()
        report = verify()
        assert [one.code for one in report.findings] == ["sink_edited"]
        assert report.first_bad
        assert report.first_bad.seq == 3

    @pytest.mark.parametrize("is_sealed", [False, True])
    def test_a_row_that_claims_the_next_transaction(self, five, is_sealed) -> None:
        if is_sealed:
            seal_once()
        tamper(
            "UPDATE privacy_auditevent SET xid = (SELECT xid FROM privacy_auditevent "
            f"WHERE id = '{five[3].id}') WHERE id = '{five[2].id}'"
        )
        found = verify().findings
        assert [(one.code, one.event_id) for one in found] == [("transaction", five[2].id)]
        with acting_as(READER):
            assert glance().state == "differs"

    def test_a_row_that_was_never_told(self, five, settings, sink, carer) -> None:
        settings.AUDIT_SINK_DIR = ""
        write(carer)
        settings.AUDIT_SINK_DIR = str(sink)
        write(carer)
        assert codes() == ["sink_unseen"]

    def test_rows_from_before_the_sink_are_not_asked_for(self, sink, settings, carer) -> None:
        settings.AUDIT_SINK_DIR = ""
        write(carer, 2)
        settings.AUDIT_SINK_DIR = str(sink)
        write(carer)
        assert verify().whole

    def test_a_line_removed_in_the_middle(self, five, sink) -> None:
        tamper(f"DELETE FROM privacy_auditevent WHERE id = '{five[2].id}'")
        rewrite(sink, lambda lines: lines[:2] + lines[3:])
        assert codes() == ["sink_gap"]

    def test_a_line_removed_and_the_rest_renumbered(self, five, sink) -> None:
        tamper(f"DELETE FROM privacy_auditevent WHERE id = '{five[2].id}'")
        rewrite(
            sink,
            lambda lines: (
                lines[:2]
                + [
                    line.replace(b'"n":%d' % number, b'"n":%d' % (number - 1))
                    for number, line in enumerate(lines[3:], 4)
                ]
            ),
        )
        assert codes() == ["sink_chain", "sink_chain"]

    def test_the_tail_cut(self, five, sink) -> None:
        rewrite(sink, lambda lines: lines[:-1])
        assert codes() == ["sink_unseen"]

    def test_a_day_that_is_gone(self, five, sink, carer, time_machine) -> None:
        for _ in range(2):
            time_machine.move_to(timezone.now() + timedelta(days=1))
            write(carer)
        sorted(sink.iterdir())[1].unlink()
        assert codes() == ["sink_gap", "sink_unseen"]

    def test_old_days_may_be_deleted(self, five, sink, carer, time_machine) -> None:
        for _ in range(2):
            time_machine.move_to(timezone.now() + timedelta(days=1))
            write(carer)
        min(sink.iterdir()).unlink()
        assert verify().whole

    def test_a_stream_of_nobody(self, five, sink, carer, time_machine) -> None:
        time_machine.move_to(timezone.now() + timedelta(days=1))
        write(carer)
        last = max(sink.iterdir())
        with last.open("ab") as file:
            file.write(b'{"s":"ff","n":7,"at":1,"void":[],"h":"00"}\n')
        assert codes() == ["sink_gap"]

    def test_since_a_day(self, five, sink, carer, time_machine) -> None:
        """What a night compares: the days since, of streams that spoke before as of new ones."""
        for _ in range(3):
            time_machine.move_to(timezone.now() + timedelta(days=1))
            write(carer)
        since = timezone.now() - timedelta(days=1)
        report = verify(since)
        assert (report.whole, report.told) == (True, 2)
        sorted(sink.iterdir())[2].unlink()  # of the day it begins with
        assert {one.code for one in verify(since).findings} == {"sink_unseen"}
        for path in sorted(sink.iterdir())[:2]:
            path.unlink()
        assert verify(since).told == 1  # as in a clinic that deletes old files

    def test_what_is_no_line(self) -> None:
        for raw in (b"", b"x", b"{}", b'{"s":"a","n":"x","at":1,"h":"00"}', b"[1]", b'{"s":1'):
            assert read_line(raw) is None

    def test_the_glance(self, sink, carer, settings) -> None:
        with acting_as(READER):
            assert glance().state == "empty"
        write(carer, 2)
        with acting_as(READER):
            status = glance()
        assert (status.state, status.told) == ("agrees", 2)
        assert status.last_at
        assert timezone.now() - status.last_at < timedelta(minutes=1)
        (path,) = sink.iterdir()
        path.write_bytes(b"")
        with acting_as(READER):
            assert glance().last_at is None
        settings.AUDIT_SINK_DIR, settings.AUDIT_SINK_SYSLOG = "", "udp://127.0.0.1:9"
        with acting_as(READER):
            assert glance().state == "syslog"

    @pytest.mark.parametrize("state", ["agrees", "differs", "empty", "off", "syslog"])
    def test_the_page_says_so(self, sink, settings, clinic, sign_in_as, state) -> None:
        auditor = UserFactory.create(clinic=clinic, role=Role.AUDITOR)
        browser = sign_in_as(auditor)
        words = {"agrees": "second record agrees", "differs": "something else",
                 "empty": "empty so far", "off": "no second record",
                 "syslog": "another machine"}[state]  # fmt: skip
        if state in {"agrees", "differs"}:
            write(auditor, 2)
        if state == "differs":
            tamper(f"DELETE FROM privacy_auditevent WHERE id = '{events()[-1].id}'")
        if state in {"off", "syslog"}:
            settings.AUDIT_SINK_DIR = ""
        if state == "syslog":
            settings.AUDIT_SINK_SYSLOG = "udp://127.0.0.1:9"
        page = browser.get(reverse("trail:seal"), headers={"accept-language": "en"})
        assert words in page.content.decode()


class TestDeployed:
    """``manage.py check --deploy`` says when nothing outside the database is kept."""

    def test_without_a_folder_it_warns(self, sink, settings) -> None:
        assert second_sink_is_kept in registry.get_checks(include_deployment_checks=True)
        assert second_sink_is_kept not in registry.get_checks()
        assert second_sink_is_kept() == []
        settings.AUDIT_SINK_DIR = ""
        (told,) = second_sink_is_kept()
        assert (told.id, "no second record" in told.msg) == ("suian.W001", True)
        settings.AUDIT_SINK_SYSLOG = "udp://127.0.0.1:9"
        (told,) = second_sink_is_kept()
        assert "syslog" in told.msg


class TestOffline:
    """The auditor's own program, with a copy of the second record."""

    @pytest.fixture
    def run(self, sink, carer, tmp_path):
        write(carer, 6)

        def made(before=lambda: None) -> tuple[int, str]:
            before()
            seal_once()
            month = f"{timezone.localtime():%Y-%m}"
            export = into_folder(Bundle(span_of(month)), tmp_path / "out")
            out = io.StringIO()
            days = [part for path in sink.iterdir() for part in ("--sink", str(path))]
            with redirect_stdout(out):
                code = offline_verifier.main([str(export), "--open", *days])
            return code, out.getvalue()

        return made

    def test_whole(self, run) -> None:
        code, text = run()
        assert (code, "compared with the second record: 6 events" in text) == (0, True)

    def test_deleted_before_the_seal(self, run) -> None:
        code, text = run(
            lambda: tamper(f"DELETE FROM privacy_auditevent WHERE id = '{events()[3].id}'")
        )
        assert code == 1
        assert re.search(r"no\. 1, .*\(gone\)", text)

    def test_edited_before_the_seal(self, run) -> None:
        def edit() -> None:
            row = events()[3]
            row.reason = "x"
            digest = rules.digest(row.facts())
            tamper(
                f"UPDATE privacy_auditevent SET reason = 'x', digest = '\\x{digest.hex()}' "
                f"WHERE id = '{row.id}'"
            )

        code, text = run(edit)
        assert code == 1
        assert re.search(r"no\. 4, .*\(edited\)", text)

    def test_in_another_transaction(self, run) -> None:
        def move() -> None:
            tamper(
                "UPDATE privacy_auditevent SET xid = (xid::text::bigint + 1)::text::xid8 "
                f"WHERE id = '{events()[2].id}'"
            )

        code, text = run(move)
        assert code == 1
        assert re.search(r"no\. 3, .*\(transaction\)", text)

    def test_split_twice_or_with_a_day_left_out_it_is_whole(self, run, sink, tmp_path) -> None:
        (file,) = sink.iterdir()
        told = file.read_bytes().splitlines(keepends=True)
        (sink / "again.jsonl").write_bytes(b"".join(told))
        (sink / "first.jsonl").write_bytes(b"".join(told[:2]))
        assert run()[0] == 0

    def test_the_end_of_a_day_that_is_cut_off_is_missed_in_the_next(self, run, sink) -> None:
        """The event is deleted before its seal, with its line at the end of its day's file."""

        def cut() -> None:
            (file,) = sink.iterdir()
            told = file.read_bytes().splitlines(keepends=True)
            file.write_bytes(b"".join(told[:3]))
            (sink / "next.jsonl").write_bytes(b"".join(told[4:]))
            tamper(f"DELETE FROM privacy_auditevent WHERE id = '{events()[3].id}'")

        code, text = run(cut)
        assert code == 1
        assert "(cut)" in text

    def test_never_told(self, run, sink, settings, carer, time_machine) -> None:
        def slip_in() -> None:
            settings.AUDIT_SINK_DIR = ""
            write(carer)
            settings.AUDIT_SINK_DIR = str(sink)
            time_machine.move_to(timezone.now() + timedelta(minutes=4))
            write(carer)

        code, text = run(slip_in)
        assert code == 1
        assert re.search(r"no\. 7, .*\(untold\)", text)

    def test_a_line_missing(self, run, sink) -> None:
        code, text = run(lambda: rewrite(sink, lambda lines: lines[:2] + lines[3:]))
        assert code == 1
        assert "(cut)" in text

    def test_an_export_from_before_the_transaction_numbers(self, run, sink, tmp_path) -> None:
        assert run()[0] == 0
        export = Export.load(tmp_path / "out" / f"audit-{timezone.localtime():%Y-%m}")
        for row in export.events:
            del row["xid"]
        export.manifest["schema"] = 1
        old, out = export.save(tmp_path / "old"), io.StringIO()
        with redirect_stdout(out):
            code = offline_verifier.main(
                [str(old), "--open", "--sink", *(str(path) for path in sink.iterdir())]
            )
        assert (code, "compared with the second record: 6 events" in out.getvalue()) == (0, True)

    def test_taken_back(self, run, sink) -> None:
        def delete_and_take_back() -> None:
            line = told(sink)[3]
            tamper(f"DELETE FROM privacy_auditevent WHERE id = '{line.events[0][0]}'")
            second_sink.take_back([line.place])

        assert run(delete_and_take_back)[0] == 0


class TestSyslog:
    def test_udp_and_unix(self, settings, carer, patient, tmp_path) -> None:
        for family, address in (
            (socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_UNIX, str(tmp_path / "log"))
        ):  # fmt: skip
            with socket.socket(family, socket.SOCK_DGRAM) as server:
                server.bind(address)
                server.settimeout(5)
                settings.AUDIT_SINK_SYSLOG = (
                    f"udp://127.0.0.1:{server.getsockname()[1]}"
                    if family == socket.AF_INET
                    else f"unix://{address}"
                )
                second_sink.forget()
                write(carer)
                raw = server.recv(8192)
            assert raw.startswith(b"<110>1 20")
            line = read_line(raw)
            assert line
            assert line.events[0][0] == events()[-1].id
        second_sink.forget()

    def test_tcp_counts_octets_and_connects_again(self, settings, carer, patient) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(5)
            settings.AUDIT_SINK_SYSLOG = f"tcp://127.0.0.1:{server.getsockname()[1]}"
            write(carer)
            taken, _where = server.accept()
            size, _, message = taken.recv(8192).partition(b" ")
            assert int(size) == len(message)
            write(carer)  # the server is still there: the same connection
            assert read_line(taken.recv(8192)).number == 2
            taken.close()
            second_sink._Mine.stream._syslog._socket.close()  # as if the network had gone
            write(carer)
            again, _where = server.accept()
            assert read_line(again.recv(8192)).number == 3
            again.close()
        second_sink.forget()

    def test_a_server_that_left_is_called_again_and_no_batch_is_lost(
        self, settings, carer, patient
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(5)
            settings.AUDIT_SINK_SYSLOG = f"tcp://127.0.0.1:{server.getsockname()[1]}"
            write(carer)
            first, _where = server.accept()
            first.recv(8192)
            first.close()
            write(carer)
            again, _where = server.accept()
            again.settimeout(5)
            assert read_line(again.recv(8192)).number == 2
            again.close()
        second_sink.forget()

    def test_tls_to_a_server_whose_authority_is_known(self, settings, carer, tmp_path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate(tmp_path), tmp_path / "key.pem")
        taken: queue.Queue[bytes] = queue.Queue()

        def serve(server: socket.socket) -> None:
            for _ in range(2):
                got = b""
                while not got:  # the first tries do not trust it
                    plain, _where = server.accept()
                    with suppress(OSError), context.wrap_socket(plain, server_side=True) as one:
                        got = one.recv(8192)
                taken.put(got)  # it has left by then

        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(20)
            thread = threading.Thread(target=serve, args=(server,))
            thread.start()
            settings.AUDIT_SINK_SYSLOG = f"tls://127.0.0.1:{server.getsockname()[1]}"
            with pytest.raises(SinkDown):  # of an authority that nobody named
                write(carer)
            second_sink.forget()
            settings.AUDIT_SINK_SYSLOG_CA_FILE = str(tmp_path / "ca.pem")
            for _ in range(2):
                write(carer)
                size, _, message = taken.get(timeout=20).partition(b" ")
                assert int(size) == len(message)
                assert read_line(message).events[0][0] == events()[-1].id
            thread.join()
        second_sink.forget()

    def test_nobody_there_stops_the_work(self, settings, sink, carer) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        settings.AUDIT_SINK_SYSLOG = f"tcp://127.0.0.1:{port}"
        with pytest.raises(SinkDown):
            write(carer)
        assert events() == []
        assert verify().whole  # the file had the line already; it was taken back there

    def test_addresses(self, settings) -> None:
        for wrong in ("", "http://x", "unix://", "tcp://", "/dev/log", "tcp://x:port", "udp://x:0"):
            with pytest.raises(ImproperlyConfigured):
                Syslog(wrong)
        settings.AUDIT_SINK_SYSLOG_CA_FILE = "/nowhere/ca.pem"
        with pytest.raises(ImproperlyConfigured):
            Syslog("tls://witness.example")
        settings.AUDIT_SINK_SYSLOG_CA_FILE = ""
        settings.AUDIT_SINK_SYSLOG = "tcp://x:port"  # told at the start, not at the first commit
        assert [one.id for one in second_sink_has_an_address()] == ["suian.E005"]
        for right in ("", "tls://witness.example", "tcp://witness.example:601", "unix:///dev/log"):
            settings.AUDIT_SINK_SYSLOG = right
            assert second_sink_has_an_address() == []
