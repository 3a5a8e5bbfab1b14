"""Requests to erase, as rows: who asked, who confirmed."""

from django.utils import timezone

from crm.custody.models import ErasureRequest
from crm.patients.models import Patient
from crm.staff.models import User
from privacy.access.policy import Role
from tests.factories.people import UserFactory

WISH = "书面申请 2026-11-03，存于档案柜 4"


def asked_to_erase(
    patient: Patient, zone: str = "contact", asker: User | None = None
) -> ErasureRequest:
    """Asked by a security administrator of the clinic."""
    asker = asker or UserFactory.create(clinic=patient.clinic, role=Role.SECURITY_ADMIN)
    return ErasureRequest.objects.create(
        clinic=patient.clinic, patient=patient, zone=zone, reason="requested", wish=WISH,
        asked_by=asker, asked_at=timezone.now(),
    )  # fmt: skip


def confirmed(asked: ErasureRequest, by: User | None = None) -> ErasureRequest:
    """Confirmed by quality control; its keys are still there."""
    asked.confirmed_by = by or UserFactory.create(clinic=asked.clinic, role=Role.MEDICAL_QC)
    asked.confirmed_at, asked.state = timezone.now(), ErasureRequest.State.CONFIRMED
    asked.save()
    return asked
