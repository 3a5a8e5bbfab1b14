"""SM4-GCM beside AES-256-GCM: the published vectors, both side by side, from one to the other."""

import io

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.core.management import CommandError, call_command
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from crm.patients.models import PatientContact
from crm.staff import checks
from privacy.access.policy import Role
from privacy.custody import reconciling, resealing
from privacy.encryption.algorithms import (
    AES_256_GCM,
    NAMES,
    SM4_GCM,
    DataKey,
    sm4_decrypt,
    sm4_encrypt,
    sm4_key,
)
from privacy.encryption.boxes import Place, key_version_of, seal, unseal
from privacy.errors import Unreadable
from tests.factories.people import PatientFactory, UserFactory, number_of

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
PLACE = Place(zone="contact", model="m", field="f", row=bytes(16), owner=bytes(16))
SECRET = bytes(range(32))


def keeper() -> str:
    """Staff number of who may run commands about keys."""
    return number_of(Role.SECURITY_ADMIN)


class TestVectors:
    def test_sm4_gcm_of_rfc_8998(self) -> None:
        nonce = bytes.fromhex("00001234567800000000abcd")
        bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
        plain = bytes.fromhex(
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
            "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
        )
        due = bytes.fromhex(
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
            "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
            "83de3541e4c2b58177e065a9bf7b62ec"
        )
        assert sm4_encrypt(KEY, nonce, plain, bound) == due
        assert sm4_decrypt(KEY, nonce, due, bound) == plain

    def test_sm3_of_gbt_32905(self) -> None:
        for text, due in (
            (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
            (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
        ):
            seen = hashes.Hash(hashes.SM3())
            seen.update(text)
            assert seen.finalize().hex() == due

    def test_sm4_of_gbt_32907(self) -> None:
        made = Cipher(algorithms.SM4(KEY), modes.ECB()).encryptor()  # noqa: S305 - the vector's mode
        assert made.update(KEY).hex() == "681edf34d206965e86b3e94f536e4246"

    def test_the_key_is_its_own(self) -> None:
        assert sm4_key(SECRET).hex() == sm4_key(SECRET).hex()
        assert len(sm4_key(SECRET)) == 16
        assert sm4_key(SECRET) != SECRET[:16]


class TestBoxes:
    @pytest.mark.parametrize("name", ["aes-256-gcm", "sm4-gcm"])
    def test_both_open_whatever_is_chosen(self, settings, name) -> None:
        key = DataKey(SECRET)
        boxes = []
        for each in ("aes-256-gcm", "sm4-gcm"):
            settings.SEAL_ALGORITHM = each
            boxes.append(seal("张伟", place=PLACE, key=key, key_version=3, step=32))
        settings.SEAL_ALGORITHM = name
        assert [box[1] for box in boxes] == [AES_256_GCM, SM4_GCM]
        assert len(boxes[0]) == len(boxes[1])
        for box in boxes:
            assert (unseal(box, place=PLACE, key=key), key_version_of(box)) == ("张伟", 3)

    @given(st.integers(0, 500), st.integers(1, 255))
    def test_any_changed_byte_is_refused(self, at: int, change: int) -> None:
        key = DataKey(SECRET)
        from django.test import override_settings

        with override_settings(SEAL_ALGORITHM="sm4-gcm"):
            box = seal("张伟", place=PLACE, key=key, key_version=1, step=32)
        at %= len(box)
        wrong = box[:at] + bytes([box[at] ^ change]) + box[at + 1 :]
        with pytest.raises(Unreadable):
            unseal(wrong, place=PLACE, key=key)

    def test_a_box_under_the_other_number(self, settings) -> None:
        key = DataKey(SECRET)
        for name, other in (("aes-256-gcm", SM4_GCM), ("sm4-gcm", AES_256_GCM)):
            settings.SEAL_ALGORITHM = name
            box = seal("x", place=PLACE, key=key, key_version=1, step=32)
            with pytest.raises(Unreadable, match="E-BOX-TAG"):
                unseal(box[:1] + bytes([other]) + box[2:], place=PLACE, key=key)
            with pytest.raises(Unreadable, match="E-BOX-FORM"):
                unseal(box[:1] + b"\3" + box[2:], place=PLACE, key=key)

    def test_too_short(self) -> None:
        with pytest.raises(InvalidTag):
            sm4_decrypt(KEY, bytes(12), b"short", b"")

    def test_it_is_called_what_it_is(self) -> None:
        assert "128" in NAMES[SM4_GCM]
        assert "256" not in NAMES[SM4_GCM]

    def test_an_unknown_one_stops_the_start(self, settings) -> None:
        assert checks.seal_algorithm_is_known() == []
        settings.SEAL_ALGORITHM = "rot13"
        assert [one.id for one in checks.seal_algorithm_is_known()] == ["suian.E004"]


def names_in_use() -> set[str]:
    return {NAMES[algorithm] for _zone, algorithm, *_rest in resealing.count_boxes()}


@pytest.mark.django_db(transaction=True)
class TestMoving:
    def box_of(self, patient) -> bytes:
        contact = PatientContact.objects.get(patient=patient)
        return bytes(contact.name.box)

    def test_from_one_to_the_other_and_back(self, settings, clinic, patient) -> None:
        settings.SEAL_ALGORITHM = "sm4-gcm"
        newer = PatientFactory.create(clinic=clinic)
        assert (self.box_of(patient)[1], self.box_of(newer)[1]) == (AES_256_GCM, SM4_GCM)
        names = names_in_use()
        assert names == set(NAMES.values())
        assert [one.pk for one in resealing.of_another_algorithm("contact")] == [patient.subject_id]
        out = io.StringIO()
        call_command("reencrypt", staff=keeper(), other_algorithm=True, stdout=out)
        assert patient.code in out.getvalue()
        assert newer.code not in out.getvalue()
        assert self.box_of(patient)[1] == SM4_GCM
        assert names_in_use() == {NAMES[SM4_GCM]}
        assert resealing.of_another_algorithm("contact") == []
        settings.SEAL_ALGORITHM = "aes-256-gcm"
        call_command("reencrypt", staff=keeper(), other_algorithm=True, zone="contact", stdout=out)
        assert self.box_of(newer)[1] == AES_256_GCM

    def test_one_way_at_a_time(self) -> None:
        with pytest.raises(CommandError):
            call_command("reencrypt", staff="aq01")
        with pytest.raises(CommandError):
            call_command("reencrypt", staff=keeper(), finish=True, other_algorithm=True)

    def test_the_page_counts_both(self, settings, clinic, patient, sign_in_as) -> None:
        settings.SEAL_ALGORITHM = "sm4-gcm"
        PatientFactory.create(clinic=clinic)
        list(reconciling.reconcile(reconciling.open_run(), process="test"))
        keeper = UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)
        page = sign_in_as(keeper).get(reverse("custody:keys")).content.decode()
        assert "国密 SM4-GCM 128 位" in page
        assert "AES-256-GCM" in page
        assert "reencrypt --other-algorithm" in page
