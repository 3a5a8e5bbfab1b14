"""An old month leaves: sealed, proved, asked for, approved by another, dropped by the owner."""

import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from django.urls import reverse
from django.utils import timezone

from benchmarks.log_attacks import months
from crm.incidents import services as incidents  # noqa: F401 - registers its hold
from crm.staff.models import User
from crm.trail import retiring
from crm.trail.models import MonthRetirement
from crm.web.idempotency import FIELD
from privacy.access.policy import Role
from privacy.audit.exporting import NothingSealed, span_of
from privacy.audit.models import READER, AuditEvent, RetiredMonth, acting_as
from privacy.audit.sealing import seal_once
from privacy.audit.verification import verify
from privacy.custody import archive_file, month_archive
from privacy.custody.month_archive import ArchiveRefused
from privacy.errors import AccessDenied, Conflict, DomainError, Unreadable
from tests.conftest import owner_connection
from tests.factories.people import UserFactory, in_another_role, number_of
from tests.privacy.audit.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)
MONTH, NEXT = "2026-09", "2026-10"
WHY = "已满一年，按制度归档出库"


@pytest.fixture
def old(carer, settings, tmp_path, time_machine) -> Iterator[Path]:
    """Months of 2026, sealed and anchored; it is 2028 now. Out: the folder of archives."""
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "heads.log")
    params = connection.get_connection_params()
    settings.DATABASE_OWNER_URL = (
        f"postgres://{params['user']}:{params['password']}@{params['host']}:{params['port']}"
        f"/{params['dbname']}"
    )
    months.fill(carer)
    time_machine.move_to("2026-11-03 09:00:00+08:00")
    months.write_one(carer, 20, 0)
    seal_once()
    time_machine.move_to("2028-03-01 09:00:00+08:00")
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_ensure_partitions('2028-03-01', 2)")
    yield tmp_path / "archives"
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_ensure_partitions('2026-07-01', 7)")


@pytest.fixture
def asker(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)


@pytest.fixture
def approver(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.AUDITOR)


@pytest.fixture
def archived(old) -> Path:
    """Both months archived; the first one's file."""
    path, _row = retiring.archive(month=MONTH, folder=old, process="archive_month")
    retiring.archive(month=NEXT, folder=old, process="archive_month")
    return path


@pytest.fixture
def agreed(archived, asker, approver) -> Path:
    retiring.ask(actor=asker, month=MONTH, reason=WHY)
    retiring.approve(actor=approver, month=MONTH)
    return archived


def drop(file: Path) -> None:
    call_command("retire_month", MONTH, archive=file, staff=number_of(Role.SECURITY_ADMIN))


def send(browser, url: str, **fields: str):
    return browser.post(url, {"month": MONTH, FIELD: str(uuid4()), **fields})


def held(month: str = MONTH) -> int:
    begins, ends = month_archive.borders(month)
    with acting_as(READER):
        return AuditEvent.objects.filter(at__gte=begins, at__lt=ends).count()


def actions() -> list[str]:
    with acting_as(READER):
        rows = AuditEvent.objects.filter(target=f"month:{MONTH}").order_by("at", "id")
        return list(rows.values_list("action", flat=True))


def test_the_whole_way(agreed, capsys) -> None:
    before = held()
    assert before == 20
    drop(agreed)
    assert held() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('privacy_auditevent_202609')")
        assert cursor.fetchone()[0] is None
    row = MonthRetirement.objects.get(month=MONTH)
    assert (row.rows, row.freed > 0, row.retired_at is not None) == (20, True, True)
    assert row.keep_until.year == 2029  # no patient stands in it: three years
    seal_once()
    report = verify()
    assert (report.whole, report.archived) == (True, 20)
    assert actions() == [
        "audit.month_archived", "audit.retirement_asked", "audit.retirement_approved",
        "audit.month_retired",
    ]  # fmt: skip
    for month in (MONTH, NEXT):  # the second shares hours of its first day
        with pytest.raises(NothingSealed):
            span_of(month)
    with pytest.raises(CommandError):
        drop(agreed)


def test_the_archive_reads_and_proves_afterwards(agreed, tmp_path, capsys) -> None:
    drop(agreed)
    call_command("restore_month", agreed, to=tmp_path / "out", reason="核查旧事")
    (zipped,) = (tmp_path / "out").iterdir()
    assert "WHOLE" in capsys.readouterr().out
    with zipfile.ZipFile(zipped) as opened:
        lines = opened.read("audit-2026-09/events.jsonl").splitlines()
    assert len(lines) >= 20
    assert b"PK" not in agreed.read_bytes()[:200]
    call_command("restore_month", agreed, reason="只核对")


def test_a_partition_dropped_without_all_this_is_still_found(archived) -> None:
    tamper("DROP TABLE privacy_auditevent_202609")
    assert {one.code for one in verify().findings} == {"missing"}


