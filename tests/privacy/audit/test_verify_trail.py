"""Eighteen kinds of tampering with a sealed trail: every one found, the first bad event named.

Each runs against its own copy: the tables are filled and sealed anew for every case.
"""

import io
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from crm.staff.models import User
from privacy.audit import findings, rules, verification
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.audit.findings import Report
from privacy.audit.models import READER, AuditCheckpoint, AuditEvent, AuditSeal, acting_as
from privacy.audit.sealing import chain_of, ensure_partitions, public_bytes, seal_once
from privacy.audit.verification import verify, verify_run
from tests.conftest import owner_connection
from tests.fences import fences_down
from tests.privacy.audit.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)

SEVENTH = "(SELECT event_id FROM privacy_auditseal WHERE seq = 7)"
EVENT_COLUMNS = (
    "xid, schema, kind, action, outcome, actor, role, process, clinic, ip, agent, session, "
    "request, codes, fields, purpose, reason, target, count, detail, digest, mac"
)


def write(actor: User, count: int) -> None:
    for number in range(count):
        with transaction.atomic():
            audit.record(AuditTrailEvent.VIEWED, actor=actor, detail={"n": number})


@pytest.fixture
def sealed(carer: User, settings, tmp_path: Path) -> Iterator[list[str]]:
    """Twelve events in three checkpoints of four, one event waiting; ids by number - 1."""
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")
    for _ in range(3):
        write(carer, 4)
        assert seal_once().events == 4
    write(carer, 1)
    assert verify().whole
    with acting_as(READER):
        ids = [str(seal.event_id) for seal in AuditSeal.objects.order_by("seq")]
    yield ids
    ensure_partitions(timezone.now())  # one case drops this month's


def partition_of(seq: int) -> str:
    with acting_as(READER), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM privacy_auditevent WHERE id = "
            "(SELECT event_id FROM privacy_auditseal WHERE seq = %s)",
            [seq],
        )
        return str(cursor.fetchone()[0])


def rechain(first: int, signer: Ed25519PrivateKey) -> None:
    """Give checkpoints from ``first`` on new roots, links and signatures, as a forger would."""
    with acting_as(READER):
        checkpoints = list(AuditCheckpoint.objects.order_by("number"))
        leaves = {
            one.number: [bytes(seal.leaf) for seal in AuditSeal.objects.filter(
                checkpoint=one.number).order_by("seq")]
            for one in checkpoints
        }  # fmt: skip
    previous = rules.EMPTY_CHAIN
    with owner_connection() as owner, fences_down(owner, "privacy_auditcheckpoint"):
        for one in checkpoints:
            if one.number >= first:
                one.root, one.previous = rules.merkle_root(leaves[one.number]), previous
                one.count = len(leaves[one.number])
                one.chain = chain_of(one)
                one.signature = signer.sign(bytes(one.chain))
                owner.execute(
                    "UPDATE privacy_auditcheckpoint SET root = %s, previous = %s, count = %s, "
                    "chain = %s, signature = %s WHERE number = %s",
                    [one.root, one.previous, one.count, one.chain, one.signature, one.number],
                )
            previous = bytes(one.chain)


def xid_of(seq: int) -> str:
    """In SQL: the transaction that wrote an event."""
    return (
        "(SELECT xid FROM privacy_auditevent WHERE id = "
        f"(SELECT event_id FROM privacy_auditseal WHERE seq = {seq}))"
    )


def edit(_ids) -> None:
    tamper(f"UPDATE privacy_auditevent SET reason = 'x' WHERE id = {SEVENTH}")


def delete(_ids) -> None:
    tamper(f"DELETE FROM privacy_auditevent WHERE id = {SEVENTH}")


def cut_tail(_ids) -> None:
    """The last checkpoint with its seals and events, and what waits: only the file knows."""
    tamper(
        "DELETE FROM privacy_auditevent WHERE id NOT IN "
        "(SELECT event_id FROM privacy_auditseal WHERE checkpoint < 3)",
        "DELETE FROM privacy_auditseal WHERE checkpoint = 3",
        "DELETE FROM privacy_auditcheckpoint WHERE number = 3",
    )


