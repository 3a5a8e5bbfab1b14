"""What leaves for an outside auditor: whole checkpoints, nothing opened, the same every time."""

import io
import json
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from benchmarks.log_attacks import months
from privacy.access.policy import Role
from privacy.audit import exporting
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.audit.exporting import VERIFIER, Bundle, NothingSealed, span_of, verifier_sha256
from privacy.audit.models import READER, AuditCheckpoint, AuditEvent, acting_as
from privacy.audit.packing import as_zip, into_folder
from privacy.audit.sealing import seal_once
from privacy.audit.verification import verify
from tests.factories.people import number_of
from tests.privacy.audit.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def filled(carer, settings, tmp_path: Path) -> Path:
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "heads.log")
    months.fill(carer)
    return tmp_path


def rows(folder: Path, name: str) -> list[dict]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


class TestSpan:
    def test_a_month_goes_up_to_the_first_checkpoint_past_its_end(self, filled) -> None:
        span = span_of("2026-09")
        assert (span.before.number, span.first.number, span.last.number) == (3, 4, 9)
        assert (span.first.first_seq, span.end_seq, span.events) == (13, 37, 24)
        assert span.complete

    def test_neighbours_overlap(self, filled) -> None:
        spans = [span_of(month) for month in ("2026-08", "2026-09", "2026-10")]
        assert [(one.first.number, one.last.number) for one in spans] == [(1, 4), (4, 9), (9, 10)]
        assert spans[0].before is None
        assert not spans[2].complete

    @pytest.mark.parametrize("month", ["2026-07", "2026-12"])
    def test_a_month_without_events_is_none(self, filled, month: str) -> None:
        with pytest.raises(NothingSealed):
            span_of(month)


class TestFiles:
    def test_what_was_hashed_is_what_leaves(self, filled) -> None:
        folder = into_folder(Bundle(span_of("2026-09")), filled)
        (manifest,) = rows(folder, "manifest.json")
        assert manifest["month"] == "2026-09"
        assert (manifest["first_seq"], manifest["last_seq"], manifest["events"]) == (13, 36, 24)
        assert manifest["suspect"] == []
        for name, claimed in manifest["files"].items():
            body = (folder / name).read_bytes()
            assert claimed == {"sha256": sha256(body).hexdigest(), "bytes": len(body)}
        with acting_as(READER):
            held = {event.id.hex: event for event in AuditEvent.objects.all()}
        for row in rows(folder, "events.jsonl"):
            assert row["digest"] == bytes(held[row["event"]["id"]].digest).hex()
        assert [row["number"] for row in rows(folder, "checkpoints.jsonl")] == [3, 4, 5, 6, 7, 8, 9]
        assert [row["number"] for row in rows(folder, "anchors.jsonl")] == [3, 4, 5, 6, 7, 8, 9]
        assert (folder / VERIFIER.name).read_bytes() == VERIFIER.read_bytes()
        assert manifest["files"][VERIFIER.name]["sha256"] == verifier_sha256()

    def test_it_is_the_same_every_time(self, filled, carer, monkeypatch) -> None:
        first = b"".join(as_zip(Bundle(span_of("2026-09"))))
        months.write_one(carer, 0, 0)
        monkeypatch.setenv("SUIAN_SEALER_KEY", "12" * 32)  # a new key for what comes later
        seal_once()
        monkeypatch.setattr(exporting, "CHUNK", 5)
        assert b"".join(as_zip(Bundle(span_of("2026-09")))) == first

    def test_contents_may_be_withheld(self, filled) -> None:
        hidden: list[str] = []

        def shown(page: list[AuditEvent]) -> set:
            hidden.extend(event.id.hex for event in page[::2])
            return {event.id for event in page[1::2]}

        bundle = Bundle(span_of("2026-09"), shown=shown)
        folder = into_folder(bundle, filled)
        found = [row["id"] for row in rows(folder, "events.jsonl") if "event" not in row]
        assert found == hidden
        assert bundle.withheld == 12

    def test_progress_is_told(self, filled, monkeypatch) -> None:
        monkeypatch.setattr(exporting, "CHUNK", 10)
        told: list[int] = []
        into_folder(Bundle(span_of("2026-09"), advance=told.append), filled)
        assert told == [10, 10, 4]

    def test_an_event_without_a_canonical_form_is_suspect(self, filled) -> None:
        one = "(SELECT event_id FROM privacy_auditseal WHERE seq = 20)"
        tamper(f"UPDATE privacy_auditevent SET detail = '{{\"n\": 1.5}}' WHERE id = {one}")
        folder = into_folder(Bundle(span_of("2026-09")), filled)
        assert rows(folder, "manifest.json")[0]["suspect"] == [20]
        assert [(one.code, one.seq) for one in verify().findings] == [("edited", 20)]

    def test_a_forged_count_does_not_go_on_for_ever(self, filled) -> None:
        tamper("UPDATE privacy_auditcheckpoint SET count = 1000000000000 WHERE number = 9")
        folder = into_folder(Bundle(span_of("2026-09")), filled)
        assert len(rows(folder, "events.jsonl")) == 28

    def test_what_is_there_is_not_written_over(self, filled) -> None:
        into_folder(Bundle(span_of("2026-09")), filled)
        with pytest.raises(FileExistsError):
            into_folder(Bundle(span_of("2026-09")), filled)

    def test_the_folder_is_the_owners_alone(self, filled) -> None:
        folder = into_folder(Bundle(span_of("2026-09")), filled)
        assert folder.stat().st_mode & 0o077 == 0