def test_a_note_slipped_in_excuses_nothing(archived, agreed) -> None:
    tamper("DROP TABLE privacy_auditevent_202609")
    with owner_connection() as owner:
        owner.execute(
            "INSERT INTO privacy_retiredmonth (id, created_at, updated_at, month, begins, ends, "
            "rows, manifest, archive, asked_by, approved_by, mac) VALUES (gen_random_uuid(), "
            "now(), now(), '2026-09', '2026-09-01 00:00Z', '2026-10-01 00:00Z', 20, '', '', "
            "gen_random_uuid(), gen_random_uuid(), '\\x00')"
        )
    assert {one.code for one in verify().findings} == {"missing", "archive"}
    with pytest.raises(Error):
        RetiredMonth.objects.update(rows=1)
    with pytest.raises(Error):
        RetiredMonth.objects.all().delete()


def test_only_a_part_away_is_found(agreed) -> None:
    retiring._note(MonthRetirement.objects.get(month=MONTH))
    tamper("DELETE FROM privacy_auditevent WHERE at >= '2026-09-20' AND at < '2026-09-25'")
    assert {one.code for one in verify().findings} == {"archive"}


def test_a_run_that_was_stopped_is_taken_up(agreed, monkeypatch) -> None:
    def stop(*_args: object) -> int:
        raise OSError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(retiring, "_drop", stop)
        with pytest.raises(CommandError):
            drop(agreed)
    assert verify().whole
    tamper("DROP TABLE privacy_auditevent_202609")  # the drop went through, its note did not
    drop(agreed)
    assert MonthRetirement.objects.get(month=MONTH).retired_at
    assert verify().whole


