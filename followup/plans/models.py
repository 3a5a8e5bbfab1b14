"""What is followed up, by template and version; and one patient's plan (S74, S77, S79)."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.patients.models import Patient
from crm.staff.models import User
from privacy.consent.models import Channel
from privacy.records import Record, RetentionClass


class Kind(models.TextChoices):
    """How a step reaches the patient; the same words as ``schedules.rules.StepKind``."""

    SMS = "sms", _("SMS")
    CALL = "call", _("Call")

    @property
    def channel(self) -> Channel:
        """The consent that this kind of step needs."""
        return Channel.SMS if self is Kind.SMS else Channel.CALL


class PlanTemplate(Record):
    """A line of follow-up for one kind of service; a change is a new version."""

    retention = RetentionClass.SETTINGS
    code = models.CharField(max_length=20)
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=40)  # staff only: it may name what the patient came for
    anchor_label = models.CharField(max_length=20)  # what the anchor date is the date of
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_plan_template_per_version", fields=["code", "version"]
            ),
            models.UniqueConstraint(
                name="one_current_plan_template", fields=["code"], condition=Q(is_current=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TemplateStep(Record):
    """One step: days from the anchor, clinic wall time, and for an SMS its wording."""

    retention = RetentionClass.SETTINGS
    template = models.ForeignKey(PlanTemplate, on_delete=models.PROTECT, related_name="steps")
    position = models.PositiveSmallIntegerField()
    offset_days = models.SmallIntegerField()
    at = models.TimeField()
    kind = models.CharField(max_length=4, choices=Kind)
    title = models.CharField(max_length=60)  # staff only
    message_code = models.CharField(max_length=20, blank=True)  # crm.MessageTemplate.code

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                name="one_template_step_per_position", fields=["template", "position"]
            ),
            models.CheckConstraint(
                name="template_step_sms_has_wording",
                condition=Q(kind="sms") ^ Q(message_code=""),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class PlanQuerySet(models.QuerySet["Plan"]):
    def visible_to(self, staff: User) -> Self:
        """Plans of the patients that ``staff`` may see."""
        return self.filter(patient__in=Patient.objects.visible_to(staff))

    def live(self) -> Self:
        """Neither completed nor stopped."""
        return self.filter(state__in=Plan.LIVE)


class Plan(Record):
    """One patient's follow-up. Its steps are dated from the anchor when it becomes active."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Waiting for consent")
        ACTIVE = "active", _("Running")
        PAUSED = "paused", _("Paused")
        COMPLETED = "completed", _("Completed")
        STOPPED = "stopped", _("Stopped")

    class Reason(models.TextChoices):
        """Why a plan rests or ended."""

        PATIENT_WISH = "patient_wish", _("The patient's wish")
        WITHDRAWN = "withdrawn", _("Consent withdrawn")
        COMPLAINT = "complaint", _("A complaint is open")
        CLINICAL = "clinical", _("Treatment changed")
        SENSITIVE = "sensitive", _("Sensitive event")  # never spelt out here
        UNREACHABLE = "unreachable", _("Not reachable three times")
        WRONG_NUMBER = "wrong_number", _("Wrong number")
        MISTAKE = "mistake", _("Made by mistake")

    LIVE = [State.PROPOSED, State.ACTIVE, State.PAUSED]

    retention = RetentionClass.CONTACT_LOG
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="plans")
    template = models.ForeignKey(PlanTemplate, on_delete=models.PROTECT, related_name="+")
    anchor_on = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    reason = models.CharField(max_length=14, choices=Reason, blank=True)
    state_since = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    objects = PlanQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_live_plan_per_template",
                fields=["patient", "template"],
                condition=Q(state__in=["proposed", "active", "paused"]),
            ),
            models.CheckConstraint(
                name="plan_rest_has_reason",
                condition=Q(state__in=["paused", "stopped"]) ^ Q(reason=""),
            ),
        ]
        indexes = [models.Index(name="plans_of_patient", fields=["patient", "-created_at"])]

    @property
    def of_patient(self) -> Patient:
        """Whose it is."""
        return self.patient

    def __str__(self) -> str:
        return f"{self.template_id} of {self.patient_id}: {self.state}"

    @property
    def tone(self) -> str:
        """The colour word of the state, beside the word itself."""
        return {"active": "ok", "paused": "warn", "proposed": "warn"}.get(self.state, "")
