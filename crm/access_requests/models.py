"""Access for a time: who asked for whom, who agreed, until when; and break-glass with its verdict.

One row a patient asked for; rows asked for together share ``batch``. What opens a patient is a row
that is ``approved`` and whose ``until`` lies ahead of the database's clock: no job ends anything.
"""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.translation import gettext_lazy as _

from crm.access_requests import rules
from crm.patients.models import Patient
from crm.staff.models import Clinic, User
from privacy.records import Record, RetentionClass


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    def live(self) -> Self:
        """What opens a patient now, by the database's own clock."""
        return self.filter(state=AccessRequest.State.APPROVED, until__gt=Now())

    def waiting(self) -> Self:
        """What can still be decided: it reaches somebody, and its time has not run out."""
        return self.filter(
            state=AccessRequest.State.ASKED, patient__isnull=False, wanted_until__gt=Now()
        )

    def uses(self) -> Self:
        """Break-glass."""
        return self.filter(kind=AccessRequest.Kind.BREAK_GLASS)


def _staff(name: str = "+", *, null: bool = True) -> "models.ForeignKey[User | None, User | None]":
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=null, on_delete=models.PROTECT, related_name=name
    )


class AccessRequest(Record):
    """One member of staff and one patient: asked for, or opened by breaking the glass."""

    class Kind(models.TextChoices):
        ASKED = "asked", _("Request")
        BREAK_GLASS = "break_glass", _("Break-glass")

    class Purpose(models.TextChoices):
        COVER = "cover", _("Standing in for a colleague")
        OPINION = "opinion", _("Second opinion")
        CONFERENCE = "conference", _("Case conference")
        HANDOVER = "handover", _("Preparing a handover")
        QUESTION = "question", _("The patient has asked something")
        OTHER = "other", _("Another purpose")

    class State(models.TextChoices):
        ASKED = "asked"
        APPROVED = "approved"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        ENDED = "ended"

    retention = RetentionClass.CLINICAL
    batch = models.UUIDField()
    kind = models.CharField(max_length=11, choices=Kind, default=Kind.ASKED)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="access_requests")
    code = models.CharField(max_length=8)  # as asked for; it may be nobody's (T18)
    patient = models.ForeignKey(
        Patient, null=True, on_delete=models.PROTECT, related_name="access_requests"
    )
    purpose = models.CharField(max_length=10, choices=Purpose, blank=True)
    reason = models.CharField(max_length=rules.LONGEST_TEXT)
    previous = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="renewed_by"
    )
    renewals = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    wanted_until = models.DateTimeField()
    needed = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    until = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = _staff()
    refusal = models.CharField(max_length=rules.LONGEST_TEXT, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = _staff()

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="access_is_not_decided_by_its_asker",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("staff")),
            ),
            models.CheckConstraint(
                name="access_asked_for_so_long",
                condition=Q(wanted_until__gt=F("asked_at"))
                & (
                    Q(kind="asked", wanted_until__lte=F("asked_at") + rules.LONGEST)
                    | Q(kind="break_glass", wanted_until__lte=F("asked_at") + rules.BREAK_GLASS)
                ),
            ),
            models.CheckConstraint(
                name="access_within_what_was_asked",
                condition=Q(until__isnull=True) | Q(until__lte=F("wanted_until")),
            ),
            models.CheckConstraint(
                name="access_state_has_its_stamps",
                condition=Q(
                    state="asked",
                    until=None,
                    decided_at=None,
                    decided_by=None,
                    refusal="",
                    closed_at=None,
                    closed_by=None,
                    kind="asked",
                )
                | Q(
                    state="approved",
                    until__isnull=False,
                    decided_at__isnull=False,
                    refusal="",
                    closed_at=None,
                    closed_by=None,
                    patient__isnull=False,
                )
                | Q(
                    state="refused",
                    until=None,
                    decided_at__isnull=False,
                    closed_at=None,
                    decided_by__isnull=False,
                    closed_by=None,
                    patient__isnull=False,
                    kind="asked",
                )
                & ~Q(refusal="")
                | Q(
                    state="withdrawn",
                    until=None,
                    decided_at=None,
                    decided_by=None,
                    refusal="",
                    closed_at__isnull=False,
                    closed_by=F("staff"),
                    kind="asked",
                )
                | Q(
                    state="ended",
                    until__isnull=False,
                    decided_at__isnull=False,
                    refusal="",
                    closed_at__isnull=False,
                    patient__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="access_is_approved_by_somebody",
                condition=~Q(state__in=["approved", "ended"])
                | Q(kind="asked", decided_by__isnull=False)
                | Q(kind="break_glass", decided_by__isnull=True),
            ),
            models.CheckConstraint(
                name="access_has_a_purpose_and_reason",
                condition=Q(
                    GreaterThanOrEqual(Length("reason"), rules.SHORTEST_REASON),
                    kind="asked",
                    purpose__in=["cover", "opinion", "conference", "handover", "question", "other"],
                )
                | Q(
                    GreaterThanOrEqual(Length("reason"), rules.SHORTEST_EMERGENCY),
                    kind="break_glass",
                    purpose="",
                ),
            ),
            models.CheckConstraint(name="access_needs_one_or_two", condition=Q(needed__in=[1, 2])),
            models.UniqueConstraint(
                name="one_live_access_each",
                fields=["staff", "patient"],
                condition=Q(state="approved"),
            ),
            models.UniqueConstraint(
                name="asked_for_once", fields=["staff", "code"], condition=Q(state="asked")
            ),
        ]
        indexes = [
            # What visible_to() asks for, for every page of a caring role: from the index alone.
            models.Index(
                name="access_live",
                fields=["staff", "until"],
                include=["patient"],
                condition=Q(state="approved"),
            ),
            models.Index(
                name="access_waiting",
                fields=["clinic", "wanted_until"],
                condition=Q(state="asked", patient__isnull=False),
            ),
            models.Index(name="access_of_patient", fields=["patient", "-asked_at"]),
            models.Index(name="access_of_staff", fields=["staff", "-asked_at"]),
            models.Index(
                name="break_glass_uses",
                fields=["clinic", "-asked_at"],
                condition=Q(kind="break_glass"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} for {self.code}"

    @property
    def target(self) -> str:
        """How the audit trail names this access."""
        return f"access:{self.pk}"


class AccessApproval(Record):
    """One yes of one person; a request needs one or two."""

    retention = RetentionClass.CLINICAL
    request = models.ForeignKey(AccessRequest, on_delete=models.PROTECT, related_name="approvals")
    approver = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_yes_each", fields=["request", "approver"])]

    def __str__(self) -> str:
        return f"{self.approver_id} to {self.request_id}"


class BreakGlassVerdict(Record):
    """What quality control found of one use."""

    retention = RetentionClass.CLINICAL
    request = models.OneToOneField(AccessRequest, on_delete=models.PROTECT, related_name="verdict")
    judge = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    justified = models.BooleanField()
    words = models.CharField(max_length=rules.LONGEST_TEXT)

    class Meta:
        constraints = [
            models.CheckConstraint(name="verdict_has_words", condition=~Q(words="")),
        ]

    def __str__(self) -> str:
        return f"on {self.request_id}: {self.justified}"


class BreakGlassLift(Record):
    """The right given back after three unjustified uses, or where a use found no verdict."""

    retention = RetentionClass.CLINICAL
    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="break_glass_lifts")
    lifted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    unjudged = models.BooleanField(default=False)  # nothing was suspended: strikes count on
    reason = models.CharField(max_length=rules.LONGEST_TEXT)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="nobody_lifts_their_own", condition=~Q(lifted_by=F("staff"))
            ),
            models.CheckConstraint(
                name="lift_has_a_reason",
                condition=GreaterThanOrEqual(Length("reason"), rules.SHORTEST_REASON),
            ),
        ]

    def __str__(self) -> str:
        return f"for {self.staff_id}"
