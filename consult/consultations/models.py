"""The record of one talk: a draft that several may edit, then locked for ever, then added to."""

from typing import Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from consult.consultations.asking import Asking
from consult.consultations.choices import (
    Channel,
    Disposition,
    Explained,
    NeedClarity,
    NextStep,
    Source,
    Speaker,
    Worry,
)
from consult.consultations.notices import OpeningNotice, edition
from crm.patients.models import Patient
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.encryption.fields import SealedField, Zone
from privacy.records import Record, RetentionClass


class ConsultationQuerySet(models.QuerySet["Consultation"]):
    def visible_to(self, staff: User) -> Self:
        """Of patients this person may know: what is submitted for readers, drafts for writers."""
        seen = Q(pk__in=())
        if can(staff, Permission.VIEW_CONSULTATIONS):
            seen |= Q(status=Consultation.Status.SUBMITTED)
        if can(staff, Permission.WRITE_CONSULTATION):
            seen |= Q(status=Consultation.Status.DRAFT)
        return self.filter(seen, patient__in=Patient.objects.visible_to(staff))


class Consultation(Record):
    """One chat, call or visit. After ``submitted`` the database itself refuses any change."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")

    retention = RetentionClass.CONSULTATION
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="consultations")
    # Who talked with the patient; nobody of ours for imported talks, whose importer stands apart.
    consultant = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    channel = models.CharField(max_length=14, choices=Channel)
    started_at = models.DateTimeField(null=True, blank=True)  # null: an import that did not tell
    source = models.CharField(max_length=12, choices=Source, blank=True)
    keyword = SealedField(zone=Zone.CLINICAL, pad=256)  # search phrase or landing page
    need_clarity = models.CharField(max_length=8, choices=NeedClarity, blank=True)
    worries = ArrayField(
        models.CharField(max_length=12, choices=Worry.choices), default=list, blank=True
    )
    explained = ArrayField(
        models.CharField(max_length=12, choices=Explained.choices), default=list, blank=True
    )
    disposition = models.CharField(max_length=14, choices=Disposition, blank=True)
    next_step = models.CharField(max_length=14, choices=NextStep, blank=True)
    next_contact_at = models.DateTimeField(null=True, blank=True)
    note = SealedField(zone=Zone.CLINICAL, pad=256)
    unsent = SealedField(zone=Zone.CLINICAL, pad=256)  # typed into a draft, not yet in the talk
    department = SealedField(zone=Zone.CLINICAL)  # as an import gave it

    # What was said at the start (S18), and how often staff asked who the patient is (S17, U15).
    notice_version = models.PositiveSmallIntegerField(null=True, blank=True)
    contact_asks = models.PositiveSmallIntegerField(null=True, blank=True)  # null: not counted
    asks_after_refusal = models.PositiveSmallIntegerField(default=0)
    asks_before = models.PositiveSmallIntegerField(default=0)  # by the patient's talks of 90 days

    # Two counters, so that one person may set the talk right while another fills in the result.
    version = models.PositiveIntegerField(default=1)
    talk_version = models.PositiveIntegerField(default=1)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    edited_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    import_row = models.CharField(max_length=120, null=True, blank=True, unique=True)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ConsultationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="submitted_consultation_has_disposition",
                condition=Q(status="draft") | Q(disposition__in=Disposition.values),
            ),
            models.CheckConstraint(
                name="submitted_consultation_is_stamped",
                condition=Q(status="draft", submitted_at=None, submitted_by=None)
                | Q(status="submitted", submitted_at__isnull=False, submitted_by__isnull=False),
            ),
            models.CheckConstraint(
                name="submitted_consultation_tells_when",
                condition=Q(status="draft")
                | Q(started_at__isnull=False)
                | Q(import_row__isnull=False),
            ),
            models.CheckConstraint(
                name="submitted_consultation_left_nothing_unsent",
                condition=Q(status="draft") | Q(unsent__isnull=True),
            ),
            models.CheckConstraint(
                name="consultation_is_ours_or_imported",
                condition=Q(consultant__isnull=False, imported_by=None, import_row=None)
                | Q(consultant=None, imported_by__isnull=False, import_row__isnull=False),
            ),
            models.CheckConstraint(
                name="consultation_codes_are_known",
                condition=Q(status__in=["draft", "submitted"])
                & Q(channel__in=Channel.values)
                & Q(source__in=["", *Source.values])
                & Q(need_clarity__in=["", *NeedClarity.values])
                & Q(disposition__in=["", *Disposition.values])
                & Q(next_step__in=["", *NextStep.values]),
            ),
            models.CheckConstraint(
                name="consultation_lists_are_known",
                condition=Q(worries__contained_by=Worry.values)
                & Q(explained__contained_by=Explained.values),
            ),
            models.CheckConstraint(
                name="consultation_asks_add_up",
                condition=Q(asks_after_refusal=0)
                | Q(contact_asks__isnull=False, contact_asks__gte=F("asks_after_refusal")),
            ),
            models.CheckConstraint(
                name="consultation_versions_positive",
                condition=Q(version__gte=1, talk_version__gte=1),
            ),
        ]
        indexes = [
            models.Index(name="consultations_of_patient", fields=["patient", "-id"]),
            models.Index(
                name="consultations_call_back",
                fields=["next_contact_at"],
                condition=Q(status="submitted", next_contact_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"consultation {self.pk}"

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def target(self) -> str:
        """How the audit trail names this record."""
        return f"consultation:{self.pk}"

    @property
    def asking(self) -> Asking:
        """What the count at submission found."""
        return Asking(
            times=self.contact_asks or 0,
            after_refusal=self.asks_after_refusal,
            before=self.asks_before,
        )

    @property
    def notice(self) -> OpeningNotice | None:
        """The edition that was said at the start, if any was."""
        return edition(self.notice_version) if self.notice_version else None

    @property
    def worry_labels(self) -> list[str]:
        return [str(Worry(code).label) for code in self.worries]

    @property
    def explained_labels(self) -> list[str]:
        return [str(Explained(code).label) for code in self.explained]


class Turn(Record):
    """What one person said, in the order of the talk."""

    retention = RetentionClass.CONSULTATION
    consultation = models.ForeignKey(Consultation, on_delete=models.CASCADE, related_name="turns")
    position = models.PositiveIntegerField()
    speaker = models.CharField(max_length=8, choices=Speaker)
    said_at = models.DateTimeField(null=True)
    # The name it was said under: kept for staff and until the side is known, never for patients.
    label = SealedField(zone=Zone.CLINICAL)
    text = SealedField(zone=Zone.CLINICAL, pad=256)
    covered = models.PositiveSmallIntegerField(default=0)  # numbers hidden before it was stored

    class Meta:
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(
                name="one_turn_per_position",
                fields=["consultation", "position"],
                deferrable=models.Deferrable.DEFERRED,  # turns move up and down together
            ),
            models.CheckConstraint(name="turn_says_something", condition=Q(text__isnull=False)),
            models.CheckConstraint(
                name="turn_speaker_is_known", condition=Q(speaker__in=Speaker.values)
            ),
            models.CheckConstraint(
                name="patient_turn_has_no_label",
                condition=~Q(speaker="patient") | Q(label__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"turn {self.position} of {self.consultation_id}"

    @property
    def patient_id(self) -> UUID:
        """Whose key seals the text; read turns through their consultation."""
        return self.consultation.patient_id


class Addendum(Record):
    """Added to a locked record: never instead of what it says, always beside it (S27)."""

    class Kind(models.TextChoices):
        ADDITION = "addition", _("Addition")
        CORRECTION = "correction", _("Correction")

    retention = RetentionClass.CONSULTATION
    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="addenda")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    text = SealedField(zone=Zone.CLINICAL, pad=256)
    covered = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(name="addendum_says_something", condition=Q(text__isnull=False)),
            models.CheckConstraint(
                name="addendum_kind_is_known", condition=Q(kind__in=["addition", "correction"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.consultation_id}"

    @property
    def patient_id(self) -> UUID:
        """Whose key seals the text; read addenda through their consultation."""
        return self.consultation.patient_id
