"""Opening one value of a patient, against an event of its own."""

from django.apps import apps
from django.db import transaction

from crm.patients.models import Patient
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent


def read(patient: Patient, path: str) -> str:
    """The text of ``model.field`` of the patient's row in a model of the registry."""
    model, _dot, field = path.partition(".")
    with transaction.atomic():
        receipt = audit.record(
            AuditTrailEvent.VIEWED, process="test", subjects=[patient], fields=[path]
        )
    row = apps.get_model("crm", model).objects.get(patient=patient)
    return str(getattr(row, field).reveal(receipt))
