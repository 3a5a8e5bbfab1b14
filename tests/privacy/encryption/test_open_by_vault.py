"""Roots at a key service: opened by its transit engine, closed with clear words by every fault."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from privacy.custody import sealed_roots
from privacy.encryption import canaries, keys, vault
from privacy.encryption.models import KeyCanary
from privacy.encryption.providers import RootNotHeld
from privacy.encryption.vault import Transit, VaultFault, VaultRoots
from tests.factories.people import PatientFactory
from tests.factories.transit import Vault, vault_server
from tests.privacy.custody.looking import read

ROOTS = {"contact": b"\x01" * 32, "clinical": b"\x02" * 32, "audit": b"\x03" * 32}


@pytest.fixture
def server(tmp_path: Path, settings) -> Iterator[Vault]:
    """A key service, and settings that lead to it."""
    for name, root in ROOTS.items():
        (tmp_path / f"{name}.root").write_text(root.hex())
        (tmp_path / f"{name}.root").chmod(0o400)
    (tmp_path / "token").write_text("s.good\n")
    settings.ROOT_PROVIDER = "privacy.encryption.vault.VaultRoots"
    settings.ROOT_FILES_DIR = str(tmp_path)
    settings.VAULT_TOKEN_FILE = str(tmp_path / "token")
    settings.VAULT_CA_FILE = str(tmp_path / "ca.pem")
    settings.VAULT_TIMEOUT_SECONDS = 0.5
    forget()
    with vault_server(tmp_path) as running:
        settings.VAULT_ADDR = running.address
        yield running
    forget()


def forget() -> None:
    vault.forget()
    keys.forget()


@pytest.fixture
def pauses(monkeypatch) -> list[float]:
    """What the client waited between tries, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr(Transit.__init__, "__kwdefaults__", {"pause": waited.append})
    return waited


@pytest.fixture
def sealed(server, tmp_path, pauses) -> Vault:
    """All three roots rest as ciphertexts."""
    run("--from", str(tmp_path))
    server.asked.clear()
    pauses.clear()
    return server


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("seal_roots", *arguments, stdout=out)
    return out.getvalue()


def root(name: str = "contact") -> bytes:
    return VaultRoots().root(name)


class TestOpen:
    def test_each_root_is_opened_once(self, sealed) -> None:
        assert {name: root(name) for name in ROOTS} == ROOTS
        assert {name: root(name) for name in ROOTS} == ROOTS
        assert sealed.asked == ["decrypt"] * 3

    @pytest.mark.django_db(transaction=True)
    def test_a_clinic_works_by_it(self, sealed) -> None:
        KeyCanary.objects.all().delete()
        canaries.plant()
        patient = PatientFactory.create()
        assert read(patient, "patientcontact.name") == "王芳"
        forget()
        assert canaries.faults() == []
        sealed.tokens.clear()
        forget()
        assert canaries.faults() == ["clinical v1", "contact v1"]

    def test_plain_roots_are_nowhere_in_the_ciphertexts(self, sealed, tmp_path) -> None:
        for name, plain in ROOTS.items():
            text = (tmp_path / f"{name}.sealed").read_text()
            assert text.startswith("vault:v1:")
            assert plain.hex() not in text
            assert plain not in base64.b64decode(text.split(":")[2])
            assert (tmp_path / f"{name}.sealed").stat().st_mode & 0o777 == 0o400

    def test_a_root_that_was_not_handed_over_is_not_asked_for(self, sealed, tmp_path) -> None:
        (tmp_path / "clinical.sealed").unlink()
        with pytest.raises(RootNotHeld, match="does not hold"):
            root("clinical")
        assert sealed.asked == []

    def test_one_root_in_the_place_of_another_does_not_open(self, sealed, tmp_path) -> None:
        (tmp_path / "contact.sealed").unlink()
        (tmp_path / "audit.sealed").rename(tmp_path / "contact.sealed")
        with pytest.raises(VaultFault, match="another root's file"):
            root()

    def test_an_older_version_opens_until_the_minimum_is_raised(self, sealed) -> None:
        sealed.rotate()
        assert root() == ROOTS["contact"]
        forget()
        sealed.minimum = 2
        with pytest.raises(VaultFault, match="version below its minimum"):
            root()


