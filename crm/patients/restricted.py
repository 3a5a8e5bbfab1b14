"""Whose record is restricted, as far as somebody may know of it (R15, ADR 0040)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from crm.patients.models import Patient, PatientQuerySet
from crm.patients.reach import Holds
from crm.staff.models import User


def patients_restricted_for(staff: User) -> QuerySet[Patient]:
    """Whom ``staff`` would see but for a restriction: the code, and that it is so."""
    met = Patient.objects.met_by(staff).filter(Holds(~PatientQuerySet.seen_by(staff)))
    return met.select_related("subject")


def is_restricted_for(patient: Patient, staff: User) -> bool:
    """Whether a restriction, and nothing else, keeps the patient's record from ``staff``."""
    stopped = patient.status == Patient.Status.RESTRICTED
    return stopped and patients_restricted_for(staff).filter(pk=patient.pk).exists()


def restricted_among(staff: User, rows: Iterable[Any]) -> set[UUID]:
    """Of the rows of a list, with ``shut``, those that nothing but a restriction shuts; asked only
    where there is one, so that no list costs more for it."""
    stopped = [one.pk for one in rows if one.shut and one.status == Patient.Status.RESTRICTED]
    if not stopped:
        return set()
    found = patients_restricted_for(staff).filter(pk__in=stopped)
    return set(found.values_list("pk", flat=True))
