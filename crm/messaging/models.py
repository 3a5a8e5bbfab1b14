"""The outbox: what we mean to send, each hand-over of it, and what the provider answered."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self
from uuid import UUID, uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.messaging.rules import Status
from crm.patients.models import Patient
from privacy.consent.models import Channel, Purpose
from privacy.records import Record, RetentionClass

REFERENCE_LENGTH = 32


def new_reference() -> str:
    """What the provider knows an attempt by: random, so it tells nothing about the patient."""
    return uuid4().hex


class MessageTemplate(Record):
    """One wording of one message. Once approved it never changes: a change is a new version."""

    retention = RetentionClass.SETTINGS
    code = models.CharField(max_length=20)
    version = models.PositiveIntegerField(default=1)
    purpose = models.CharField(max_length=20, choices=Purpose)
    text = models.CharField(max_length=500)  # Chinese, neutral; the provider adds the signature
    time_critical = models.BooleanField(default=False)
    provider_code = models.CharField(max_length=40, blank=True)  # the provider's name for it
    approved_at = models.DateTimeField(null=True)  # by whom: the audit trail knows

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_message_template_per_version", fields=["code", "version"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class Reason(models.TextChoices):
    """Why a message is held, was not sent, or did not arrive."""

    NO_CONSENT = "no_consent", _("No consent")
    WITHDRAWN = "withdrawn", _("Consent withdrawn")
    PAUSED = "paused", _("Paused by the patient")
    RESTRICTED = "restricted", _("Record restricted or closed")
    NO_CONTACT = "no_contact", _("No phone number")
    UNREADABLE = "unreadable", _("Phone number cannot be opened")
    NOT_NEUTRAL = "not_neutral", _("Wording not neutral")
    NOT_APPROVED = "not_approved", _("Wording not approved")
    NOT_REGISTERED = "not_registered", _("Wording not yet known to the provider")
    QUIET_HOURS = "quiet_hours", _("Outside contact hours")
    CAP = "cap", _("Enough messages for now")
    TOO_LATE = "too_late", _("No longer useful")
    PLAN_CHANGED = "plan_changed", _("Follow-up plan changed")
    REFUSED = "refused", _("Refused by the provider")
    NO_ANSWER = "no_answer", _("No answer from the provider")
    NOT_FOUND = "not_found", _("Never reached the provider")
    NOT_RECEIVED = "not_received", _("Did not reach the phone")
    BY_PERSON = "by_person", _("Settled by a person")


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, now: datetime) -> Self:
        """Queued messages whose moment has come, the longest waiting first."""
        return self.filter(state=Status.QUEUED, not_before__lte=now).order_by("not_before", "pk")

    def to_check(self, now: datetime) -> Self:
        """Handed over or unknown, and it is time to look what became of them."""
        return self.filter(
            state__in=[Status.HANDED_OVER, Status.UNKNOWN],
            check_at__lte=now,
            needs_person_at__isnull=True,
        ).order_by("check_at", "pk")

    def waiting_for_person(self) -> Self:
        """Nobody knows whether these went out: a person has to ask."""
        return self.filter(state=Status.UNKNOWN, needs_person_at__isnull=False)

    def counting_against_caps(self, patient_ids: Iterable[UUID], since: datetime) -> Self:
        """What these patients may have received since ``since``, over all purposes."""
        return self.filter(patient_id__in=list(patient_ids), handed_over_at__gte=since).exclude(
            state=Status.FAILED
        )


class Message(Record):
    """One message we mean to send to one patient; its state only moves forward (a trigger)."""

    STATES = [
        (Status.QUEUED.value, _("Queued")),
        (Status.HANDED_OVER.value, _("Handed over")),
        (Status.ACCEPTED.value, _("Accepted")),
        (Status.DELIVERED.value, _("Delivered")),
        (Status.FAILED.value, _("Not delivered")),
        (Status.UNKNOWN.value, _("Fate unknown")),
        (Status.SUPPRESSED.value, _("Not sent")),
        (Status.CANCELLED.value, _("Cancelled")),
    ]

    retention = RetentionClass.CONTACT_LOG
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="messages")
    template = models.ForeignKey(MessageTemplate, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=20, choices=Purpose)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.SMS)
    due_at = models.DateTimeField()  # when it is meant to go out
    not_before = models.DateTimeField()  # when it is looked at next
    state = models.CharField(max_length=12, choices=STATES, default=Status.QUEUED)
    reason = models.CharField(max_length=16, choices=Reason, blank=True)
    idempotency_key = models.CharField(max_length=80, unique=True)
    time_critical = models.BooleanField(default=False)
    source = models.CharField(max_length=60, blank=True)  # who asked for it: "step:<uuid>"
    handed_over_at = models.DateTimeField(null=True)
    unknown_since = models.DateTimeField(null=True)
    check_at = models.DateTimeField(null=True)  # end of the lease, or the next question
    needs_person_at = models.DateTimeField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="message_handed_over_has_stamp",
                condition=Q(state__in=["queued", "suppressed", "cancelled"])
                ^ Q(handed_over_at__isnull=False),
            ),
            models.CheckConstraint(
                name="message_end_has_reason",
                condition=~Q(state__in=["suppressed", "cancelled", "failed"]) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="message_person_only_when_asked",
                condition=Q(needs_person_at__isnull=True) | Q(unknown_since__isnull=False),
            ),
        ]
        indexes = [
            # Partial: 10 million messages, a handful of them due (0.5 ms against 430 ms).
            models.Index(name="messages_due", fields=["not_before"], condition=Q(state="queued")),
            models.Index(
                name="messages_to_check",
                fields=["check_at"],
                condition=Q(state__in=["handed_over", "unknown"]),
            ),
            models.Index(name="messages_of_patient", fields=["patient", "-due_at"]),
            models.Index(name="messages_of_source", fields=["source"], condition=~Q(source="")),
        ]

    def __str__(self) -> str:
        return f"{self.template_id} for {self.patient_id}: {self.state}"

    @property
    def tone(self) -> str:
        """The colour word of the state, beside the word itself."""
        if self.state in (Status.DELIVERED, Status.ACCEPTED):
            return "ok"
        if self.state == Status.FAILED or self.needs_person_at:
            return "bad"
        return "warn" if self.state == Status.UNKNOWN else ""


class Attempt(Record):
    """One hand-over to the provider. A re-send after two "not found" keeps the reference."""

    retention = RetentionClass.CONTACT_LOG
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField(default=1)
    reference = models.CharField(max_length=REFERENCE_LENGTH, unique=True, default=new_reference)
    handed_over_at = models.DateTimeField()
    event_id = models.UUIDField()  # the audit event that opened the phone for it
    sent_again_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=40, blank=True)  # the provider's own code
    answered_at = models.DateTimeField(null=True)
    asked = models.PositiveSmallIntegerField(default=0)
    not_found = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_attempt_per_number", fields=["message", "number"]),
        ]

    def __str__(self) -> str:
        return self.reference


class DeliveryAnswer(Record):
    """What the provider said about an attempt: its status code and its number, nothing else."""

    class Source(models.TextChoices):
        SEND = "send", _("Answer to the hand-over")
        LOOKUP = "lookup", _("Answer to our question")
        RECEIPT = "receipt", _("Delivery receipt")

    retention = RetentionClass.CONTACT_LOG
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="answers")
    source = models.CharField(max_length=8, choices=Source)
    code = models.CharField(max_length=40)
    provider_id = models.CharField(max_length=64, blank=True)  # the provider's number for it
    # A receipt pushed twice, or replayed, is kept once; other answers have no digest.
    digest = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001  # NULLs differ

    def __str__(self) -> str:
        return f"{self.source}: {self.code}"
