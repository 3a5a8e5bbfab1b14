"""Requests to erase, as far as somebody may know of them."""

from typing import Final

from django.db.models import QuerySet

from crm.custody.models import ErasureRequest
from crm.patients.models import Patient
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.custody.selectors import zones_erased_of

SHOWN: Final = 50


def erasures_shown_to(staff: User) -> QuerySet[ErasureRequest]:
    """Those of the clinic, newest first; never one about oneself as a patient."""
    known = Patient.objects.known_to(staff).values("pk")
    rows = ErasureRequest.objects.filter(clinic_id=staff.clinic_id, patient__in=known)
    return rows.select_related("patient__subject", "asked_by", "confirmed_by", "closed_by")


def erasures_waiting_for(staff: User) -> QuerySet[ErasureRequest]:
    """What the confirming side has not decided yet; nothing for others."""
    if not can(staff, Permission.CONFIRM_ERASURE):
        return ErasureRequest.objects.none()
    waiting = erasures_shown_to(staff).filter(state=ErasureRequest.State.ASKED)
    return waiting.exclude(asked_by=staff)


def erased_zones(patient: Patient) -> frozenset[str]:
    """Which zones of the patient's data have no keys any more."""
    return zones_erased_of(patient.pk)


def zones_asked_for(patient: Patient) -> list[str]:
    """Which zones somebody asked to erase, and nobody has yet."""
    rows = ErasureRequest.objects.filter(patient=patient, state__in=ErasureRequest.OPEN)
    return sorted(rows.values_list("zone", flat=True))
