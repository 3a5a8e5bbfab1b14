"""Which values were corrected, as far as may be told without opening them (ADR 0039)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q
from django.db.models.functions import JSONObject

from crm.patients.former_models import FormerContact
from crm.patients.models import Patient, PatientContact, SealedText

FIELDS: Final = ("phone", "name")  # most used first


@dataclass(frozen=True, slots=True)
class Former:
    """That ``field`` held something else until then (aware)."""

    row: UUID
    field: str
    until: datetime

    @property
    def key(self) -> str:
        """How a form names this value."""
        return f"{self.field}-{self.row}"


def _held(field: str) -> "ExpressionWrapper[Q]":
    return ExpressionWrapper(Q(**{f"{field}__isnull": False}), output_field=BooleanField())


def contact_with_formers(patient: Patient) -> tuple[PatientContact | None, list[Former]]:
    """The contact row, and what was corrected in it, newest first: one statement for a page."""
    rows = (
        FormerContact.objects.filter(patient_id=OuterRef("patient_id"))
        .order_by("-created_at", "-pk")
        .values(
            told=JSONObject(row="pk", until="created_at", **{one: _held(one) for one in FIELDS})
        )
    )
    found = PatientContact.objects.filter(patient=patient).annotate(formers=ArraySubquery(rows))
    contact = found.first()
    told: list[dict[str, Any]] = getattr(contact, "formers", [])  # nobody's contact: none
    return contact, [
        Former(UUID(one["row"]), field, datetime.fromisoformat(one["until"]))
        for field in FIELDS
        for one in told
        if one[field]
    ]


def former_value(patient: Patient, row: UUID, field: str) -> SealedText:
    """The value of one of this patient's corrections; None if it is gone, or somebody else's."""
    found = FormerContact.objects.filter(patient=patient, pk=row).first()
    sealed: SealedText = getattr(found, field, None)
    return sealed
