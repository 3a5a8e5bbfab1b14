"""What every stored row has."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class RetentionClass(models.TextChoices):
    """How long a row is kept; the periods themselves are settings (R25, R38, R39)."""

    CLINICAL = "clinical", _("Clinical record: 15 years from the last visit")
    CONSULTATION = "consultation", _("Online consultation process data: 3 years")
    CONTACT_LOG = "contact_log", _("Contact log: 3 years")
    CONSENT = "consent", _("Consent ledger: as long as the record it allows")
    FINANCE = "finance", _("Financial record: 15 years")
    AUDIT = "audit", _("Audit trail: at least 12 months online")
    STAFF = "staff", _("Staff record: employment and 3 years")
    SETTINGS = "settings", _("Configuration: until replaced")


def new_id() -> uuid.UUID:
    """A time-ordered UUIDv7, made in the app so that a sealed box can be bound to its row."""
    return uuid7()


class Record(models.Model):
    """An unguessable key, two stamps (UTC), a retention class."""

    retention: ClassVar[RetentionClass]

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
