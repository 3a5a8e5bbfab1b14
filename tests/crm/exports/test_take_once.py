"""From the asking to the destruction: one file, one download, one look at the password."""

import csv
import io
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
import pyzipper
import time_machine
from django.conf import settings
from django.utils import timezone

from crm.exports.services.building import build_next
from privacy.errors import AccessDenied, Conflict
from privacy.exports import files
from privacy.exports.models import Export, ExportMark
from privacy.exports.services import deciding, handing_over
from privacy.exports.services.handing_over import Gone, Tampered
from tests.factories.exports import approved, asked, built

pytestmark = pytest.mark.django_db


def left() -> list[str]:
    return sorted(one.name for one in Path(settings.EXPORTS_DIR).iterdir())


def opened(content: bytes, password: str) -> dict[str, str]:
    with pyzipper.AESZipFile(io.BytesIO(content)) as archive:
        archive.setpassword(password.encode())
        assert all(one.flag_bits & 1 for one in archive.infolist())
        return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


def rows_in(content: bytes, password: str) -> list[list[str]]:
    name = next(name for name in opened(content, password) if name.endswith(".csv"))
    return list(csv.reader(io.StringIO(opened(content, password)[name])))


def taken(export: Export) -> tuple[bytes, str]:
    content = handing_over.download(export=export, actor=export.requester).content
    return content, handing_over.show_password(export=export, actor=export.requester)


def test_asked_for_and_agreed_to_on_the_pages(sign_in_as, accountant, control, security, patients):
    browser = sign_in_as(accountant)
    form = {
        "purpose": "quality", "reason": "季度质量评审需要核对", "columns": ["status", "stage"],
        "recipient_kind": "inside", "recipient": f"{accountant.pk}",
        "recipient_why": "本院质控小组成员，按职责查看", "idempotency_key": f"{uuid.uuid4()}",
    }  # fmt: skip
    counted = browser.post("/exports/ask/?data=patients", {**form, "count": "1"})
    assert counted.context["counted"].rows == 3
    assert not Export.objects.exists()

    form["idempotency_key"] = f"{uuid.uuid4()}"
    browser.post("/exports/ask/?data=patients", form)
    export = Export.objects.get()
    assert (export.state, export.rows, export.sides) == (
        "asked", 3, ["medical_qc", "security_admin"],
    )  # fmt: skip

    for person in (control, security):
        page = sign_in_as(person).get(f"/exports/{export.pk}/")
        assert page.context["opened"].may_decide
        assert patients[0].code not in page.content.decode().replace("-", "")
        decision = {"decision": "approve", "idempotency_key": f"{uuid.uuid4()}"}
        assert sign_in_as(person).post(f"/exports/{export.pk}/decide/", decision).status_code == 302
    export.refresh_from_db()
    assert export.state == "approved"


def test_built_once_and_taken_once(
    sign_in_as, accountant, patients, django_capture_on_commit_callbacks
):
    export, browser = built(accountant), sign_in_as(accountant)
    assert not build_next()
    assert (export.state, export.written, export.built_rows) == ("ready", 3, 3)
    assert left() == [f"{export.pk}.zip"]
    assert (files.path_of(export.pk).stat().st_mode & 0o777) == 0o600

    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(f"/exports/{export.pk}/download/")
    assert (answer.status_code, left()) == (200, [])
    shown = browser.post(f"/exports/{export.pk}/password/")
    password = shown.context["password"]
    assert password in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert len(rows_in(answer.content, password)) == 1 + 3 + 2

    for door in ("download", "password"):
        assert browser.post(f"/exports/{export.pk}/{door}/").status_code == 410
    export.refresh_from_db()
    assert (export.state, export.password) == ("destroyed", None)


def test_what_lies_in_the_file(accountant, patients):
    export = built(accountant)
    content, password = taken(export)
    table = rows_in(content, password)
    assert len(table[0]) == 4
    assert {one.code for one in patients} < {line[0] for line in table[1:]}
    for line in table[1:]:
        assert line[-1] == f"{export.spaced_code} · {accountant.staff_no}"
    readme = opened(content, password)["README.txt"]
    for fact in (export.spaced_code, export.reason, accountant.staff_no, accountant.display_name):
        assert fact in readme


def test_every_step_is_in_the_trail(accountant, patients, booked):
    export = built(accountant)
    taken(export)
    with pytest.raises(Gone):
        handing_over.download(export=export, actor=accountant)

    happened = [one.action for one in booked() if one.target == export.target]
    assert happened[::-1] == [
        "export.asked", "export.agreed", "export.approved", "export.opened", "export.built",
        "export.downloaded", "export.password_shown", "export.destroyed", "export.downloaded",
    ]  # fmt: skip
    (read,) = booked("export.opened")
    assert (read.actor, read.count) == (accountant.pk, 3)
    assert booked("export.built")[0].detail["sha256"] == export.sha256
    assert booked("export.downloaded")[0].outcome == "denied"


