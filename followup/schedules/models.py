"""A plan's steps on the calendar."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.messaging.models import Message, MessageTemplate
from crm.patients.models import Patient
from crm.staff.models import User
from followup.plans.models import Kind, Plan
from privacy.records import Record, RetentionClass


class StepQuerySet(models.QuerySet["Step"]):
    def visible_to(self, staff: User) -> Self:
        """Steps of the patients that ``staff`` may see."""
        return self.filter(plan__patient__in=Patient.objects.visible_to(staff))

    def open(self) -> Self:
        """Something is still to be done about them."""
        return self.filter(state__in=Step.OPEN)

    def to_queue(self, now: datetime) -> Self:
        """SMS steps of running plans whose moment has come."""
        return self.filter(
            state=Step.State.DUE, kind=Kind.SMS, due_at__lte=now, plan__state=Plan.State.ACTIVE
        ).order_by("due_at", "pk")


class Step(Record):
    """One message or call of a plan, at its moment."""

    class State(models.TextChoices):
        DUE = "due", _("Still to do")
        QUEUED = "queued", _("Queued")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Did not go out")
        DONE = "done", _("Carried out")
        SKIPPED = "skipped", _("Skipped")
        CANCELLED = "cancelled", _("Cancelled")

    class Note(models.TextChoices):
        """Why a step was not carried out."""

        PAST = "past", _("Its day had passed")
        NO_CONSENT = "no_consent", _("No consent for this channel")
        PLAN_ENDED = "plan_ended", _("The plan ended")
        BY_STAFF = "by_staff", _("Skipped by staff")
        UNREACHABLE = "unreachable", _("Not reachable three times")

    OPEN = [State.DUE, State.QUEUED, State.FAILED]
    CARRIED_OUT = [State.SENT, State.DONE]

    retention = RetentionClass.CONTACT_LOG
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="steps")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=4, choices=Kind)
    title = models.CharField(max_length=60)  # staff only
    due_at = models.DateTimeField()
    message_template = models.ForeignKey(
        MessageTemplate, null=True, on_delete=models.PROTECT, related_name="+"
    )
    message = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    note = models.CharField(max_length=12, choices=Note, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)  # messages queued, or calls made
    settled_at = models.DateTimeField(null=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "position"]
        constraints = [
            models.UniqueConstraint(name="one_step_per_position", fields=["plan", "position"]),
            models.CheckConstraint(
                name="step_sms_has_wording",
                condition=Q(kind="sms") ^ Q(message_template__isnull=True),
            ),
            models.CheckConstraint(
                name="step_settled_has_stamp",
                condition=Q(state__in=["due", "queued", "failed"]) ^ Q(settled_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="steps_open",
                fields=["due_at"],
                condition=Q(state__in=["due", "queued", "failed"]),
            ),
            models.Index(name="steps_of_message", fields=["message"]),
        ]

    @property
    def of_patient(self) -> Patient:
        """Whose it is."""
        return self.plan.patient

    def __str__(self) -> str:
        return f"{self.title}: {self.state}"

    @property
    def source(self) -> str:
        """What the outbox knows this step by."""
        return f"step:{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN
