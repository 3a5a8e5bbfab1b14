"""Sealed fields: masked, bound to their place, opened by receipts alone, never blank."""

import copy
import pickle

import pytest
from django.db import connection, transaction
from django.template import Context, Template

from crm.patients.models import Patient, PatientClinical, PatientContact
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.encryption import keyring
from privacy.encryption.boxes import OVERHEAD, pad, unpad
from privacy.encryption.fields import BoxField, NotCovered, Sealed, SealedField
from privacy.encryption.models import SubjectKey
from privacy.errors import Unreadable
from privacy.receipts import Receipt
from tests.conftest import owner_connection
from tests.factories.people import PatientFactory

pytestmark = pytest.mark.django_db
FIELDS = (
    ("contact", "name", "王芳"),
    ("contact", "phone", "+8613800138000"),
    ("clinical", "chief_complaint", "备孕一年未果"),
)


@pytest.fixture
def receipt(carer, patient) -> Receipt:
    return looked_at(carer, patient)


def looked_at(actor, *patients, fields=()) -> Receipt:
    with transaction.atomic():
        return audit.record(
            AuditTrailEvent.VIEWED,
            actor=actor,
            subjects=patients,
            fields=fields
            or [f"{model}.{name}" for model in ("patientcontact", "patientclinical")
                for name in ("name", "phone", "id_number", "chief_complaint")],
        )  # fmt: skip


def fresh(patient: Patient, relation: str):
    model = {"contact": PatientContact, "clinical": PatientClinical}[relation]
    return model.objects.get(patient=patient)


def box_of(patient: Patient, relation: str, name: str) -> bytes:
    row = fresh(patient, relation)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {row._meta.db_table} WHERE id = %s", [row.pk])
        return bytes(cursor.fetchone()[0])


def put_box(patient: Patient, relation: str, name: str, box: bytes) -> None:
    row = fresh(patient, relation)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {row._meta.db_table} SET {name} = %s WHERE id = %s", [box, row.pk])


class TestMask:
    def test_it_never_shows_itself(self, patient) -> None:
        sealed = fresh(patient, "contact").name
        assert str(sealed) == f"{sealed}" == Sealed.MASK == "※※※"
        assert repr(sealed) == "<Sealed patientcontact.name>"
        assert Template("{{ value }}").render(Context({"value": sealed})) == "※※※"

    def test_it_leaves_the_process_by_no_road(self, patient) -> None:
        sealed = fresh(patient, "contact").name
        for way in (pickle.dumps, copy.copy, copy.deepcopy, hash):
            with pytest.raises(TypeError):
                way(sealed)
        field = PatientContact._meta.get_field("name")
        with pytest.raises(TypeError, match="not serialised"):
            field.value_to_string(patient.contact)
        assert field.value_from_object(patient.contact) is None

    def test_values_are_equal_by_place_and_content(self, patient) -> None:
        one, same = fresh(patient, "contact"), fresh(patient, "contact")
        assert one.name == same.name
        assert one.name != one.phone
        assert one.name != "王芳"

    def test_the_class_has_the_attribute_itself(self) -> None:
        assert not isinstance(PatientContact.name, Sealed)