def insert_back_dated(ids) -> None:
    tamper(
        f"INSERT INTO privacy_auditevent (id, at, {EVENT_COLUMNS}) "
        "SELECT '01900000-0000-7000-8000-000000000001', at - interval '1 minute', "
        f"{EVENT_COLUMNS} FROM privacy_auditevent WHERE id = '{ids[6]}'"
    )


def copy_of_a_sealed_one(ids) -> None:
    """The same id at another moment: a second version of one event."""
    tamper(
        f"INSERT INTO privacy_auditevent (id, at, {EVENT_COLUMNS}) "
        f"SELECT id, at - interval '1 minute', {EVENT_COLUMNS} FROM privacy_auditevent "
        f"WHERE id = '{ids[6]}'"
    )


def swap_two(ids) -> None:
    one, other = ids[6], ids[8]
    columns = "detail, reason, digest, mac"
    tamper(
        f"CREATE TEMP TABLE held ON COMMIT DROP AS SELECT id, {columns} FROM privacy_auditevent "
        f"WHERE id IN ('{one}', '{other}')",
        *(
            f"UPDATE privacy_auditevent SET ({columns}) = (SELECT {columns} FROM held "
            f"WHERE id = '{source}') WHERE id = '{target}'"
            for source, target in ((one, other), (other, one))
        ),
    )


def swap_two_numbers(_ids) -> None:
    tamper(
        "UPDATE privacy_auditseal SET seq = 1007 WHERE seq = 7",
        "UPDATE privacy_auditseal SET seq = 7 WHERE seq = 8",
        "UPDATE privacy_auditseal SET seq = 8 WHERE seq = 1007",
    )


def drop_partition(_ids) -> None:
    tamper(f"DROP TABLE {partition_of(1)}")


def change_checkpoint(_ids) -> None:
    tamper("UPDATE privacy_auditcheckpoint SET sealed_at = sealed_at - interval '1 day' "
           "WHERE number = 2")  # fmt: skip


def change_root(_ids) -> None:
    tamper("UPDATE privacy_auditcheckpoint SET root = sha256('x') WHERE number = 2")


def endless_checkpoint(_ids) -> None:
    tamper("UPDATE privacy_auditcheckpoint SET count = 1000000000000 WHERE number = 2")


def delete_seal(_ids) -> None:
    tamper("DELETE FROM privacy_auditseal WHERE seq = 7")


def move_seal(_ids) -> None:
    tamper("UPDATE privacy_auditseal SET checkpoint = 3 WHERE seq = 7")


def rechain_without_the_key(_ids) -> None:
    """Cut one event out cleanly and sign everything anew, with a key of the forger's own."""
    forger = Ed25519PrivateKey.generate()
    tamper(
        f"DELETE FROM privacy_auditevent WHERE id = {SEVENTH}",
        "DELETE FROM privacy_auditseal WHERE seq = 7",
        *(f"UPDATE privacy_auditseal SET seq = {n - 1} WHERE seq = {n}" for n in range(8, 13)),
        "UPDATE privacy_auditcheckpoint SET first_seq = first_seq - 1 WHERE number = 3",
        "INSERT INTO privacy_sealerkey (id, created_at, updated_at, public, mac) VALUES "
        f"(gen_random_uuid(), now(), now(), '\\x{public_bytes(forger).hex()}', '\\x00')",
    )
    rechain(2, forger)


def edit_before_sealing(_ids) -> None:
    tamper("UPDATE privacy_auditevent SET reason = 'x' WHERE id NOT IN "
           "(SELECT event_id FROM privacy_auditseal)")  # fmt: skip
    seal_once()


def move_clock(_ids) -> None:
    tamper(f"UPDATE privacy_auditevent SET at = at - interval '3 days' WHERE id = {SEVENTH}")


