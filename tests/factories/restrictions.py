"""Restricted records, made up for tests."""

from django.utils import timezone

from crm.custody.models import Restriction
from crm.patients.models import Patient
from crm.staff.models import User
from privacy.access.policy import Role
from tests.factories.people import UserFactory

WISH = "患者书面要求停止使用，申请书存病案室"
WHY = "患者书面要求恢复就诊，申请书存病案室"


def restricted(patient: Patient, by: User | None = None) -> Restriction:
    """A restriction in force; the database sets the patient's status."""
    by = by or UserFactory.create(clinic=patient.clinic, role=Role.SECURITY_ADMIN)
    made = Restriction.objects.create(
        clinic=patient.clinic, patient=patient, ground="wish", wish=WISH, restricted_by=by,
        restricted_at=timezone.now(),
    )  # fmt: skip
    made.refresh_from_db(fields=["status_before"])  # of the trigger
    patient.refresh_from_db()
    return made


def asked_to_lift(held: Restriction) -> Restriction:
    """One that waits for the second person."""
    held.lift_asked_by, held.lift_asked_at = held.restricted_by, timezone.now()
    held.lift_why = WHY
    held.save()
    return held


def lifted(held: Restriction, by: User | None = None) -> Restriction:
    """One that has ended."""
    held = held if held.waits else asked_to_lift(held)
    held.lifted_by = by or UserFactory.create(clinic=held.clinic, role=Role.MEDICAL_QC)
    held.lifted_at = timezone.now()
    held.save()
    held.patient.refresh_from_db()
    return held


def close(patient: Patient, status: str) -> None:
    """The record restricted or inactive, the one as it becomes so, the other as it would come from
    elsewhere."""
    if status == Patient.Status.RESTRICTED:
        restricted(patient)
    else:
        Patient.objects.filter(pk=patient.pk).update(status=status)
