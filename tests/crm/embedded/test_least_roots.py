"""The sending worker opens phones and signs events, and nothing else."""

import hmac
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from crm.embedded import keys as files
from crm.embedded import parts
from crm.embedded.home import Home
from crm.patients.models import Patient
from crm.staff.models import TotpDevice
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.audit.models import mac_key
from privacy.audit.verification import verify
from privacy.encryption import blind_index, keys
from privacy.encryption.canaries import plant
from privacy.encryption.providers import EnvRoots, RootNotHeld
from tests.factories.people import PatientFactory, UserFactory
from tests.privacy.custody.looking import read

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"


def forget() -> None:
    keys.forget()
    blind_index.forget()


@pytest.fixture
def of_the_home(home: Home, settings) -> Iterator[Home]:
    """The roots of an embedded clinic, as its pages hold them."""
    files.ensure_keys(home)
    settings.ROOT_PROVIDER = "privacy.encryption.providers.FileRoots"
    settings.ROOT_FILES_DIR = str(home.keys)
    forget()
    yield home
    forget()


def become_worker(home: Home, settings) -> None:
    """From now on this process holds what the worker's environment gives."""
    plan = parts.Plan(home, {"ROOT_FILES_DIR": str(home.keys)}, 1, 2)
    settings.ROOT_FILES_DIR = parts.worker(plan).env["ROOT_FILES_DIR"]
    forget()


@pytest.mark.django_db(transaction=True)
class TestWorker:
    @pytest.fixture
    def held(self, of_the_home, settings) -> tuple[Patient, TotpDevice]:
        plant()
        patient = PatientFactory.create()
        device = TotpDevice.objects.create(user=UserFactory.create(), seed="ab" * 20)
        become_worker(of_the_home, settings)
        return patient, device

    def test_it_opens_a_phone(self, held) -> None:
        assert read(held[0], "patientcontact.phone") == "+8613800138000"

    def test_it_opens_no_clinical_value_and_says_why(self, held) -> None:
        with pytest.raises(ImproperlyConfigured, match=r"clinical\.root.*does not hold"):
            read(held[0], "patientclinical.chief_complaint")

    def test_it_seals_no_clinical_value_either(self, held) -> None:
        with pytest.raises(RootNotHeld):
            PatientFactory.create(clinic=held[0].clinic)

    def test_it_opens_no_second_factor(self, held) -> None:
        device = TotpDevice.objects.get(pk=held[1].pk)
        with pytest.raises(RootNotHeld, match=r"audit\.root"):
            device.generator()

    def test_its_events_are_those_of_the_clinic(self, held, of_the_home, settings) -> None:
        with transaction.atomic():
            audit.record(AuditTrailEvent.VERIFIED, process="test")
        assert verify().whole
        settings.ROOT_FILES_DIR = str(of_the_home.keys)
        forget()
        assert verify().whole


class TestHandingOver:
    def test_its_folder_holds_two_files(self, of_the_home) -> None:
        held = sorted(path.name for path in of_the_home.worker_keys.iterdir())
        assert held == ["audit-mac.root", "contact.root"]
        assert {path.stat().st_mode & 0o777 for path in of_the_home.worker_keys.iterdir()} == {
            0o400
        }

    def test_a_leaf_of_another_root_is_replaced(self, of_the_home) -> None:
        leaf = of_the_home.worker_keys / "audit-mac.root"
        right = leaf.read_text()
        leaf.chmod(0o600)
        leaf.write_text("00" * 32)
        files.hand_over_to_worker(of_the_home)
        assert leaf.read_text() == right

    def test_all_ways_to_make_the_leaf_agree(self, of_the_home) -> None:
        root = files.read_key(of_the_home, "audit.root")
        made = subprocess.run(
            [sys.executable, DEPLOY / "audit_leaf.py"],
            input=root, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        leaf = (of_the_home.worker_keys / "audit-mac.root").read_text()
        assert made == leaf == mac_key().hex() == keys.derive("audit", "audit/mac").hex()

    def test_the_script_refuses_what_is_no_root(self) -> None:
        refused = subprocess.run(
            [sys.executable, DEPLOY / "audit_leaf.py"],
            input="ab", capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (refused.returncode, refused.stdout) == (1, "")

    def test_the_leaf_does_not_give_the_root_nor_another_leaf(self, of_the_home) -> None:
        leaf = mac_key()
        seeds = keys.derive("audit", "auth/secrets")
        info = b"suian/auth/secrets/v1\x01"
        assert hmac.digest(leaf, info, "sha256") != seeds
        assert files.audit_leaf(leaf) != leaf


def test_the_environment_names_the_leaf_too(monkeypatch) -> None:
    monkeypatch.setenv("SUIAN_ROOT_AUDIT_MAC", "cd" * 32)
    assert EnvRoots().root("audit-mac") == b"\xcd" * 32
    monkeypatch.delenv("SUIAN_ROOT_AUDIT")
    keys.forget()
    assert mac_key() == b"\xcd" * 32
    with pytest.raises(RootNotHeld, match="SUIAN_ROOT_AUDIT"):
        keys.derive("audit", "erasure/ledger")
    monkeypatch.undo()
    keys.forget()
    assert "SUIAN_ROOT_AUDIT" in os.environ
