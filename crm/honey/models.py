"""Which patients are invented ones that watch for harvests (T2).

The table does not tell: a mark is an HMAC of the code under the contact root, which the worker
that watches holds too; the code itself is sealed under the audit root, for the page.
"""

from typing import Self

from django.db import models
from django.db.models import Q

from crm.staff.models import Clinic, User
from privacy.encryption.blind_index import keyed_mark
from privacy.encryption.fields import SystemSealedField
from privacy.records import Record, RetentionClass


def mark_of(code: str) -> bytes:
    """What stands for a patient's code in the table."""
    return keyed_mark("honey", code)


class HoneyRecordQuerySet(models.QuerySet["HoneyRecord"]):
    def live(self) -> Self:
        """What watches now."""
        return self.filter(retired_on__isnull=True)

    def visible_to(self, staff: User) -> Self:
        """Those of the own clinic."""
        return self.filter(clinic_id=staff.clinic_id)


class HoneyRecord(Record):
    """One invented patient. Days and no moments: a moment would lead to the patient's own row."""

    retention = RetentionClass.AUDIT
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    mark = models.BinaryField(max_length=32, unique=True)
    code = SystemSealedField()
    planted_on = models.DateField()
    planted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    retired_on = models.DateField(null=True)
    retired_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = HoneyRecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="honey_retired_by_somebody",
                condition=Q(retired_on__isnull=True, retired_by__isnull=True)
                | Q(retired_on__gte=models.F("planted_on"), retired_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"honey {self.pk}"

    def plain_code(self) -> str:
        """The patient's code. Raises: Unreadable if the box does not open."""
        field = self._meta.get_field("code")
        if not isinstance(field, SystemSealedField):
            raise TypeError("the code is sealed")
        return field.open(self)