class TestReveal:
    def test_a_receipt_of_the_patient_and_field_opens_it(self, patient, receipt) -> None:
        for relation, name, text in FIELDS:
            assert getattr(fresh(patient, relation), name).reveal(receipt) == text

    def test_without_the_field_or_the_patient_it_stays_shut(self, carer, patient) -> None:
        other = PatientFactory.create(clinic=patient.clinic)
        contact = fresh(patient, "contact")
        for held in (
            looked_at(carer, patient, fields=["patientcontact.phone"]),
            looked_at(carer, other),
            looked_at(carer),
        ):
            with pytest.raises(NotCovered):
                contact.name.reveal(held)

    def test_a_pending_value_needs_the_receipt_too(self, patient, receipt, carer) -> None:
        contact = PatientContact(patient=patient, name="李雷")
        assert contact.name.pending == "李雷"
        assert contact.name.box is None
        with pytest.raises(NotCovered):
            contact.name.reveal(looked_at(carer))
        assert contact.name.reveal(receipt) == "李雷"

    def test_an_empty_value_holds_nothing(self, patient, receipt) -> None:
        sealed = fresh(patient, "contact").name
        broken = Sealed(place=sealed.place, owner_id=patient.pk, box=None)
        with pytest.raises(TypeError):
            broken.reveal(receipt)

    def test_one_query_of_keys_serves_a_whole_list(
        self, carer, patient, django_assert_num_queries
    ) -> None:
        patients = [patient, *PatientFactory.create_batch(3, clinic=patient.clinic)]
        contacts = [fresh(one, "contact") for one in patients]
        held = looked_at(carer, *patients)
        with django_assert_num_queries(1):
            names = [one.name.reveal(held) for one in contacts]
            phones = [one.phone.reveal(held) for one in contacts]
        assert (len(names), len(phones)) == (4, 4)

    def test_a_deferred_value_is_fetched(self, patient, receipt) -> None:
        contact = PatientContact.objects.defer("name").get(patient=patient)
        assert contact.name.reveal(receipt) == "王芳"


class TestWrite:
    def test_an_empty_text_is_no_value(self, patient) -> None:
        contact = patient.contact
        contact.name = ""
        contact.save()
        assert fresh(patient, "contact").name is None

    def test_saving_again_keeps_the_box(self, patient) -> None:
        before = box_of(patient, "contact", "name")
        fresh(patient, "contact").save()
        assert box_of(patient, "contact", "name") == before

    def test_the_same_text_twice_gives_two_boxes(self, patient) -> None:
        before = box_of(patient, "contact", "name")
        contact = fresh(patient, "contact")
        contact.name = "王芳"
        contact.save()
        assert box_of(patient, "contact", "name") != before

    def test_a_value_may_be_set_from_its_own_place_only(self, patient, receipt) -> None:
        contact, same = fresh(patient, "contact"), fresh(patient, "contact")
        same.name = contact.name
        same.save()
        assert fresh(patient, "contact").name.reveal(receipt) == "王芳"
        other = PatientFactory.create(clinic=patient.clinic).contact
        for target, name in ((other, "name"), (contact, "phone")):
            with pytest.raises(ValueError, match="another place"):
                setattr(target, name, contact.name)
        contact.name = "李雷"
        contact.name = contact.name
        assert contact.name.pending == "李雷"

    @pytest.mark.parametrize("value", [1990, 1.5, ["王芳"], True])
    def test_only_text_is_taken(self, patient, value) -> None:
        with pytest.raises(TypeError):
            patient.contact.name = value

    def test_plain_text_cannot_slip_past_by_update_filter_or_bulk(self, patient) -> None:
        contact = fresh(patient, "contact")
        for slip in (
            lambda: PatientContact.objects.update(name="王芳"),
            lambda: PatientContact.objects.filter(name="王芳").exists(),
            lambda: PatientContact.objects.bulk_update([contact], ["name"]),
        ):
            with pytest.raises(TypeError, match="never by update"), transaction.atomic():
                slip()

    def test_without_a_patient_nothing_is_sealed(self) -> None:
        contact = PatientContact(name="王芳")
        with pytest.raises(ValueError, match="no patient yet"):
            contact._meta.get_field("name").pre_save(contact, add=True)

    def test_lengths_say_little(self, patient) -> None:
        assert len(box_of(patient, "contact", "name")) == OVERHEAD + 32
        assert len(box_of(patient, "contact", "phone")) == OVERHEAD + 32
        assert len(box_of(patient, "clinical", "chief_complaint")) == OVERHEAD + 256
        assert unpad(pad(b"x" * 28, 32)) == b"x" * 28
        assert len(pad(b"x" * 29, 32)) == 64

    def test_fields_tell_migrations_what_they_are(self) -> None:
        _name, path, _args, kwargs = PatientClinical._meta.get_field(
            "chief_complaint"
        ).deconstruct()
        assert path == "privacy.encryption.fields.SealedField"
        assert (kwargs["zone"], kwargs["owner"], kwargs["pad"]) == ("clinical", "patient_id", 256)
        assert "pad" not in SealedField().deconstruct()[3]

    def test_the_bare_field_asks_its_kinds(self, patient) -> None:
        bare = BoxField()
        at = lambda one: bare._at(one, None)  # noqa: E731 - as short as its neighbours
        for ask in (at, bare.place, bare.owner_id, lambda one: bare.seal_for(one, "x")):
            with pytest.raises(NotImplementedError):
                ask(patient)


