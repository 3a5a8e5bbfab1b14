"""The sending worker opens phones and signs events; the sealer signs checkpoints. Nothing else."""

import hmac
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from crm.embedded import keys as files
from crm.embedded import parts
from crm.embedded.home import Home
from crm.patients.models import Patient
from crm.staff.models import TotpDevice
from privacy.audit import sealing
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.audit.models import (
    READER,
    SEALER,
    AuditCheckpoint,
    SealerKey,
    acting_as,
    mac_key,
    signer_key,
)
from privacy.audit.row_sealing import seal_row_changes
from privacy.audit.sealing import seal_once
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


def plan_of(home: Home, **more: str) -> parts.Plan:
    """The parts of that clinic, whose shell has all keys."""
    sealer = {
        "SUIAN_SEALER_KEY": "cd" * 32,
        "SUIAN_SEALER_KEY_FILE": str(files.path_of(home, "sealer.key")),
    }
    return parts.Plan(home, {"ROOT_FILES_DIR": str(home.keys), **sealer, **more}, 1, 2)


def worker_env(home: Home) -> Mapping[str, str]:
    return parts.worker(plan_of(home)).env


def become(environment: Mapping[str, str], settings) -> None:
    """From now on this process holds the roots that an environment gives."""
    settings.ROOT_FILES_DIR = environment["ROOT_FILES_DIR"]
    forget()


def become_web(home: Home, settings) -> None:
    become(parts.web(plan_of(home)).env, settings)


def take_sealer_keys_of(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in parts.SEALER_KEYS:
        monkeypatch.delenv(name, raising=False)
        if name in environment:
            monkeypatch.setenv(name, environment[name])


def run_script(use: str, root: str, *, check: bool) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, DEPLOY / "audit_leaf.py", use],
        input=root, capture_output=True, text=True, check=check,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
class TestWorker:
    @pytest.fixture
    def held(self, of_the_home, settings) -> tuple[Patient, TotpDevice]:
        plant()
        patient = PatientFactory.create()
        device = TotpDevice.objects.create(user=UserFactory.create(), seed="ab" * 20)
        become(worker_env(of_the_home), settings)
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
        become_web(of_the_home, settings)
        assert verify().whole

    def test_it_signs_no_checkpoint(self, held, of_the_home, settings, monkeypatch) -> None:
        take_sealer_keys_of(worker_env(of_the_home), monkeypatch)
        with pytest.raises(ImproperlyConfigured, match="does not hold the sealer's key"):
            seal_once()
        monkeypatch.setenv("SUIAN_SEALER_KEY", "ab" * 32)  # one of its own making
        with pytest.raises(RootNotHeld, match=r"audit-signer\.root"):
            seal_once()
        with acting_as(READER):
            assert not AuditCheckpoint.objects.exists()

    def test_a_key_that_it_vouches_for_by_what_it_holds_does_not_count(
        self, held, of_the_home, settings, monkeypatch
    ) -> None:
        """Whoever took the worker over forges a head with a key and a MAC of its own."""
        with transaction.atomic():
            audit.record(AuditTrailEvent.VERIFIED, process="test")
        monkeypatch.setenv("SUIAN_SEALER_KEY", "ab" * 32)
        monkeypatch.setattr(sealing, "signer_key", mac_key)
        assert seal_once().checkpoint == 1
        monkeypatch.setattr(sealing, "signer_key", signer_key)
        become_web(of_the_home, settings)
        assert {one.code for one in verify().findings} == {"signer", "checkpoint"}


@pytest.mark.django_db(transaction=True)
class TestSealer:
    @pytest.fixture
    def held(self, of_the_home, settings, monkeypatch) -> Patient:
        plant()
        patient = PatientFactory.create()
        become(parts.sealer(plan_of(of_the_home)).env, settings)
        take_sealer_keys_of(parts.sealer(plan_of(of_the_home)).env, monkeypatch)
        return patient

    def test_it_seals_events_and_rows(self, held, of_the_home, settings) -> None:
        assert seal_row_changes() is not None
        assert seal_once().events > 1
        become_web(of_the_home, settings)
        report = verify()
        assert report.whole
        assert not report.unsealed

    def test_it_opens_nothing(self, held) -> None:
        for field, root in (
            ("patientcontact.phone", "contact"),
            ("patientclinical.chief_complaint", "clinical"),
        ):
            with pytest.raises(RootNotHeld, match=rf"{root}\.root"):
                read(held, field)
        with pytest.raises(RootNotHeld, match=r"audit\.root"):
            keys.derive("audit", "auth/secrets")

    def test_a_row_that_is_not_vouched_for_does_not_stand_in_its_way(
        self, held, of_the_home, settings
    ) -> None:
        public = sealing.public_bytes(sealing.signing_key())
        with acting_as(SEALER):
            SealerKey.objects.create(public=public, mac=b"x" * 32)
        seal_once()
        become_web(of_the_home, settings)
        assert verify().whole

    def test_it_has_a_queue_and_nothing_of_the_sms_company(self, of_the_home) -> None:
        program = parts.sealer(plan_of(of_the_home, SMS_GATEWAY_URL="https://x", LANG="C"))
        assert program.env["SUIAN_PROCESS"] == "sealer"
        assert program.env["LANG"] == "C"
        assert not [name for name in program.env if name.startswith("SMS_")]
        assert program.command[program.command.index("--queues") + 1] == "sealing"
        others = [*parts.programs(plan_of(of_the_home)), parts.exporter(plan_of(of_the_home))]
        assert not [one.name for one in others if set(parts.SEALER_KEYS) & set(one.env)]


class TestHandingOver:
    def test_each_folder_holds_two_files(self, of_the_home) -> None:
        for folder, names in (
            (of_the_home.worker_keys, ["audit-mac.root", "contact.root"]),
            (of_the_home.sealer_keys, ["audit-mac.root", "audit-signer.root"]),
        ):
            assert sorted(path.name for path in folder.iterdir()) == names
            assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o400}

    def test_a_leaf_of_another_root_is_replaced(self, of_the_home) -> None:
        leaf = of_the_home.worker_keys / "audit-mac.root"
        right = leaf.read_text()
        leaf.chmod(0o600)
        leaf.write_text("00" * 32)
        files.hand_over(of_the_home)
        assert leaf.read_text() == right

    @pytest.mark.parametrize(("use", "held"), [("mac", mac_key), ("signer", signer_key)])
    def test_all_ways_to_make_a_leaf_agree(self, of_the_home, use: str, held) -> None:
        root = files.read_key(of_the_home, "audit.root")
        made = run_script(use, root, check=True).stdout
        leaf = (of_the_home.sealer_keys / f"audit-{use}.root").read_text()
        assert made == leaf == held().hex() == keys.derive("audit", f"audit/{use}").hex()

    @pytest.mark.parametrize(("use", "root"), [("mac", "ab"), ("seeds", "ab" * 32)])
    def test_the_script_refuses_what_is_no_root_or_no_leaf(self, use: str, root: str) -> None:
        refused = run_script(use, root, check=False)
        assert (refused.returncode, refused.stdout) == (1, "")

    def test_a_leaf_does_not_give_the_root_nor_another_leaf(self, of_the_home) -> None:
        seeds = keys.derive("audit", "auth/secrets")
        info = b"suian/auth/secrets/v1\x01"
        assert hmac.digest(mac_key(), info, "sha256") != seeds
        for name in files.LEAVES.values():
            assert files.audit_leaf(mac_key(), name) not in {mac_key(), signer_key()}


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
