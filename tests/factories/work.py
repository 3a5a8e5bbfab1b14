"""Records that make a patient the work of a role, as the rooms that keep them count it."""

from itertools import count

from django.utils import timezone

from consult.consultations.models import Consultation
from consult.fees.models import Estimate
from crm.patients.models import Patient
from privacy.access.policy import Role
from tests.factories.people import UserFactory

NUMBERS = count(1)


def work_of(role: Role, *patients: Patient) -> None:
    """An estimate, a locked talk, or the stage of follow-up, made by somebody of the house."""
    for patient in patients:
        {
            Role.FINANCE: _estimated,
            Role.MEDICAL_QC: _talked,
            Role.FOLLOWUP_AGENT: _handed_to_follow_up,
        }[role](patient)


def _estimated(patient: Patient) -> None:
    author = UserFactory.create(clinic=patient.clinic, is_active=False)
    number = f"E-1999-{next(NUMBERS):04d}"
    Estimate.objects.create(
        patient=patient, clinic=patient.clinic, number=number, created_by=author
    )


def _talked(patient: Patient) -> None:
    author = UserFactory.create(clinic=patient.clinic, is_active=False)
    now = timezone.now()
    Consultation.objects.create(
        patient=patient, consultant=author, channel="phone", disposition="self_care",
        status="submitted", started_at=now, submitted_at=now, submitted_by=author,
    )  # fmt: skip


def _handed_to_follow_up(patient: Patient) -> None:
    Patient.objects.filter(pk=patient.pk).update(stage=Patient.Stage.FOLLOW_UP)
    patient.refresh_from_db()