def claim_another_transaction(_ids) -> None:
    """Of another checkpoint: the event would answer for a change of a row that is not its own."""
    tamper(f"UPDATE privacy_auditevent SET xid = {xid_of(11)} WHERE id = {SEVENTH}")


def claim_a_transaction_near_by(_ids) -> None:
    """Within the checkpoint, past the event behind it."""
    tamper(f"UPDATE privacy_auditevent SET xid = {xid_of(8)} WHERE id = "
           "(SELECT event_id FROM privacy_auditseal WHERE seq = 6)")  # fmt: skip


CASES = [
    (edit, 7),
    (delete, 7),
    (cut_tail, 9),
    (insert_back_dated, 0),
    (copy_of_a_sealed_one, 0),
    (swap_two, 7),
    (swap_two_numbers, 7),
    (drop_partition, 1),
    (change_checkpoint, 5),
    (change_root, 5),
    (endless_checkpoint, 5),
    (delete_seal, 7),
    (move_seal, 7),
    (rechain_without_the_key, 5),
    (edit_before_sealing, 13),
    (move_clock, 7),
    (claim_another_transaction, 7),
    (claim_a_transaction_near_by, 7),
]


@pytest.mark.parametrize(("tampering", "seq"), CASES, ids=lambda one: getattr(one, "__name__", ""))
def test_tampering_is_found_and_the_first_bad_event_named(sealed, tampering, seq: int) -> None:
    tampering(sealed)

    report = verify()

    assert not report.whole
    first = report.first_bad
    assert first is not None
    assert first.seq == seq
    assert bool(first.event_id) is (tampering not in {cut_tail, delete_seal})
    if seq in {1, 7} and tampering not in {swap_two_numbers, delete_seal}:
        assert str(first.event_id) == sealed[seq - 1]


@pytest.mark.parametrize(
    ("place", "moved"),
    [("seq = 7", f"{xid_of(9)}"), ("seq = 7", "'1'"), ("seq = 6", f"{xid_of(8)}"),
     ("checkpoint = 3", f"{xid_of(8)}")],
)  # fmt: skip
def test_an_event_of_another_transaction_is_called_that(sealed, place: str, moved: str) -> None:
    tamper(
        f"UPDATE privacy_auditevent SET xid = {moved} WHERE id IN "
        f"(SELECT event_id FROM privacy_auditseal WHERE {place})"
    )
    assert {one.code for one in verify().findings} == {"transaction"}


def test_edits_before_sealing_are_found_before_sealing_too(sealed) -> None:
    tamper("UPDATE privacy_auditevent SET reason = 'x' WHERE id NOT IN "
           "(SELECT event_id FROM privacy_auditseal)")  # fmt: skip
    assert [one.code for one in verify().findings] == ["forged"]


def test_even_the_sealers_own_key_cannot_rewrite_what_is_anchored(sealed) -> None:
    from privacy.audit.sealing import signing_key

    tamper(f"DELETE FROM privacy_auditevent WHERE id = {SEVENTH}",
           "DELETE FROM privacy_auditseal WHERE seq = 7",
           *(f"UPDATE privacy_auditseal SET seq = {n - 1} WHERE seq = {n}" for n in range(8, 13)),
           "UPDATE privacy_auditcheckpoint SET first_seq = first_seq - 1 WHERE number = 3",
           )  # fmt: skip
    rechain(2, signing_key())
    report = verify()
    assert {one.code for one in report.findings} == {"anchor"}
    assert report.first_bad is not None
    assert report.first_bad.seq == 5


def test_a_tail_cut_and_written_anew_is_found(sealed, carer) -> None:
    cut_tail(sealed)
    write(carer, 4)
    seal_once()
    report = verify()
    assert report.first_bad is not None
    assert (report.first_bad.code, report.first_bad.seq) == ("anchor", 9)


