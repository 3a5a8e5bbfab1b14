"""The page of the keys: numbers and days for the security administrator, no secret for anybody."""

import io
import os
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext, override

from crm.custody import services
from crm.patients.models import PatientContact
from crm.staff.models import User
from crm.web.idempotency import FIELD
from privacy.access.policy import Permission, Role, roles_with
from privacy.custody import erasure, ledger_file, reconciling, restoring
from privacy.custody.models import Reconciliation
from privacy.custody.selectors import overview
from privacy.encryption.keys import Zone
from privacy.encryption.models import KeyVersion, active_versions
from privacy.encryption.registry import sealed_columns
from tests.factories.people import PatientFactory, UserFactory, number_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("canaries")]


@pytest.fixture
def keeper(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)


@pytest.fixture
def desk(keeper, sign_in_as) -> Client:
    return sign_in_as(keeper)


def post(desk: Client, verb: str, **data: str):
    return desk.post(f"/keys/{verb}/", {FIELD: str(uuid4()), **data}, follow=True)


def test_only_the_security_administrator_keeps_keys_and_the_auditor_reads_along() -> None:
    assert roles_with(Permission.MANAGE_KEYS) == {Role.SECURITY_ADMIN}
    assert roles_with(Permission.VIEW_KEYS) == {Role.SECURITY_ADMIN, Role.AUDITOR}


def test_the_auditor_reads_numbers_and_changes_none(clinic, sign_in_as, booked) -> None:
    auditor = sign_in_as(UserFactory.create(clinic=clinic, role=Role.AUDITOR))
    page = auditor.get("/keys/")
    assert page.status_code == 200
    assert "/keys/rotate/" not in page.content.decode()
    assert len(booked("keys.viewed")) == 1
    for verb in ("rotate", "rewrap", "retire"):
        assert post(auditor, verb).status_code == 403


def test_the_page_shows_numbers_and_books_the_look(desk, clinic, booked) -> None:
    for _ in range(3):
        PatientFactory.create(clinic=clinic)
    page = desk.get("/keys/")
    shown = page.context["keys"]
    assert (shown.data_keys, shown.waiting, shown.percent) == (6, 0, 100)
    assert [zone.zone for zone in shown.zones] == ["contact", "clinical"]
    assert len(booked("keys.viewed")) == 1


def test_no_secret_is_on_the_page(desk, tmp_path) -> None:
    who = number_of(Role.SECURITY_ADMIN)
    call_command("escrow_roots", "--to", str(tmp_path), "--staff", who, stdout=io.StringIO())
    text = desk.get("/keys/").content.decode()
    for name in ("CONTACT", "CLINICAL", "AUDIT"):
        assert os.environ[f"SUIAN_ROOT_{name}"] not in text
    for sheet in tmp_path.iterdir():
        for line in sheet.read_text().splitlines():
            assert line.partition(":")[2].strip()[:16] not in text or line.startswith("#")


def test_rotate_rewrap_and_retire_from_the_page(desk, clinic, keeper, booked) -> None:
    PatientFactory.create(clinic=clinic)
    page = post(desk, "rotate", zone="contact")
    assert active_versions() == {"contact": 2, "clinical": 1}
    assert (page.context["keys"].waiting, page.context["keys"].percent) == (1, 50)
    assert page.context["keys"].zones[0].can_retire is False

    page = post(desk, "rewrap")
    assert page.context["keys"].waiting == 0
    assert page.context["keys"].zones[0].can_retire is True
    post(desk, "retire")
    assert KeyVersion.objects.get(zone="contact", version=1).state == "retired"
    for action in ("keys.rotated", "keys.rewrapped", "keys.retired"):
        assert [one.actor for one in booked(action)] == [keeper.pk]


def test_one_press_takes_a_portion(desk, clinic, keeper, monkeypatch) -> None:
    for _ in range(3):
        PatientFactory.create(clinic=clinic)
    post(desk, "rotate", zone="contact")
    monkeypatch.setattr(services, "AT_ONCE", 2)
    assert services.rewrap(actor=keeper) == (2, 1)


