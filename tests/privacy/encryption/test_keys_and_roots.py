"""Roots, what is derived from them, blind indexes, and the canaries that notice wrong roots."""

import os
import secrets
from collections import Counter
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from crm.staff.models import TotpDevice
from privacy.apps import lay_canaries
from privacy.encryption import blind_index, canaries, keys
from privacy.encryption.boxes import bind
from privacy.encryption.models import KeyCanary
from privacy.encryption.providers import EnvRoots, FileRoots, RootNotHeld, provider
from privacy.errors import Unreadable
from tests.factories.people import UserFactory


@pytest.fixture
def other_roots(monkeypatch):
    """``other_roots()`` changes the roots under the running process."""

    def change() -> None:
        for name in ("CONTACT", "CLINICAL", "AUDIT"):
            monkeypatch.setenv(f"SUIAN_ROOT_{name}", secrets.token_hex(32))
        forget()

    def forget() -> None:
        keys.forget()
        blind_index.forget()

    yield change
    monkeypatch.undo()
    forget()


class TestRoots:
    def test_from_the_environment(self, monkeypatch) -> None:
        monkeypatch.setenv("SUIAN_ROOT_CONTACT", "ab" * 32)
        assert EnvRoots().root("contact") == b"\xab" * 32
        for wrong in ("xyz", "ab" * 31, ""):
            monkeypatch.setenv("SUIAN_ROOT_CONTACT", wrong)
            with pytest.raises(ImproperlyConfigured) as said:
                EnvRoots().root("contact")
            assert not wrong or wrong not in str(said.value)
        monkeypatch.delenv("SUIAN_ROOT_CONTACT")
        with pytest.raises(ImproperlyConfigured, match="not set"):
            EnvRoots().root("contact")

    def test_not_from_the_environment_where_settings_do_not_allow_it(self, settings) -> None:
        settings.ROOTS_FROM_ENVIRONMENT = False
        with pytest.raises(ImproperlyConfigured, match="for tests"):
            EnvRoots().root("contact")

    def test_from_a_file_of_the_owner_alone(self, settings, tmp_path: Path) -> None:
        settings.ROOT_FILES_DIR = str(tmp_path)
        path = tmp_path / "contact.root"
        path.write_text("cd" * 32 + "\n")
        for mode in (0o400, 0o600):
            path.chmod(mode)
            assert FileRoots().root("contact") == b"\xcd" * 32
        for mode in (0o440, 0o404, 0o644, 0o601):
            path.chmod(mode)
            with pytest.raises(ImproperlyConfigured, match="owner alone"):
                FileRoots().root("contact")
        with pytest.raises(RootNotHeld, match="does not hold"):
            FileRoots().root("clinical")
        (tmp_path / "clinical.root").mkdir(mode=0o700)
        with pytest.raises(ImproperlyConfigured, match="cannot be read"):
            FileRoots().root("clinical")

    def test_a_containers_secrets_are_told_by_their_folder(self, settings, monkeypatch) -> None:
        settings.ROOT_FILES_DIR = "/run/secrets"
        monkeypatch.setattr(Path, "stat", lambda _self: os.stat_result((0o100444, *[0] * 9)))
        monkeypatch.setattr(Path, "read_text", lambda _self: "ef" * 32)
        assert FileRoots().root("contact") == b"\xef" * 32

    def test_settings_name_the_provider(self) -> None:
        assert isinstance(provider(), EnvRoots)


class TestDerived:
    def test_every_use_has_a_key_of_its_own(self) -> None:
        made = {
            keys.derive(root, label, version)
            for root in ("contact", "clinical", "audit")
            for label in ("kek/contact", "audit/mac")
            for version in (1, 2)
        }
        assert len(made) == 12
        assert all(len(key) == 32 for key in made)

    def test_the_same_roots_give_the_same_key(self) -> None:
        first = keys.derive("audit", "x")
        keys.forget()
        assert keys.derive("audit", "x") == first

    @given(st.lists(st.binary(max_size=6), max_size=5), st.lists(st.binary(max_size=6), max_size=5))
    def test_no_two_lists_are_bound_alike(self, one, other) -> None:
        assert (bind(*one) == bind(*other)) == (one == other)