def test_nobody_else_takes_it(accountant, control, security, stranger, patients, sign_in_as):
    export = built(accountant)
    for person in (control, security, stranger):
        with pytest.raises(AccessDenied):
            handing_over.download(export=export, actor=person)
        with pytest.raises(AccessDenied):
            handing_over.show_password(export=export, actor=person)
        with pytest.raises(AccessDenied):
            deciding.withdraw(export=export, actor=person)
    assert sign_in_as(stranger).get(f"/exports/{export.pk}/").status_code == 403
    assert left() == [f"{export.pk}.zip"]


def test_the_password_comes_after_the_file(accountant, patients):
    export = built(accountant)
    with pytest.raises(Gone):
        handing_over.show_password(export=export, actor=accountant)


def test_after_a_day_it_exists_no_more(
    accountant, patients, sign_in_as, booked, django_capture_on_commit_callbacks
):
    export, _other = built(accountant), built(accountant)
    with time_machine.travel(timezone.now() + timedelta(hours=23, minutes=59), tick=False):
        assert handing_over.destroy_run_out() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=5), tick=False):
        with pytest.raises(Gone):
            handing_over.download(export=export, actor=accountant)
        with django_capture_on_commit_callbacks(execute=True):
            assert handing_over.destroy_run_out() == 2
    export.refresh_from_db()
    assert (export.state, export.password, left()) == ("destroyed", None, [])
    assert {one.process for one in booked("export.destroyed")} == {"exports"}
    assert booked("export.destroyed")[0].clinic == accountant.clinic_id


def test_a_file_that_was_changed_is_refused_and_destroyed(
    accountant, patients, booked, django_capture_on_commit_callbacks
):
    export = built(accountant)
    path = files.path_of(export.pk)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(Tampered):
        handing_over.download(export=export, actor=accountant)

    export.refresh_from_db()
    assert (export.state, export.failure, export.password) == ("failed", "tampered", None)
    assert left() == []
    assert booked("export.tampered")[0].outcome == "failed"


def test_a_file_that_is_lost_is_no_download(accountant, patients):
    export = built(accountant)
    files.path_of(export.pk).unlink()
    with pytest.raises(Tampered):
        handing_over.download(export=export, actor=accountant)


@pytest.mark.parametrize("how", [asked, approved, built])
def test_withdrawn_nothing_is_left(
    how, accountant, patients, sign_in_as, django_capture_on_commit_callbacks
):
    export = how(accountant)
    with django_capture_on_commit_callbacks(execute=True):
        form = {"idempotency_key": f"{uuid.uuid4()}"}
        sign_in_as(accountant).post(f"/exports/{export.pk}/withdraw/", form)
    export.refresh_from_db()
    assert (export.state, export.password, left()) == ("withdrawn", None, [])
    assert not build_next()
    with pytest.raises(Conflict):
        deciding.withdraw(export=export, actor=accountant)
    with pytest.raises(Gone):
        handing_over.download(export=export, actor=accountant)


def test_files_that_nobody_owns_are_swept_away(accountant, patients):
    export = built(accountant)
    (Path(settings.EXPORTS_DIR) / f"{uuid.uuid4()}.zip").write_bytes(b"x")
    (Path(settings.EXPORTS_DIR) / f"{uuid.uuid4()}.3.part").write_bytes(b"x")
    assert handing_over.destroy_run_out() == 0
    assert left() == [f"{export.pk}.zip"]


def test_what_is_no_export_is_never_swept_away(accountant, patients):
    """The folder may be a disk of its own, or a wrong one."""
    folder = Path(settings.EXPORTS_DIR)
    export = built(accountant)
    (folder / "lost+found").mkdir()
    (folder / "backup.zip").write_bytes(b"x")
    (folder / f"{uuid.uuid4()}.txt").write_bytes(b"x")
    (folder / f"{uuid.uuid4()}.zip").write_bytes(b"x")
    others = {one.name for one in folder.iterdir() if one.suffix != ".zip"} | {"backup.zip"}
    assert handing_over.destroy_run_out() == 0
    assert {one.name for one in folder.iterdir()} == {*others, f"{export.pk}.zip"}


def test_what_ended_meanwhile_is_left_as_it_is(accountant, patients, monkeypatch):
    export = built(accountant)
    deciding.withdraw(export=export, actor=accountant)
    monkeypatch.setattr(
        handing_over.selectors, "run_out", lambda _now: Export.objects.filter(pk=export.pk)
    )
    assert handing_over.destroy_run_out() == 0
    export.refresh_from_db()
    assert export.state == "withdrawn"


def test_no_two_files_have_a_password_or_an_order_in_common(accountant, patients):
    first, second = built(accountant), built(accountant)
    (one, key), (two, other) = taken(first), taken(second)
    assert key != other
    assert {line[0] for line in rows_in(one, key)} != {line[0] for line in rows_in(two, other)}
    assert ExportMark.objects.count() == 4