MUTATIONS = {
    "first bit of the header": lambda box: bytes([box[0] ^ 1]) + box[1:],
    "algorithm": lambda box: box[:1] + b"\x02" + box[2:],
    "key version": lambda box: box[:5] + bytes([box[5] ^ 1]) + box[6:],
    "nonce": lambda box: box[:6] + bytes([box[6] ^ 1]) + box[7:],
    "ciphertext, first bit": lambda box: box[:18] + bytes([box[18] ^ 0x80]) + box[19:],
    "ciphertext, middle": lambda box: box[:30] + bytes([box[30] ^ 4]) + box[31:],
    "tag": lambda box: box[:-1] + bytes([box[-1] ^ 1]),
    "cut": lambda box: box[:-1],
    "cut to nothing but a header": lambda box: box[:20],
    "one byte more": lambda box: box + b"\0",
    "empty": lambda _box: b"",
    "all zero": lambda box: bytes(len(box)),
}


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
@pytest.mark.parametrize(("relation", "name", "text"), FIELDS)
def test_a_changed_box_is_refused_and_never_blank(
    patient, receipt, mutation, relation, name, text
) -> None:
    put_box(patient, relation, name, mutation(box_of(patient, relation, name)))
    with pytest.raises(Unreadable):
        getattr(fresh(patient, relation), name).reveal(receipt)


def test_a_moved_box_is_refused(carer, patient) -> None:
    other = PatientFactory.create(clinic=patient.clinic)
    both = looked_at(carer, patient, other)
    name, phone = (box_of(patient, "contact", one) for one in ("name", "phone"))
    put_box(other, "contact", "name", name)  # another patient
    put_box(patient, "contact", "name", phone)  # another field
    for moved in (fresh(other, "contact").name, fresh(patient, "contact").name):
        with pytest.raises(Unreadable, match="E-BOX-TAG"):
            moved.reveal(both)


def test_a_box_of_another_row_of_the_same_patient_is_refused(patient, receipt) -> None:
    box, row = box_of(patient, "contact", "name"), fresh(patient, "contact")
    copied = PatientContact(patient=patient)
    copied.__dict__["name"] = box
    assert copied.pk != row.pk
    with pytest.raises(Unreadable, match="E-BOX-TAG"):
        copied.name.reveal(receipt)