class TestBlindIndex:
    def test_fingerprints_fit_and_differ_by_field(self) -> None:
        values = [f"+86138{n:08d}" for n in range(500)]
        found = [blind_index.fingerprint("phone", value) for value in values]
        assert all(0 <= one < 2**16 for one in found)
        assert found != [blind_index.fingerprint("id_number", value) for value in values]

    def test_patients_spread_evenly_over_the_buckets(self) -> None:
        """20,000 numbers over 256 buckets: chi-square within what chance allows (p = 1e-6)."""
        numbers = (f"+86139{n:08d}" for n in range(20_000))
        counts = Counter(blind_index.index_value("phone", one, bits=8) for one in numbers)
        expected = 20_000 / 256
        chi = sum((count - expected) ** 2 / expected for count in counts.values())
        assert 150 < chi < 375
        assert len(counts) == 256
        assert min(counts.values()) >= 2  # a stolen table never points at one person

    def test_tokens_are_sorted_sixteen_bit_and_say_their_kind(self) -> None:
        tokens = blind_index.name_tokens([("one", "王"), ("two", "王"), ("one", "王")])
        assert len(tokens) == 2
        assert tokens == sorted(tokens)
        assert all(0 <= one < 2**16 for one in tokens)

    def test_other_roots_give_other_fingerprints(self, other_roots) -> None:
        values = [f"+86137{n:08d}" for n in range(50)]
        before = [blind_index.fingerprint("phone", value) for value in values]
        other_roots()
        assert [blind_index.fingerprint("phone", value) for value in values] != before


@pytest.mark.django_db
class TestCanaries:
    def test_laid_once_and_found_alive(self) -> None:
        KeyCanary.objects.all().delete()
        assert canaries.faults() == ["clinical v1", "contact v1"]
        assert canaries.plant() == 2
        assert canaries.plant() == 0
        assert canaries.faults() == []
        assert {str(one) for one in KeyCanary.objects.all()} == {"contact v1", "clinical v1"}

    def test_wrong_roots_are_noticed(self, other_roots) -> None:
        canaries.plant()
        other_roots()
        assert canaries.faults() == ["clinical v1", "contact v1"]

    def test_a_missing_root_is_noticed(self, monkeypatch) -> None:
        canaries.plant()
        keys.forget()
        monkeypatch.delenv("SUIAN_ROOT_CONTACT")
        assert canaries.faults() == ["contact v1"]
        monkeypatch.undo()
        keys.forget()

    def test_a_canary_with_another_text_is_no_canary(self) -> None:
        KeyCanary.objects.all().delete()
        canaries.plant()
        row = KeyCanary.objects.get(zone="contact")
        nonce = bytes(12)
        row.box = nonce + keys.kek("contact", 1).encrypt(nonce, b"another bird", b"contact")
        row.save()
        assert canaries.faults() == ["contact v1"]


@pytest.mark.django_db
class TestSystemSecrets:
    def test_a_seed_is_sealed_and_opened_by_its_room(self) -> None:
        device = TotpDevice(user=UserFactory.create(), seed="ab" * 20)
        field = device._meta.get_field("seed")
        assert field.open(device) == "ab" * 20
        device.save()
        again = TotpDevice.objects.get(pk=device.pk)
        assert field.open(again) == "ab" * 20
        assert str(again.seed) == "※※※"

    def test_a_seed_of_another_device_does_not_open(self) -> None:
        first, second = (
            TotpDevice.objects.create(user=UserFactory.create(), seed="ab" * 20) for _ in "ab"
        )
        field = first._meta.get_field("seed")
        second.__dict__["seed"] = first.__dict__["seed"]
        with pytest.raises(Unreadable):
            field.open(second)
        second.__dict__["seed"] = None
        assert field.open(second) == ""


def test_migrating_needs_no_roots(monkeypatch, caplog) -> None:
    def no_root() -> int:
        raise ImproperlyConfigured("not here")

    monkeypatch.setattr(canaries, "plant", no_root)
    lay_canaries()
    assert "not laid" in caplog.text