def test_seals_left_without_their_checkpoint_are_named(sealed, settings) -> None:
    settings.AUDIT_ANCHOR_FILE = ""
    tamper("DELETE FROM privacy_auditcheckpoint WHERE number = 3")
    first = verify().first_bad
    assert first is not None
    assert (first.code, first.seq, str(first.event_id)) == ("orphan_seal", 9, sealed[8])


def test_everything_gone_is_found_by_the_anchors(sealed) -> None:
    tamper(*(f"DELETE FROM privacy_{table}" for table in
             ("auditevent", "auditseal", "auditcheckpoint")))  # fmt: skip
    report = verify()
    assert {one.code for one in report.findings} == {"anchor"}
    assert report.first_bad is not None
    assert report.first_bad.seq == 1


def test_only_the_first_findings_are_kept_but_all_are_counted(sealed, monkeypatch) -> None:
    monkeypatch.setattr(findings, "MOST_FINDINGS", 2)
    tamper("UPDATE privacy_auditevent SET reason = 'x'")
    report = verify()
    assert len(report.findings) == 2
    assert report.found == 13


def test_a_wrong_clock_is_noted_and_is_no_tampering(carer, settings, tmp_path) -> None:
    import time_machine

    write(carer, 1)
    seal_once()
    with time_machine.travel(timezone.now() - timedelta(hours=2), tick=False):
        write(carer, 1)
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        write(carer, 1)
    seal_once()
    report = verify()
    assert report.whole
    assert report.clock_jumps == 2


def test_a_moment_far_off_lands_among_the_strays(carer) -> None:
    import time_machine

    with time_machine.travel("2041-05-05", tick=False):
        write(carer, 1)
    seal_once()
    assert partition_of(1) == "privacy_auditevent_stray"
    report = verify()
    assert report.whole
    assert report.clock_jumps == 1
    with connection.cursor() as cursor:  # the strays' month is passed over, the next one is made
        cursor.execute("SELECT audit_ensure_partitions('2041-05-01', 2)")
        assert cursor.fetchone() == (1,)
    with owner_connection() as owner:
        owner.execute("DROP TABLE privacy_auditevent_204106")


class TestAnchorFile:
    def test_pages_do_not_matter(self, sealed, monkeypatch) -> None:
        monkeypatch.setattr(verification, "CHUNK", 2)
        report = verify()
        assert report.whole
        assert (report.events, report.checkpoints, report.anchored) == (12, 3, 3)

    def test_a_line_torn_by_a_power_cut_is_made_good(self, sealed, settings, carer) -> None:
        path = Path(settings.AUDIT_ANCHOR_FILE)
        text = path.read_text()
        path.write_text(text[:-30])
        assert verify().whole  # perhaps it is being written right now
        seal_once()
        seal_once()
        assert verify().whole
        lines = path.read_text().splitlines()
        assert len(lines) == 5
        assert [json.loads(line)["number"] for line in (lines[0], lines[1], lines[3], lines[4])] \
            == [1, 2, 3, 4]  # fmt: skip

    def test_a_garbled_line_is_a_finding(self, sealed, settings) -> None:
        path = Path(settings.AUDIT_ANCHOR_FILE)
        for text in ('{"number":"x"}\n', "null\n", "gone\n"):
            path.write_text(path.read_text() + text)
        path.write_text(path.read_text() + "half of a line")
        assert [one.code for one in verify().findings] == ["anchor_line"] * 4

    def test_without_a_file_the_database_alone_is_checked(self, sealed, settings) -> None:
        settings.AUDIT_ANCHOR_FILE += ".none"
        assert verify().anchored == 0
        from privacy.audit.selectors import seal_status

        assert seal_status().anchor is None
        Path(settings.AUDIT_ANCHOR_FILE).touch()
        assert seal_status().anchor is None
        settings.AUDIT_ANCHOR_FILE = ""
        assert verify().anchored == 0
        assert seal_status().anchor is None

    def test_the_file_is_the_owners_alone(self, sealed, settings) -> None:
        assert Path(settings.AUDIT_ANCHOR_FILE).stat().st_mode & 0o077 == 0


