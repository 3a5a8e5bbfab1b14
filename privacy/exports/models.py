"""An export: what was asked for, who agreed, what became of its file; and its invented rows."""

import hmac
from typing import Self, cast
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.translation import gettext_lazy as _

from privacy.access.policy import Role
from privacy.encryption.fields import SystemSealedField
from privacy.encryption.keys import derive
from privacy.exports import rules
from privacy.records import Record, RetentionClass

SIDES = (Role.SECURITY_ADMIN.value, Role.MEDICAL_QC.value, Role.AUDITOR.value)


class ExportQuerySet(models.QuerySet["Export"]):
    def waiting(self) -> Self:
        """What can still be decided."""
        return self.filter(state=Export.State.ASKED, decide_until__gt=Now())


class Export(Record):
    """One file of patient data that may leave the house, from the asking to its destruction."""

    class Purpose(models.TextChoices):
        QUALITY = "quality", _("Quality and safety review")
        ACCOUNTS = "accounts", _("Accounts and settlement")
        AUTHORITY = "authority", _("Duty towards an authority")
        RESEARCH = "research", _("Research and teaching")
        CONTINUITY = "continuity", _("Continuing care elsewhere in the clinic")

    class RecipientKind(models.TextChoices):
        """No other controller: that takes a consent which names it, and there is none (R11)."""

        INSIDE = "inside", _("A colleague of this clinic")
        AUTHORITY = "authority", _("An authority, by law")
        PROCESSOR = "processor", _("A company under contract, on our behalf")

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting for approval")
        APPROVED = "approved", _("Waiting to be built")
        BUILDING = "building", _("Being built")
        READY = "ready", _("Ready for download")
        DOWNLOADED = "downloaded", _("Downloaded")
        DESTROYED = "destroyed", _("Destroyed")
        REFUSED = "refused", _("Export refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        FAILED = "failed", _("Not built")

    class Failure(models.TextChoices):
        GREW = "grew", _("More rows than were approved")
        EMPTY = "empty", _("No rows any more")
        MAY_NOT = "may_not", _("The requester may no longer export this")
        UNREADABLE = "unreadable", _("A value could not be opened")
        GAVE_UP = "gave_up", _("Broke off too often")
        TAMPERED = "tampered", _("The file was not what was built")
        TOO_LATE = "too_late", _("Nobody built it in time")

    retention = RetentionClass.AUDIT
    code = models.CharField(max_length=10, unique=True)
    clinic = models.UUIDField()
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="exports"
    )
    requester_side = models.CharField(max_length=20, choices=Role)  # the role when it was asked
    purpose = models.CharField(max_length=10, choices=Purpose)
    reason = models.CharField(max_length=rules.LONGEST_TEXT)
    dataset = models.CharField(max_length=20)
    fields = ArrayField(models.CharField(max_length=30))
    identifying = models.BooleanField()  # whether a name, number or ID number is among them
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    stage = models.CharField(max_length=16, blank=True)
    recipient_kind = models.CharField(max_length=10, choices=RecipientKind)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    recipient_name = models.CharField(max_length=rules.LONGEST_RECIPIENT, blank=True)
    recipient_why = models.CharField(max_length=rules.LONGEST_TEXT)
    rows = models.PositiveIntegerField()  # as counted when it was asked: more never leave
    sides = ArrayField(models.CharField(max_length=20))  # the departments that have to agree
    needs_owner = models.BooleanField(default=False)
    asked_at = models.DateTimeField()
    decide_until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    approved_at = models.DateTimeField(null=True)
    refused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    refusal = models.CharField(max_length=rules.LONGEST_TEXT, blank=True)
    # The builder's lease: who is silent for longer has died, and another begins anew.
    builds = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    written = models.PositiveIntegerField(default=0)
    built_at = models.DateTimeField(null=True)
    built_rows = models.PositiveIntegerField(null=True)
    size = models.PositiveIntegerField(null=True)  # bytes
    sha256 = models.CharField(max_length=64, blank=True)
    available_until = models.DateTimeField(null=True)
    downloaded_at = models.DateTimeField(null=True)
    password = SystemSealedField()
    password_shown_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=10, choices=Failure, blank=True)
    closed_at = models.DateTimeField(null=True)  # from when neither file nor key exists

    objects = ExportQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="export_has_reasons",
                condition=Q(GreaterThanOrEqual(Length("reason"), rules.SHORTEST_REASON))
                & Q(GreaterThanOrEqual(Length("recipient_why"), rules.SHORTEST_REASON)),
            ),
            models.CheckConstraint(
                name="export_has_one_recipient",
                condition=Q(recipient_kind="inside", recipient__isnull=False, recipient_name="")
                | Q(recipient_kind__in=["authority", "processor"], recipient=None)
                & ~Q(recipient_name=""),
            ),
            models.CheckConstraint(
                name="export_codes_are_known",
                condition=Q(purpose__in=["quality", "accounts", "authority", "research",
                                         "continuity"])
                & Q(code__regex=r"^EX[0-9A-Z]{8}$"),
            ),
            models.CheckConstraint(
                name="export_is_never_empty",
                condition=Q(rows__gte=1, rows__lte=rules.MOST_ROWS) & Q(fields__len__gte=1),
            ),
            models.CheckConstraint(
                name="export_needs_two_departments_or_three",
                condition=Q(sides__contained_by=list(SIDES))
                & (Q(needs_owner=False, sides__len=2) | Q(needs_owner=True, sides__len=3)),
            ),
            models.CheckConstraint(
                name="export_refusal_has_its_words",
                condition=Q(state="refused", refused_by__isnull=False)
                & Q(GreaterThanOrEqual(Length("refusal"), rules.SHORTEST_REASON))
                | ~Q(state="refused") & Q(refused_by=None, refusal=""),
            ),
            models.CheckConstraint(
                name="export_is_not_refused_by_its_requester",
                condition=Q(refused_by=None) | ~Q(refused_by=F("requester")),
            ),
            models.CheckConstraint(
                name="export_file_is_known_by_its_digest",
                condition=~Q(state__in=["ready", "downloaded", "destroyed"])
                | Q(built_at__isnull=False, available_until__isnull=False, size__isnull=False)
                & Q(sha256__regex=r"^[0-9a-f]{64}$", built_rows__lte=F("rows")),
            ),
            models.CheckConstraint(
                name="export_ends_without_a_key",
                condition=Q(
                    state__in=["destroyed", "refused", "withdrawn", "failed"],
                    closed_at__isnull=False,
                    password=None,
                )
                | Q(
                    state__in=["asked", "approved", "building", "ready", "downloaded"],
                    closed_at=None,
                ),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(name="exports_of_requester", fields=["requester", "-asked_at"]),
            models.Index(name="exports_of_clinic", fields=["clinic", "-asked_at"]),
            models.Index(
                name="exports_with_work",
                fields=["state", "lease_until"],
                condition=Q(state__in=["asked", "approved", "building", "ready", "downloaded"]),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def spaced_code(self) -> str:
        """For reading aloud."""
        return rules.show_export_code(self.code)

    @property
    def target(self) -> str:
        """How the trail names it."""
        return f"export:{self.code}"

    @property
    def percent(self) -> int:
        """How far the building has come."""
        return min(100, 100 * self.written // self.rows)


class ExportApproval(Record):
    """One yes of one department."""

    retention = RetentionClass.AUDIT
    export = models.ForeignKey(Export, on_delete=models.PROTECT, related_name="approvals")
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    side = models.CharField(max_length=20, choices=Role)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(name="one_export_yes_each", fields=["export", "approver"]),
            models.UniqueConstraint(name="one_export_yes_a_side", fields=["export", "side"]),
        ]

    def __str__(self) -> str:
        return f"{self.approver_id} to {self.export_id}"


class ExportMark(Record):
    """An invented row of one file: where it turns up, that file came from (T2)."""

    retention = RetentionClass.AUDIT
    export = models.ForeignKey(Export, on_delete=models.PROTECT, related_name="marks")
    row = SystemSealedField(pad=256)  # as written, for the eye
    digests = ArrayField(models.BinaryField(max_length=32))  # keyed: of its code, number, name

    class Meta:
        constraints = [
            models.CheckConstraint(name="mark_can_be_found", condition=Q(digests__len__gte=1)),
        ]

    def __str__(self) -> str:
        return f"mark of {self.export_id}"

    def seen(self) -> str:
        """The row as it was written."""
        return cast("SystemSealedField", self._meta.get_field("row")).open(self)


def mark_digest(text: str) -> bytes:
    """What a mark is found by: nobody can try numbers without the audit+auth root."""
    return hmac.digest(derive("audit", "exports/marks"), text.encode(), "sha256")


def place_of(export_id: UUID, row_id: UUID) -> bytes:
    """By what the rows of one file are put in order: no two exports agree in it."""
    key = derive("audit", "exports/order")
    return hmac.digest(key, export_id.bytes + row_id.bytes, "sha256")


def password_of(export: Export) -> str:
    """The password, while there is one; "" after that."""
    field = export._meta.get_field("password")  # noqa: SLF001 - Django's public secret
    return field.open(export)
