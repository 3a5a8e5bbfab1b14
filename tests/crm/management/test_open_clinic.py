"""The first account of a clinic's own server."""

from base64 import b32decode
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django_otp.oath import totp

from crm.management.commands import open_clinic
from crm.staff.models import Clinic, User
from crm.staff.services import sign_in
from privacy.access.policy import Role
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.pseudonyms.models import key_faults

PASSWORD = "sixteen plain tomatoes"


def run(monkeypatch: pytest.MonkeyPatch, *passwords: str) -> str:
    typed = iter(passwords)
    monkeypatch.setattr(open_clinic, "getpass", lambda _prompt: next(typed))
    out = StringIO()
    call_command(
        "open_clinic", "江岸门诊", staff_no="xt001", display_name="郑维", site="一楼", stdout=out
    )
    return out.getvalue()


@pytest.mark.django_db
def test_the_first_account_can_sign_in_with_what_was_shown(monkeypatch) -> None:
    shown = run(monkeypatch, PASSWORD, PASSWORD)

    address = urlsplit(shown.splitlines()[-1])
    seed = b32decode(parse_qs(address.query)["secret"][0])
    user = sign_in(staff_no="xt001", password=PASSWORD, code=f"{totp(seed):06d}", ip=None)
    assert (user.role, user.clinic.name) == (Role.SYSTEM_ADMIN, "江岸门诊")
    assert address.scheme == "otpauth"
    assert key_faults() == []
    assert PASSWORD not in shown


@pytest.mark.django_db
def test_a_second_clinic_is_not_opened(monkeypatch) -> None:
    run(monkeypatch, PASSWORD, PASSWORD)

    with pytest.raises(CommandError, match="There is a clinic already"):
        run(monkeypatch, PASSWORD, PASSWORD)
    assert Clinic.objects.count() == User.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("passwords", [(PASSWORD, "another long one"), ("short", "short")])
def test_a_bad_password_opens_nothing(monkeypatch, passwords) -> None:
    with pytest.raises(CommandError):
        run(monkeypatch, *passwords)
    assert not Clinic.objects.exists()


@pytest.mark.django_db
def test_nothing_is_opened_with_the_wrong_roots(monkeypatch) -> None:
    monkeypatch.setattr(open_clinic, "key_faults", lambda: ["contact"])

    with pytest.raises(CommandError, match="contact"):
        run(monkeypatch, PASSWORD, PASSWORD)
    assert not Clinic.objects.exists()


@pytest.mark.django_db
def test_the_ledger_of_erasures_is_begun_before_the_first_patient(
    monkeypatch, settings, tmp_path
) -> None:
    settings.ERASURE_LEDGER_FILE = "/nowhere/at/all.log"
    with pytest.raises(CommandError, match=r"all\.log"):
        run(monkeypatch, PASSWORD, PASSWORD)
    assert not Clinic.objects.exists()
    settings.ERASURE_LEDGER_FILE = str(tmp_path / "erasures.log")
    run(monkeypatch, PASSWORD, PASSWORD)
    assert (tmp_path / "erasures.log").read_text() == ""


@pytest.mark.django_db
def test_the_trail_tells_of_the_first_account(monkeypatch) -> None:
    run(monkeypatch, PASSWORD, PASSWORD)

    with acting_as(READER):
        assert list(AuditEvent.objects.values_list("action", flat=True)) == ["staff.created"]