class TestCommand:
    @staticmethod
    def run(*arguments: str) -> tuple[int, str]:
        out, err = io.StringIO(), io.StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("verify_audit", *arguments, stdout=out, stderr=err)
        return int(ended.value.code), out.getvalue() + err.getvalue()

    def test_whole_is_0(self, sealed) -> None:
        code, text = self.run()
        assert (code, text.splitlines()[-1]) == (0, "whole")
        assert "12 events in 3 checkpoints, 1 waiting, 3 anchors" in text

    def test_not_whole_is_1_and_names_the_first_bad_event(self, sealed) -> None:
        edit(sealed)
        code, text = self.run("--all")
        assert code == 1
        assert re.search(rf"first bad event: no\. 7, {sealed[6]}, .* audit\.viewed", text)
        assert text.count("edited") == 2

    def test_an_unknown_event_is_named_by_number(self, sealed) -> None:
        cut_tail(sealed)
        assert "first bad event: no. 9, id unknown" in self.run()[1]

    def test_an_unnumbered_event_is_named_by_id(self, sealed) -> None:
        insert_back_dated(sealed)
        assert "without a number, 01900000-0000-7000-8000-000000000001" in self.run()[1]

    def test_an_event_that_is_gone_is_named_by_id(self, sealed) -> None:
        delete(sealed)
        assert f"no. 7, {sealed[6]}, checkpoint 2: the event is gone" in self.run()[1]

    def test_a_wrong_clock_is_told(self, sealed, carer) -> None:
        import time_machine

        with time_machine.travel(timezone.now() - timedelta(hours=3), tick=False):
            write(carer, 1)
        seal_once()
        code, text = self.run()
        assert code == 0
        assert "1 event was written by a wrong clock" in text

    def test_could_not_run_is_2(self, sealed, monkeypatch) -> None:
        def no_root() -> bytes:
            raise RuntimeError("no audit root")

        monkeypatch.setattr(verification, "mac_key", no_root)
        code, text = self.run()
        assert code == 2
        assert "no audit root" in text

    def test_the_verdict_of_a_bad_trail_needs_no_booking(self, sealed, trail_down) -> None:
        edit(sealed)
        trail_down()
        assert self.run()[0] == 1

    def test_a_trail_that_takes_no_event_is_not_called_whole(self, sealed, trail_down) -> None:
        trail_down()
        assert self.run()[0] == 2

    def test_sealing_by_hand(self, sealed) -> None:
        out = io.StringIO()
        call_command("seal_audit", stdout=out)
        assert out.getvalue() == "checkpoint 4: 1 event\n"

    def test_sealing_in_a_loop_until_stopped(self, sealed, monkeypatch) -> None:
        naps: list[float] = []

        def nap(seconds: float) -> None:
            naps.append(seconds)
            if len(naps) == 2:
                raise KeyboardInterrupt

        monkeypatch.setattr("time.sleep", nap)
        out = io.StringIO()
        call_command("seal_audit", "--loop", "1.5", stdout=out)
        assert naps == [1.5, 1.5]


def test_a_report_starts_empty() -> None:
    assert Report().first_bad is None
    with acting_as(READER):
        assert str(AuditEvent(action="a.b")).startswith("a.b ")


