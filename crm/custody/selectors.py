"""Requests to erase and restrictions, as far as somebody may know of them."""

from typing import Final

from django.db.models import Q, QuerySet

from crm.custody.models import ErasureRequest, Restriction
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


def restrictions_shown_to(staff: User) -> QuerySet[Restriction]:
    """Those of the clinic, in force and lifted, newest first; never one about oneself."""
    known = Patient.objects.known_to(staff).values("pk")
    rows = Restriction.objects.filter(clinic_id=staff.clinic_id, patient__in=known)
    return rows.select_related("patient__subject", "restricted_by", "lift_asked_by", "lifted_by")


def lifts_waiting_for(staff: User) -> QuerySet[Restriction]:
    """Restrictions that this person is to lift or to leave; nothing for others."""
    rows = restrictions_shown_to(staff).filter(lifted_at=None, lift_asked_by__isnull=False)
    if not can(staff, Permission.CONFIRM_ERASURE):
        return rows.none()
    return rows.exclude(lift_asked_by=staff)


def patients_waiting_for(staff: User) -> QuerySet[Patient]:
    """About whom an erasure or a lift waits for this person: the number in the side column."""
    waits = Q(pk__in=erasures_waiting_for(staff).order_by().values("patient"))
    waits |= Q(pk__in=lifts_waiting_for(staff).order_by().values("patient"))
    return Patient.objects.filter(waits)


def restriction_of(patient: Patient) -> Restriction | None:
    """The restriction in force, if there is one."""
    return Restriction.objects.filter(patient=patient, lifted_at=None).first()


def erased_zones(patient: Patient) -> frozenset[str]:
    """Which zones of the patient's data have no keys any more."""
    return zones_erased_of(patient.pk)


def zones_asked_for(patient: Patient) -> list[str]:
    """Which zones somebody asked to erase, and nobody has yet."""
    rows = ErasureRequest.objects.filter(patient=patient, state__in=ErasureRequest.OPEN)
    return sorted(rows.values_list("zone", flat=True))
