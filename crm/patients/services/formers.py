"""What a correction wrote over: set aside in its transaction, gone after 180 days (ADR 0039)."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models.functions import Now

from crm.patients.events import PatientEvent
from crm.patients.former_models import KEPT, FormerContact
from crm.patients.models import Patient
from privacy.audit import services as audit

PROCESS = "former-contact"


def set_aside(patient: Patient, texts: Mapping[str, str]) -> FormerContact | None:
    """Seal what is about to be written over, as part of the correction; None if there is nothing.

    In: ``texts`` by field (name, phone), "" for a field that held nothing.
    """
    if not any(texts.values()):
        return None
    former = FormerContact(patient=patient)
    for field, text in texts.items():
        setattr(former, field, text or None)
    former.save(force_insert=True)
    return former


def remove_due() -> int:
    """Remove what was corrected 180 days ago, a patient at a time, each with its event.

    Out: how many rows went. A run that was killed leaves the rest to the next one.
    """
    due = FormerContact.objects.filter(created_at__lt=Now() - KEPT)
    patients = Patient.objects.filter(pk__in=due.values("patient")).select_related("subject")
    return sum(_remove(patient) for patient in list(patients.order_by("pk")))


@transaction.atomic
def _remove(patient: Patient) -> int:
    due = FormerContact.objects.filter(patient=patient, created_at__lt=Now() - KEPT)
    rows = due.delete()[0]
    if rows:  # another worker may have been faster
        audit.record(
            PatientEvent.FORMER_REMOVED,
            process=PROCESS,
            subjects=[patient],
            fields=["formercontact.name", "formercontact.phone"],
            detail={"rows": rows},
        )
    return rows
