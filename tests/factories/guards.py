"""Guarded patients, made up for tests."""

from django.utils import timezone

from crm.patients.models import HiddenDouble, Patient, PatientGuard, person_mark
from crm.staff.models import User
from tests.factories.people import PatientFactory

WHY = "本地电视台主持人，要求少数人接触"


def guarded_by(
    patient: Patient, staff: User, kind: str = "vip", *, person: User | None = None
) -> PatientGuard:
    """A mark in force, whoever may set it; ``person`` of the staff who is the patient."""
    return PatientGuard.objects.create(
        patient=patient,
        kind="staff" if person else kind,
        reason=WHY,
        person_mark=person_mark(person) if person else None,
        since=timezone.now(),
        marked_by=staff,
    )


def doubled(patient: Patient) -> HiddenDouble:
    """A registration that may be the patient again."""
    newcomer = PatientFactory.create(clinic=patient.clinic)
    return HiddenDouble.objects.create(patient=patient, newcomer=newcomer)