class TestOneRun:
    """Some checkpoints with their events, without the rest of the trail."""

    @pytest.fixture
    def three(self, carer) -> None:
        for _ in range(3):
            write(carer, 3)
            seal_once()

    def test_whole(self, three) -> None:
        assert verify_run(1, 3).whole
        found = verify_run(2, 3)
        assert (found.whole, found.events, found.checkpoints) == (True, 6, 2)
        assert verify_run(2, 2).events == 3

    def test_what_lies_outside_is_not_looked_at(self, three) -> None:
        tamper("UPDATE privacy_auditevent SET reason = 'x' WHERE id IN "
               "(SELECT event_id FROM privacy_auditseal WHERE checkpoint = 1)")  # fmt: skip
        assert verify_run(2, 3).whole
        found = verify_run(1, 3)
        assert [one.code for one in found.findings] == ["edited"] * 3
        assert all(one.event_id for one in found.findings)

    def test_its_beginning_follows_on_the_one_before(self, three) -> None:
        tamper("DELETE FROM privacy_auditcheckpoint WHERE number = 1")
        assert not verify_run(2, 3).whole

    def test_without_its_end_it_does_not_hold(self, three) -> None:
        found = verify_run(2, 9)
        assert [(one.code, one.checkpoint) for one in found.findings] == [("checkpoint", 9)]


class TestSince:
    """What a night looks at: the runs sealed since a moment, as if all before them held."""

    @pytest.fixture
    def newer(self, sealed, carer, time_machine) -> datetime:
        """Three old checkpoints, a moment ten days later, and one more checkpoint of four."""
        seal_once()  # the one that was waiting
        time_machine.move_to(timezone.now() + timedelta(days=10))
        began = timezone.now()
        write(carer, 4)
        assert seal_once().events == 4
        return began

    def test_whole(self, newer) -> None:
        report = verify(newer)
        assert (report.whole, report.checkpoints, report.events) == (True, 1, 4)
        assert (report.anchored, report.head) == (1, verify().head)

    def test_nothing_was_sealed_since(self, newer, time_machine, carer) -> None:
        time_machine.move_to(timezone.now() + timedelta(days=10))
        write(carer, 1)
        report = verify(timezone.now() - timedelta(days=8))
        assert (report.whole, report.events, report.unsealed) == (True, 0, 1)

    def test_what_is_older_is_left_to_the_whole_one(self, newer) -> None:
        tamper(f"UPDATE privacy_auditevent SET reason = 'x' WHERE id = {SEVENTH}")
        assert verify(newer).whole
        assert verify().first_bad.seq == 7

    def test_what_is_newer_is_found(self, newer, settings) -> None:
        tamper("DELETE FROM privacy_auditevent WHERE id = "
               "(SELECT event_id FROM privacy_auditseal WHERE seq = 15)")  # fmt: skip
        assert verify(newer).first_bad.seq == 15
        with Path(settings.AUDIT_ANCHOR_FILE).open("a") as file:
            file.write("what is this\n")
        assert {one.code for one in verify(newer).findings} == {"missing", "anchor_line"}

    @pytest.mark.parametrize("aged", ["number = 5", "number > 2", "true"])
    def test_a_date_that_was_changed_hides_nothing(self, newer, aged) -> None:
        """What is new is told by the checkpoints' dates: so the first one left out is proved."""
        tamper("UPDATE privacy_auditevent SET reason = 'x' WHERE id = "
               "(SELECT event_id FROM privacy_auditseal WHERE seq = 15)",
               "UPDATE privacy_auditcheckpoint SET sealed_at = sealed_at - interval '30 days' "
               f"WHERE {aged}")  # fmt: skip
        assert "checkpoint" in {one.code for one in verify(newer).findings}

    def test_a_cut_tail_is_found(self, newer) -> None:
        tamper("DELETE FROM privacy_auditcheckpoint WHERE number = 5",
               "DELETE FROM privacy_auditseal WHERE checkpoint = 5")  # fmt: skip
        assert {one.code for one in verify(newer).findings} == {"anchor"}

    def test_one_slipped_in_is_found(self, newer) -> None:
        tamper(
            f"INSERT INTO privacy_auditevent (id, at, {EVENT_COLUMNS}) SELECT gen_random_uuid(), "
            f"at, {EVENT_COLUMNS} FROM privacy_auditevent WHERE id = "
            "(SELECT event_id FROM privacy_auditseal WHERE seq = 15)"
        )
        assert [one.code for one in verify(newer).findings] == ["inserted"]
