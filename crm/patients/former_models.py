"""How somebody was addressed and reached before a correction, sealed, for a time (ADR 0039)."""

from datetime import timedelta
from typing import Final

from django.db import models
from django.db.models import Q

from crm.patients.models import Patient
from privacy.encryption.fields import SealedField, Zone
from privacy.records import Record, RetentionClass

KEPT: Final = timedelta(days=180)  # after the correction; the database lets nothing go before


class FormerContact(Record):
    """What one correction wrote over; ``created_at`` is when. Never changed, but for a new key.

    A column for each field: the box is bound to it, so a name never opens as a phone.
    """

    retention = RetentionClass.FORMER
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="former_contacts")
    name = SealedField(zone=Zone.CONTACT)
    phone = SealedField(zone=Zone.CONTACT)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="former_contact_holds_something",
                condition=Q(name__isnull=False) | Q(phone__isnull=False),
            ),
        ]
        indexes = [models.Index(name="former_contacts_by_age", fields=["created_at"])]

    def __str__(self) -> str:
        return f"former contact of {self.patient_id}"

    @property
    def trail_target(self) -> str:
        """How the audit trail names this row."""
        return f"former:{self.pk}"
