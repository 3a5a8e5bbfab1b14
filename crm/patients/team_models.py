"""Who cares for a patient, why, by whom let in, and until when (ADR 0037)."""

from datetime import datetime, timedelta
from typing import Final, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import GreaterThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.patients.models import Patient
from crm.staff.models import User
from privacy.records import Record, RetentionClass

CARE_LASTS: Final = timedelta(days=365)  # a place on a care team, after the last visit
SHORTEST_NOTE: Final = 10  # characters, of why somebody joins for another reason


class CareTeamQuerySet(models.QuerySet["CareTeamMember"]):
    def live(self) -> Self:
        """Who cares for the patient at this moment of the database."""
        return self.filter(until__gt=Now())


def place_until() -> datetime:
    """Until when a place lasts that is given now (ADR 0037)."""
    return timezone.now() + CARE_LASTS


class CareTeamMember(Record):
    """Who cares for a patient until when, and so sees more than the code; by whom, and why."""

    class Reason(models.TextChoices):
        INTAKE = "intake", _("Chosen at registration")
        TREATS = "treats", _("Takes part in the treatment")
        COVER = "cover", _("Standing in for a colleague")
        HANDOVER = "handover", _("Takes over from a colleague")
        OPINION = "opinion", _("Second opinion")
        OTHER = "other", _("Another reason")

    retention = RetentionClass.CLINICAL
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="care_team")
    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="care_team_of")
    reason = models.CharField(max_length=8, choices=Reason, db_default=Reason.INTAKE)
    note = models.CharField(max_length=200, blank=True, db_default="")
    added_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField(default=place_until, db_default=Now() + CARE_LASTS)
    # Since when without a break: only adding and handing over set it, what prolongs does not.
    # Empty in rows older than the column, which are not rewritten for it: they began as they came.
    joined_at = models.DateTimeField(null=True, default=timezone.now, db_default=Now())

    objects = CareTeamQuerySet.as_manager()

    class Meta:
        constraints = [
            # With ``until``: whom somebody cares for is answered from the index alone.
            models.UniqueConstraint(
                name="on_a_care_team_once", fields=["patient", "staff"], include=["until"]
            ),
            models.CheckConstraint(
                name="care_team_says_why_and_by_whom",
                condition=Q(Q(reason="intake") | Q(added_by__isnull=False))
                & Q(
                    Q(reason__in=["intake", "treats", "cover", "handover", "opinion"], note="")
                    | Q(GreaterThanOrEqual(Length("note"), SHORTEST_NOTE), reason="other")
                ),
            ),
            models.CheckConstraint(
                name="care_team_for_a_year_at_most",
                condition=Q(until__lte=F("updated_at") + CARE_LASTS + timedelta(days=1)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} for {self.patient_id}"
