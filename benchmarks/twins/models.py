"""The sealed tables of a patient in plain text, as the product would have them without encryption,
and the same with the fields of others; one row to save with and without a trail.
"""

import importlib
from importlib.util import find_spec
from typing import Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models

from crm.patients.models import Patient
from privacy.records import Record, RetentionClass

CONTACT = ("name", "phone", "id_number")
CLINICAL = ("chief_complaint", "sex", "birth_year", "marital_status")
PEERS = {  # package -> its text field; installed by ``make bench`` alone
    "fernet": "encrypted_fields.fields",
    "encrypted-model-fields": "encrypted_model_fields.fields",
}


class PlainContact(Record):
    """PatientContact without sealing; indexes for the same three searches."""

    retention = RetentionClass.CONTACT_LOG
    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="+")
    name = models.TextField()
    phone = models.TextField()
    id_number = models.TextField()

    class Meta:
        indexes = [
            models.Index(name="plain_phone", fields=["phone"]),
            models.Index(name="plain_id_number", fields=["id_number"]),
            GinIndex(OpClass("name", name="gin_trgm_ops"), name="plain_name"),
        ]

    def __str__(self) -> str:
        return f"contact of {self.patient_id}"


class PlainClinical(Record):
    """PatientClinical without sealing."""

    retention = RetentionClass.CLINICAL
    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="+")
    chief_complaint = models.TextField()
    sex = models.TextField()
    birth_year = models.TextField()
    marital_status = models.TextField()

    def __str__(self) -> str:
        return f"clinical data of {self.patient_id}"


def _twin(name: str, fields: tuple[str, ...], module: str) -> type[models.Model]:
    field = importlib.import_module(module).EncryptedTextField
    body: dict[str, Any] = {
        "__module__": __name__,
        "retention": RetentionClass.CLINICAL,
        "patient": models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="+"),
        **{one: field(null=True) for one in fields},
    }
    return type(name, (Record,), body)


# What others store of the same patient: (contact, clinical) by package.
peers = {
    package: (
        _twin(f"Contact{number}", CONTACT, module),
        _twin(f"Clinical{number}", CLINICAL, module),
    )
    for number, (package, module) in enumerate(PEERS.items())
    if find_spec(module.partition(".")[0])
}


class Note(Record):
    """A small row to look at and to change, as a consultation is."""

    retention = RetentionClass.CLINICAL
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    status = models.IntegerField(default=0)
    text = models.TextField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"note {self.pk}"


class PlainNote(Note):
    """Nobody takes down what is done to it."""


class WatchedNote(Note):
    """Under the product's net of triggers; the caller writes events."""


class LoggedNote(Note):
    """Under django-auditlog, where that is installed."""


if find_spec("auditlog"):
    importlib.import_module("auditlog.registry").auditlog.register(LoggedNote)
