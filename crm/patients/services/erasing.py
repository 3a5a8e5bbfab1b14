"""What the registry forgets when a zone of a patient's data is erased."""

from typing import Any
from uuid import UUID

from django.db.models import Case, Value, When

from crm.patients.models import PatientContact
from privacy.custody.signals import CONTACT

NOWHERE = -1  # fingerprints are never negative: no search finds this row any more


def forget_lookups(*, subject_id: UUID, zone: str, **_signal: Any) -> None:
    """Delete blind indexes and name tokens with the contact zone, in the erasure's transaction."""
    if zone != CONTACT:
        return
    PatientContact.objects.filter(patient_id=subject_id).update(
        name_tokens=[],
        phone_index=Case(When(phone_index__isnull=False, then=Value(NOWHERE))),
        id_number_index=Case(When(id_number_index__isnull=False, then=Value(NOWHERE))),
    )
