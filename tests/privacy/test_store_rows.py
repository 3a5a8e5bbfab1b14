"""Rows stored by COPY are what ``bulk_create`` would have stored, and few are stored by that."""

import pytest
from django.db import IntegrityError, transaction

from crm.patients.events import PatientEvent
from crm.patients.models import Patient, PatientContact
from crm.patients.rules import name_tokens
from privacy.audit import services as audit
from privacy.audit.models import READER, RowChange, acting_as
from privacy.records import store_many
from tests.factories.people import PatientFactory

pytestmark = pytest.mark.django_db


def contact_of(patient: Patient, phone: str = "+8613800138000") -> PatientContact:
    contact = PatientContact(patient=patient)
    contact.set_name("王小明", name_tokens("王小明"))
    contact.set_phone(phone)
    return contact


@pytest.fixture(params=[1, 20], ids=["by COPY", "by INSERT"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("privacy.records.MANY", request.param)


@pytest.fixture
def patients() -> list[Patient]:
    made = [PatientFactory() for _ in range(3)]
    PatientContact.objects.all().delete()
    return made


def test_sealed_values_open_and_are_found_again(patients: list[Patient]) -> None:
    rows = [contact_of(one) for one in patients]
    store_many(rows)

    found = PatientContact.objects.may_have_phone("+8613800138000")
    assert {one.pk for one in found} == {one.pk for one in rows}
    held = PatientContact.objects.get(pk=rows[0].pk)
    assert held.created_at == rows[0].created_at
    assert held.id_number is None
    receipt = audit.record(
        PatientEvent.COMPARED,
        process="test",
        subjects=[patients[0].subject],
        fields=["patientcontact.name"],
    )
    assert held.name is not None
    assert held.name.reveal(receipt) == "王小明"


def test_they_count_as_saved_and_are_noted(patients: list[Patient]) -> None:
    rows = [contact_of(one) for one in patients]
    store_many(rows)
    rows[0].set_phone("+8613900139000")
    rows[0].save()  # an UPDATE: the row is known to be there

    with acting_as(READER):
        notes = RowChange.objects.filter(relation="crm_patientcontact").order_by("id")
        by_row = {str(one.pk): [note.operation for note in notes.filter(row_key=str(one.pk))]
                  for one in rows}  # fmt: skip
    assert list(by_row.values()) == [["I", "U"], ["I"], ["I"]]


def test_all_of_them_or_none(patients: list[Patient]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        store_many([contact_of(patients[0]), contact_of(patients[0])])

    assert not PatientContact.objects.filter(patient=patients[0]).exists()


def test_nothing_is_stored_of_nothing() -> None:
    store_many([])
    assert not PatientContact.objects.exists()