class TestRefusals:
    def test_without_approvals(self, archived, asker, approver) -> None:
        with pytest.raises(CommandError):
            drop(archived)
        retiring.ask(actor=asker, month=MONTH, reason=WHY)
        with pytest.raises(CommandError):
            drop(archived)
        assert held() == 20

    def test_another_file(self, agreed, old) -> None:
        with pytest.raises(CommandError):
            drop(old / f"audit-{NEXT}.zip.sealed")
        agreed.chmod(0o600)
        agreed.write_bytes(agreed.read_bytes()[:-1] + b"x")
        with pytest.raises(CommandError):
            drop(agreed)
        assert held() == 20

    def test_other_rows_than_archived(self, agreed) -> None:
        tamper("DELETE FROM privacy_auditevent WHERE at >= '2026-09-20' AND at < '2026-09-25'")
        with pytest.raises(CommandError):
            drop(agreed)

    def test_gone_another_way(self, agreed) -> None:
        tamper("DROP TABLE privacy_auditevent_202609")
        with pytest.raises(CommandError):
            drop(agreed)
        assert not verify().whole

    def test_no_owner(self, agreed, settings) -> None:
        settings.DATABASE_OWNER_URL = ""
        with pytest.raises(CommandError):
            drop(agreed)

    def test_too_young(self, archived, asker, settings, time_machine) -> None:
        settings.AUDIT_ONLINE_MONTHS = 36
        with pytest.raises(DomainError):
            retiring.ask(actor=asker, month=MONTH, reason=WHY)
        settings.AUDIT_ONLINE_MONTHS = 1  # the law's year stays
        time_machine.move_to("2027-10-01 09:00:00+08:00")
        with pytest.raises(DomainError):
            retiring.ask(actor=asker, month=MONTH, reason=WHY)

    def test_held(self, agreed, monkeypatch) -> None:
        monkeypatch.setattr(retiring, "_holds", [("调查", lambda _begins, _ends: True)])
        with pytest.raises(CommandError, match="调查"):
            drop(agreed)
        assert [one.step for one in retiring.months() if one.month == MONTH] == ["held"]

    def test_held_while_the_archive_was_proved(self, agreed, monkeypatch) -> None:
        holds: list = []
        monkeypatch.setattr(retiring, "_holds", holds)
        prove = month_archive.prove

        def meanwhile(path: Path, **given: str) -> str:
            said = prove(path, **given)
            holds.append(("调查", lambda _begins, _ends: True))  # an incident was opened
            return said

        monkeypatch.setattr(month_archive, "prove", meanwhile)
        with pytest.raises(CommandError):
            drop(agreed)
        assert held() == 20
        assert not RetiredMonth.objects.exists()

    def test_before_the_next_is_archived(self, old, asker) -> None:
        retiring.archive(month=MONTH, folder=old, process="archive_month")
        with pytest.raises(DomainError):
            retiring.ask(actor=asker, month=MONTH, reason=WHY)

    def test_one_person_is_not_two(self, archived, asker, approver, carer, clinic) -> None:
        for wrong in (approver, carer):
            with pytest.raises(AccessDenied):
                retiring.ask(actor=wrong, month=MONTH, reason=WHY)
        retiring.ask(actor=asker, month=MONTH, reason=WHY)
        other = UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)
        for wrong in (asker, other, carer):
            with pytest.raises(AccessDenied):
                retiring.approve(actor=wrong, month=MONTH)
        with pytest.raises(Conflict):
            retiring.ask(actor=other, month=MONTH, reason=WHY)
        with pytest.raises(AccessDenied):  # as who changed office meanwhile
            retiring.approve(actor=in_another_role(asker, Role.AUDITOR), month=MONTH)

    def test_nor_in_sql(self, archived, asker, approver) -> None:
        rows = MonthRetirement.objects.filter(month=MONTH)
        now = timezone.now()
        by = {"asked_by": asker, "asked_at": now, "reason": WHY}
        for wrong in (
            {**by, "asked_by": approver},
            {**by, "approved_by": asker, "approved_at": now},
            {"approved_by": approver, "approved_at": now},
            {**by, "retired_at": now},
            {"archive": "0" * 64},
            {**by, "reason": ""},
        ):
            with pytest.raises(Error), transaction.atomic():
                rows.update(**wrong)
        rows.update(**by)
        with pytest.raises(Error), transaction.atomic():
            rows.update(asked_by=UserFactory.create(role=Role.SECURITY_ADMIN))
        with pytest.raises(Error), transaction.atomic():
            rows.delete()
        with pytest.raises(Error), transaction.atomic():
            MonthRetirement.objects.create(
                month="2026-08", rows=1, archive_size=1, keep_until=now.date(), **by
            )

    def test_what_cannot_be_archived(self, old, carer, settings, time_machine) -> None:
        with pytest.raises(CommandError):
            call_command("archive_month", "2028-03", to=old)
        with pytest.raises(CommandError):
            call_command("archive_month", "2026-13", to=old)
        retiring.archive(month=MONTH, folder=old, process="archive_month")
        with pytest.raises(Conflict):
            retiring.archive(month=MONTH, folder=old, process="archive_month")
        (old / f"audit-{NEXT}.zip.sealed").write_bytes(b"x")
        with pytest.raises(CommandError):
            call_command("archive_month", NEXT, to=old)
        Path(settings.AUDIT_ANCHOR_FILE).write_text("")
        with pytest.raises(ArchiveRefused):
            month_archive.span_to_archive(NEXT)
        settings.AUDIT_ANCHOR_FILE = ""
        with pytest.raises(ArchiveRefused):
            month_archive.prove(old / f"audit-{MONTH}.zip.sealed")

    def test_a_month_that_was_tampered_with(self, old) -> None:
        tamper("UPDATE privacy_auditevent SET reason = 'x' WHERE at >= '2026-09-20' "
               "AND at < '2026-09-25'")  # fmt: skip
        with pytest.raises(ArchiveRefused):
            month_archive.make(MONTH, old)
        tamper("UPDATE privacy_auditevent SET at = at - interval '30 days' "
               "WHERE at >= '2026-10-02' AND at < '2026-10-10'")  # fmt: skip
        with pytest.raises(ArchiveRefused):
            month_archive.span_to_archive(MONTH)


class TestPlace:
    """What lies where while an archive is made, proved and laid open."""

    def test_no_room_for_temporary_files_is_needed(self, old, tmp_path, monkeypatch) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "full"))  # as a container's /tmp
        path, _row = retiring.archive(month=MONTH, folder=old, process="archive_month")
        call_command("restore_month", path, to=tmp_path / "out", reason="核查旧事")
        (laid,) = (tmp_path / "out").iterdir()
        assert (zipfile.is_zipfile(laid), laid.stat().st_mode & 0o077) == (True, 0)

    def test_what_does_not_prove_is_not_kept(self, old, monkeypatch) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(month_archive, "VERIFIER", Path("/nothing"))
            with pytest.raises(ArchiveRefused):
                month_archive.make(MONTH, old)
        assert list(old.iterdir()) == []
        path, _made = month_archive.make(MONTH, old)
        assert list(old.iterdir()) == [path]

    def test_what_stops_the_export_leaves_nothing(self, old, monkeypatch) -> None:
        def stop(_bundle: object) -> Iterator[bytes]:
            yield b"x"
            raise OSError("no space left on device")

        monkeypatch.setattr(month_archive, "as_zip", stop)
        with pytest.raises(OSError, match="no space"):
            month_archive.make(MONTH, old)
        assert list(old.iterdir()) == []

    def test_plain_text_has_no_name_for_a_killed_run_to_leave(
        self, old, tmp_path, monkeypatch
    ) -> None:
        seen: list[bytes] = []
        run = subprocess.run

        def look(*given, **more):
            seen.extend(one.read_bytes()[:16] for one in tmp_path.rglob("*") if one.is_file())
            return run(*given, **more)

        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        monkeypatch.setattr(subprocess, "run", look)
        month_archive.make(MONTH, old)
        assert archive_file.MAGIC in seen
        assert not [one for one in seen if one.startswith(b"PK")]

    def test_a_part_laid_open_does_not_stay(self, archived, tmp_path) -> None:
        raw = archived.read_bytes()
        archived.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
        with pytest.raises(Unreadable):
            month_archive.lay_open(archived, tmp_path / "out")
        assert list((tmp_path / "out").iterdir()) == []