class TestCommand:
    @staticmethod
    def run(*arguments: str) -> str:
        out = io.StringIO()
        who = number_of(Role.AUDITOR)
        call_command("export_audit", *arguments, "--staff", who, stdout=out)
        return out.getvalue()

    @staticmethod
    def booked() -> list[AuditEvent]:
        with acting_as(READER):
            return list(AuditEvent.objects.filter(agent="export_audit").order_by("at", "id"))

    def test_a_folder_with_two_events_in_the_trail(self, filled) -> None:
        text = self.run("2026-09", "--to", str(filled / "out"), "--reason", "for the auditor")
        manifest = (filled / "out/audit-2026-09/manifest.json").read_bytes()
        assert sha256(manifest).hexdigest() in text
        assert "24 events, numbers 13 to 36, checkpoints 4 to 9" in text
        start, end = self.booked()
        assert (start.role, end.role, start.process) == (Role.AUDITOR, Role.AUDITOR, "")
        assert (start.action, start.kind, start.target, start.reason) == (
            "audit.month_exported", "export", "month:2026-09", "for the auditor",
        )  # fmt: skip
        assert (end.action, end.outcome) == ("audit.month_export_ended", "ok")
        assert end.detail == {"events": 24, "sha256": sha256(manifest).hexdigest()}

    def test_a_zip(self, filled) -> None:
        self.run("2026-09", "--to", str(filled), "--zip")
        with zipfile.ZipFile(filled / "audit-2026-09.zip") as archive:
            assert archive.testzip() is None
            assert len(archive.namelist()) == 7
        with pytest.raises(CommandError, match="exists"):
            self.run("2026-09", "--to", str(filled), "--zip")
        assert self.booked()[-1].outcome == "failed"

    def test_a_month_that_is_not_over_is_told(self, filled) -> None:
        assert "not sealed yet" in self.run("2026-10", "--to", str(filled))

    def test_events_without_the_key_are_told(self, filled) -> None:
        tamper("UPDATE privacy_auditevent SET reason = 'x'")
        assert "NOT WRITTEN WITH THE KEY: 24" in self.run("2026-09", "--to", str(filled))

    @pytest.mark.parametrize("month", ["2020-01", "September"])
    def test_what_cannot_be_exported(self, filled, month: str) -> None:
        with pytest.raises(CommandError):
            self.run(month, "--to", str(filled))
        assert self.booked() == []


def test_an_unsealed_trail_has_no_month(carer) -> None:
    with transaction.atomic():
        audit.record(AuditTrailEvent.VIEWED, actor=carer)
    with pytest.raises(NothingSealed):
        span_of("2026-11")
    with acting_as(READER):
        assert not AuditCheckpoint.objects.exists()