class TestFaults:
    @pytest.mark.parametrize("fault", ["500", "503", "slow", "reset"])
    def test_a_passing_fault_is_outwaited(self, sealed, pauses, fault) -> None:
        sealed.faults = [fault, fault]
        assert root() == ROOTS["contact"]
        assert pauses == [0.0, 0.2, 0.6]

    def test_a_lasting_one_comes_to_an_end(self, sealed, pauses) -> None:
        sealed.faults = ["503"] * 9
        with pytest.raises(VaultFault, match="4 times without an answer: status 503"):
            root()
        assert pauses == [0.0, 0.2, 0.6, 1.8]
        assert len(sealed.asked) == 4

    def test_pages_do_not_queue_up_behind_it(self, sealed, monkeypatch) -> None:
        sealed.faults = ["503"] * 4
        for _ in range(3):
            with pytest.raises(VaultFault):
                root()
        assert len(sealed.asked) == 4
        monkeypatch.setattr(vault.time, "monotonic", lambda: 10.0**9)
        assert root() == ROOTS["contact"]

    def test_nobody_there(self, sealed, settings) -> None:
        settings.VAULT_ADDR = "https://127.0.0.1:1"
        with pytest.raises(VaultFault, match="ConnectError"):
            root()

    @pytest.mark.parametrize(
        ("fault", "words"),
        [
            ("nonsense", "no transit answer"),
            ("[]", "no transit answer"),
            ('{"data": {}}', "no transit answer"),
            ('{"data": {"plaintext": 7}}', "no transit answer"),
            ('{"data": {"plaintext": "***"}}', "no base64"),
            ('{"data": {"plaintext": "AAAA"}}', "no root"),
            (" " * 70_000, "no transit answer"),
            ("307", "not what a transit engine"),
            ("429", "not what a transit engine"),
            ("204", "not what a transit engine"),
        ],
    )
    def test_an_answer_that_is_none_is_refused_at_once(self, sealed, fault, words) -> None:
        sealed.faults = [fault]
        with pytest.raises(VaultFault, match=words):
            root()
        assert len(sealed.asked) == 1

    def test_a_revoked_token(self, sealed) -> None:
        sealed.tokens.clear()
        with pytest.raises(VaultFault, match=r"403.*revoked"):
            root()

    def test_another_key(self, sealed, settings) -> None:
        settings.VAULT_TRANSIT_KEY = "else"
        with pytest.raises(VaultFault, match="no such transit key"):
            root()
        forget()
        sealed.rotate("else")
        with pytest.raises(VaultFault, match="does not open"):
            root()

    @pytest.mark.parametrize("text", ["", "vault:v1:", "vault:v0:AAAA", "AAAA", "vault:v1:密"])
    def test_a_file_that_holds_none(self, sealed, tmp_path, text) -> None:
        (tmp_path / "contact.sealed").unlink()
        (tmp_path / "contact.sealed").write_text(text)
        with pytest.raises(VaultFault, match=r"contact\.sealed"):
            root()
        assert sealed.asked == []

    def test_no_token_and_no_address(self, sealed, settings, tmp_path) -> None:
        settings.VAULT_TOKEN_FILE = ""
        with pytest.raises(VaultFault, match="VAULT_TOKEN_FILE is empty"):
            Transit()
        settings.VAULT_TOKEN_FILE = str(tmp_path / "nowhere")
        with pytest.raises(VaultFault, match="cannot be read"):
            Transit()
        settings.VAULT_ADDR = settings.VAULT_ADDR.replace("https", "http")
        with pytest.raises(VaultFault, match="https://"):
            Transit()

    def test_no_fault_tells_a_secret(self, sealed) -> None:
        sealed.tokens.clear()
        with pytest.raises(VaultFault) as said:
            root()
        assert "s.good" not in str(said.value)


class TestTrust:
    def test_an_unknown_authority_gets_no_token(self, sealed, settings) -> None:
        settings.VAULT_CA_FILE = ""
        with pytest.raises(VaultFault, match="without an answer"):
            root()
        assert sealed.asked == []

    def test_an_authority_that_cannot_be_read_is_no_reason_to_trust(self, sealed, settings) -> None:
        settings.VAULT_CA_FILE = "/nowhere/ca.pem"
        with pytest.raises(VaultFault, match="VAULT_CA_FILE"):
            root()

    def test_no_proxy_of_the_environment_is_asked(self, sealed, monkeypatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
        assert root() == ROOTS["contact"]


class TestSealRoots:
    def test_nothing_is_replaced(self, sealed, tmp_path) -> None:
        before = (tmp_path / "contact.sealed").read_text()
        with pytest.raises(CommandError, match="nothing replaces it"):
            run("--from", str(tmp_path))
        assert (tmp_path / "contact.sealed").read_text() == before

    def test_renewed_under_the_newest_version(self, sealed, tmp_path) -> None:
        sealed.rotate()
        sealed.rotate()
        assert "contact: v1 is now v3" in run("--renew", "contact")
        sealed.minimum = 3
        assert root() == ROOTS["contact"]
        assert sorted(path.name for path in tmp_path.glob("*.new")) == []

    def test_a_renewal_that_fails_leaves_the_old_one(self, sealed, tmp_path) -> None:
        before = (tmp_path / "audit.sealed").read_text()
        sealed.faults = ["", "400"]
        with pytest.raises(CommandError, match="400"):
            run("--renew", "audit")
        assert (tmp_path / "audit.sealed").read_text() == before

    def test_what_vault_cannot_open_is_not_kept(self, server, tmp_path, monkeypatch) -> None:
        monkeypatch.setattr(Transit, "decrypt", lambda *_all: b"x")
        with pytest.raises(CommandError, match="does not open what it has just sealed"):
            run("contact", "--from", str(tmp_path))
        assert not (tmp_path / "contact.sealed").exists()

    def test_an_answer_that_is_no_ciphertext_is_not_kept(self, server, tmp_path) -> None:
        server.faults = ['{"data": {"ciphertext": "AAAA"}}']
        with pytest.raises(CommandError, match="no ciphertext"):
            run("contact", "--from", str(tmp_path))

    def test_what_is_missing_is_said(self, server, tmp_path) -> None:
        with pytest.raises(CommandError, match=r"contact\.sealed"):
            run("--renew", "contact")
        with pytest.raises(CommandError, match="Give either"):
            run()
        (tmp_path / "contact.root").unlink()
        with pytest.raises(CommandError, match="does not hold"):
            run("contact", "--from", str(tmp_path))

    def test_a_file_that_holds_no_ciphertext_is_not_renewed(self, server, tmp_path) -> None:
        (tmp_path / "contact.sealed").write_text("nothing")
        with pytest.raises(ImproperlyConfigured, match="no transit ciphertext"):
            sealed_roots.renew_root("contact")

    def test_vaults_own_rewrap_would_not_do(self, sealed, tmp_path) -> None:
        """Why a renewal opens and seals: rewrap forgets the associated data."""
        from tests.factories.transit import Refused

        body = {"ciphertext": (tmp_path / "contact.sealed").read_text()}
        with pytest.raises(Refused, match="authentication failed"):
            sealed.rewrap(sealed.keys["suian"], body)