class TestKeys:
    def test_a_shredded_zone_is_gone_and_the_other_stays(self, patient, receipt) -> None:
        SubjectKey.objects.filter(subject_id=patient.pk, zone="contact").delete()
        with pytest.raises(Unreadable, match="E-KEY-NONE"):
            fresh(patient, "contact").name.reveal(receipt)
        assert fresh(patient, "clinical").chief_complaint.reveal(receipt) == "备孕一年未果"
        contact = fresh(patient, "contact")
        contact.name = "新名"
        with pytest.raises(Unreadable, match="E-KEY-NONE"):
            contact.save()

    @pytest.mark.parametrize("change", ["subject", "zone", "version", "bytes"])
    def test_a_wrap_is_bound_to_patient_zone_and_version(self, patient, change) -> None:
        key = SubjectKey.objects.get(subject_id=patient.pk, zone="contact")
        if change == "subject":
            key.subject_id = PatientFactory.create(clinic=patient.clinic).pk
        elif change == "zone":
            key.zone = "clinical"
        elif change == "version":
            key.version = 2
        else:
            key.wrapped = bytes(key.wrapped)[:-1] + b"\0"
        with pytest.raises(Unreadable, match="E-KEY-WRAP"):
            key.open()
        assert str(key).endswith(f"key {key.version}")

    def test_the_newest_version_seals_and_old_ones_still_open(self, patient, receipt) -> None:
        newer = SubjectKey.issue([patient.pk])[0]
        newer.version = 2
        newer.wrapped = _wrapped_anew(newer)
        newer.save()
        contact = fresh(patient, "contact")
        contact.name = "王芳芳"
        contact.save()
        again = fresh(patient, "contact")
        assert again.name.box[2:6] == b"\0\0\0\2"
        assert again.phone.box[2:6] == b"\0\0\0\1"
        assert again.name.reveal(receipt) == "王芳芳"
        assert again.phone.reveal(receipt) == "+8613800138000"

    def test_within_a_scope_keys_are_fetched_once(self, patient, django_assert_num_queries) -> None:
        with keyring.scope():
            with django_assert_num_queries(1):
                keyring.writing_key(patient.pk, "contact")
                keyring.writing_key(patient.pk, "contact")
            with django_assert_num_queries(0):
                keyring.writing_key(patient.pk, "contact")
            keyring.remember(SubjectKey.issue([patient.pk]))
        with django_assert_num_queries(1):
            keyring.writing_key(patient.pk, "contact")

    def test_new_patients_keys_are_at_hand_in_their_scope(self, clinic) -> None:
        with keyring.scope():
            PatientFactory.create(clinic=clinic)

    def test_the_cache_of_a_receipt_holds_keys_only(self, patient, receipt) -> None:
        sealed = fresh(patient, "contact").name
        receipt.loaded_zones.add("contact")
        receipt.keys[patient.pk, "contact", 1] = "not a key"
        with pytest.raises(TypeError):
            sealed.reveal(receipt)


def _wrapped_anew(key: SubjectKey) -> bytes:
    from privacy.encryption.keys import kek

    nonce = bytes(12)
    return nonce + kek(key.zone, key.kek_version).encrypt(nonce, bytes(32), key._at_rest.bound)


class TestTemplates:
    def show(self, filters: str, value, receipt) -> str:
        return Template("{{ value|" + filters + ":receipt }}").render(
            Context({"value": value, "receipt": receipt})
        )

    def test_filters_open_mask_or_say_unavailable(self, patient, receipt) -> None:
        contact = fresh(patient, "contact")
        assert self.show("shown", contact.name, receipt) == "王芳"
        assert self.show("masked_name", contact.name, receipt).startswith("王")
        assert self.show("masked_phone", contact.phone, receipt).endswith("00")
        assert self.show("shown", contact.id_number, receipt) == ""

    def test_a_broken_box_shows_a_code_and_is_booked(self, patient, receipt) -> None:
        put_box(patient, "contact", "name", b"\1\1\0\0\0\1" + bytes(60))
        shown = self.show("masked_name", fresh(patient, "contact").name, receipt)
        assert "E-BOX-TAG" in shown
        assert "data-unreadable" in shown
        with acting_as(READER):
            event = AuditEvent.objects.get(action="crypto.failed")
        assert (event.fields, event.detail) == (["patientcontact.name"], {"code": "E-BOX-TAG"})


def test_nothing_readable_reaches_the_tables(transactional_db, clinic) -> None:
    told = {"name": "独孤求败", "phone": "+8613900001111"}
    PatientFactory.create(clinic=clinic, contact=told)
    with owner_connection() as owner:
        for table in ("crm_patientcontact", "crm_patientclinical"):
            rows = owner.execute(f"SELECT t::text FROM {table} AS t").fetchall()
            assert rows
            for (row,) in rows:
                for secret in ("独孤求败", "13900001111", "备孕", "独孤求败".encode().hex()):
                    assert secret not in row