class TestPage:
    def steps(self, browser, month: str = MONTH) -> str:
        page = browser.get(reverse("trail:old-months"), headers={"accept-language": "en"})
        text = page.content.decode()
        return text[text.index(month) :].partition("</tr>")[0]

    def test_step_by_step(self, old, asker, approver, sign_in_as) -> None:
        one, other = sign_in_as(asker), sign_in_as(approver)
        assert "archive_month 2026-09" in self.steps(one)
        retiring.archive(month=MONTH, folder=old, process="archive_month")
        assert "month after it first" in self.steps(one)
        retiring.archive(month=NEXT, folder=old, process="archive_month")
        assert "may ask" in self.steps(other)
        url = reverse("trail:ask-retirement")
        assert send(one, url, reason="短").status_code == 422
        assert send(one, url, reason=WHY).status_code == 302
        assert send(one, url, reason=WHY).status_code == 422
        assert "has to agree" in self.steps(one)
        agree = reverse("trail:approve-retirement")
        assert send(one, agree).status_code == 403
        assert send(other, agree, month="x").status_code == 400
        assert send(other, agree).status_code == 302
        assert send(other, agree).status_code == 422
        assert "retire_month 2026-09" in self.steps(other)
        drop(old / f"audit-{MONTH}.zip.sealed")
        assert "archive only" in self.steps(one)

    def test_others_see_nothing(self, carer, sign_in_as) -> None:
        assert sign_in_as(carer).get(reverse("trail:old-months")).status_code == 403


class TestFile:
    @pytest.mark.parametrize("size", [0, 1, archive_file.CHUNK - 1, archive_file.CHUNK,
                                      archive_file.CHUNK + 1, 3 * archive_file.CHUNK])  # fmt: skip
    def test_there_and_back(self, size, tmp_path) -> None:
        data = bytes(range(256)) * (size // 256 + 1)
        path = tmp_path / "f"
        path.write_bytes(b"".join(archive_file.sealed([data[:size]])))
        with path.open("rb") as file:
            assert b"".join(archive_file.opened(file)) == data[:size]

    def test_whatever_is_done_to_it(self, tmp_path) -> None:
        path = tmp_path / "f"
        whole = b"".join(archive_file.sealed([b"a" * (2 * archive_file.CHUNK + 5)]))
        one = archive_file.CHUNK + archive_file.TAG
        head = len(archive_file.MAGIC) + archive_file.SALT
        for wrong in (
            b"", whole[:20], b"X" + whole[1:], whole[:head], whole[: head + one],
            whole[:-1], whole + b"x", whole[: head + 3] + b"\0" + whole[head + 4 :],
            whole[:head] + whole[head + one :],
            whole[:head] + whole[head + one : head + 2 * one] + whole[head : head + one]
            + whole[head + 2 * one :],
        ):  # fmt: skip
            path.write_bytes(wrong)
            with path.open("rb") as file, pytest.raises(Unreadable):
                list(archive_file.opened(file))


def test_how_long_the_file_is_kept(old, carer, patient, time_machine) -> None:
    assert retiring.keep_archive_until(MONTH).year == 2029
    time_machine.move_to("2026-10-20 09:00:00+08:00")
    from privacy.audit import services as audit
    from privacy.audit.events import AuditTrailEvent

    with transaction.atomic():
        audit.record(AuditTrailEvent.VIEWED, actor=carer, subjects=[patient])
    assert retiring.keep_archive_until(NEXT).year == 2041


def test_an_open_incident_holds_its_months(old, clinic, asker) -> None:
    from crm.incidents.models import Incident
    from crm.incidents.selectors import open_within

    now = timezone.now()
    begins, ends = month_archive.borders(MONTH)
    assert not open_within(begins, ends)
    Incident.objects.create(
        clinic=clinic, title="x", known_at=now, triage_due_at=now + timedelta(hours=1),
        report_due_at=now + timedelta(hours=4), since=begins, until=begins + timedelta(days=1),
        opened_by=asker,
    )  # fmt: skip
    assert open_within(begins, ends)
    assert retiring.holds_on(MONTH)
    assert not open_within(ends, ends + timedelta(days=30))