def test_a_zone_that_is_none_is_a_bad_request(desk) -> None:
    assert desk.post("/keys/rotate/", {FIELD: str(uuid4()), "zone": "x"}).status_code == 400


def test_a_refusal_is_told_on_the_page(desk, monkeypatch) -> None:
    before = timezone.now() - restoring.LONGEST - timedelta(days=2)
    KeyVersion.objects.update(created_at=before)
    page = post(desk, "rotate", zone="contact")
    assert active_versions()["contact"] == 1
    assert "192" in page.content.decode()
    assert page.context["keys"].restore.overdue


def test_erasures_are_numbers_by_month(desk, clinic, settings, tmp_path) -> None:
    settings.ERASURE_LEDGER_FILE = str(tmp_path / "erasures.log")
    ledger_file.lay()
    patients = [PatientFactory.create(clinic=clinic) for _ in range(2)]
    for patient in patients:
        erasure.shred(subject=patient, zone="contact", reason="requested", process="test")
    page = desk.get("/keys/")
    ((month, zone, number),) = page.context["keys"].erasures
    assert (month.date(), zone, number) == (timezone.localdate().replace(day=1), "contact", 2)
    assert not any(patient.code in page.content.decode().replace("-", "") for patient in patients)


def test_a_process_without_a_root_says_so(monkeypatch) -> None:
    monkeypatch.delenv("SUIAN_ROOT_CLINICAL")
    papers = {paper.root: (paper.held, paper.escrow) for paper in overview().papers}
    assert papers == {"contact": (True, None), "clinical": (False, None), "audit": (True, None)}


def test_without_data_keys_nothing_waits(desk) -> None:
    assert overview().percent == 100


def compare_rows() -> None:
    for _step in reconciling.reconcile(reconciling.open_run(), process="test"):
        pass


def told_as_values_only(page) -> bool:
    with override("zh-hans"):
        words = gettext(
            "SM4 seals values only. Data keys are wrapped, searches fingerprinted, archives sealed "
            "and the audit trail kept by AES-256 and SHA-256."
        )
    return words in page.content.decode()


def test_sealed_values_are_those_of_the_last_night(desk, clinic, settings) -> None:
    page = desk.get("/keys/")
    assert page.context["keys"].sealed.at is None
    assert not told_as_values_only(page)
    PatientFactory.create(clinic=clinic)
    compare_rows()
    settings.SEAL_ALGORITHM = "sm4-gcm"
    late = PatientFactory.create(clinic=clinic)  # after the night: not counted yet

    page = desk.get("/keys/")
    sealed = page.context["keys"].sealed
    contact = [one for one in sealed.rows if one.zone == "contact"]
    assert [(one.algorithm, one.own, one.version) for one in contact] == [("AES-256-GCM", False, 1)]
    assert (sealed.own, sealed.others) == ("国密 SM4-GCM 128 位", True)
    assert "reencrypt --other-algorithm" in page.content.decode()
    assert told_as_values_only(page)
    before = sum(one.boxes for one in sealed.rows)

    Reconciliation.objects.update(created_at=timezone.now() - timedelta(days=1))
    PatientContact.objects.filter(patient=late).update(phone=b"\x01")  # claims nothing known
    compare_rows()
    rows = overview().sealed.rows
    assert {one.algorithm for one in rows} == {"AES-256-GCM", "国密 SM4-GCM 128 位"}
    assert sum(one.boxes for one in rows if not one.own) == before
    assert sum(one.boxes for one in rows if one.own and one.zone == "contact") == 1  # the name


def test_the_page_reads_no_table_of_boxes(clinic, keeper, django_assert_max_num_queries) -> None:
    PatientFactory.create(clinic=clinic)
    compare_rows()
    with django_assert_max_num_queries(18) as asked:
        services.open_keys(actor=keeper)
    boxes = {column.table for zone in Zone.values for column in sealed_columns(zone)}
    assert not [one["sql"] for one in asked for table in boxes if f'FROM "{table}"' in one["sql"]]
