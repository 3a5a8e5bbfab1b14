"""Runs of the verifier, exports of months, heads outside: watched while they run, known after."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.staff.models import User
from privacy.audit.anchors import Anchor
from privacy.records import Record, RetentionClass

STUCK = timedelta(hours=2)  # what is open for longer lost its process


class VerificationRun(Record):
    """One verification of the trail. A note of what was found, never the proof itself.

    ``requested_by`` None: the night's. ``since`` None: of everything, else of what is newer.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Verification waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Verification finished")
        FAILED = "failed", _("Could not run")

    retention = RetentionClass.AUDIT
    requested_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    finished_at = models.DateTimeField(null=True)
    whole = models.BooleanField(null=True)
    events = models.BigIntegerField(default=0)
    checkpoints = models.BigIntegerField(default=0)
    unsealed = models.BigIntegerField(default=0)
    anchored = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, blank=True)
    findings = models.JSONField(default=list)  # [{code, seq, event, checkpoint}], first ones only

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(name="verification_runs_newest", fields=["-created_at"])]
        constraints = [
            models.CheckConstraint(
                name="verification_done_has_a_verdict",
                condition=~Q(state="done") | Q(whole__isnull=False, finished_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in {self.State.QUEUED, self.State.RUNNING}

    @property
    def first_bad(self) -> dict[str, str | int] | None:
        """The finding with the lowest event number, if there is any."""
        return self.findings[0] if self.findings else None


class MonthExport(Record):
    """One export of a month, and the numbers that stand on its sheet. The proof is the export."""

    class State(models.TextChoices):
        RUNNING = "running", _("Export running")
        DONE = "done", _("Export finished")
        FAILED = "failed", _("Broken off")

    retention = RetentionClass.AUDIT
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    month = models.CharField(max_length=7)
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    finished_at = models.DateTimeField(null=True)
    complete = models.BooleanField()
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    first_checkpoint = models.BigIntegerField()
    last_checkpoint = models.BigIntegerField()
    written = models.BigIntegerField(default=0)
    withheld = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64)
    manifest = models.CharField(max_length=64, blank=True)
    verifier = models.CharField(max_length=64)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(name="month_exports_newest", fields=["-created_at"])]
        constraints = [
            models.CheckConstraint(
                name="month_export_done_has_a_manifest",
                condition=~Q(state="done") | (~Q(manifest="") & Q(finished_at__isnull=False)),
            )
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.state}"

    @property
    def is_open(self) -> bool:
        """Whether its file is leaving just now."""
        return self.state == self.State.RUNNING and timezone.now() - self.created_at < STUCK

    @property
    def events(self) -> int:
        return self.last_seq - self.first_seq + 1

    @property
    def percent(self) -> int:
        return 100 * self.written // self.events

    @property
    def manifest_groups(self) -> list[str]:
        """The manifest's digest in groups that can be read out and typed."""
        return groups(self.manifest)

    @property
    def head_groups(self) -> list[str]:
        return groups(self.head)


class HeadCopy(Record):
    """A head of the trail that was given to somebody outside, one of a kind a day (ADR 0033)."""

    class Kind(models.TextChoices):
        MAIL = "mail", _("By mail")
        STAMP = "stamp", _("Time stamp")

    retention = RetentionClass.AUDIT
    kind = models.CharField(max_length=5, choices=Kind)
    day = models.DateField()  # clinic time
    number = models.BigIntegerField()  # of the checkpoint
    last_seq = models.BigIntegerField()
    chain = models.CharField(max_length=64)
    at = models.DateTimeField()  # handed to the mail server; the authority's own time
    recipients = models.PositiveSmallIntegerField(default=0)
    authority = models.CharField(max_length=100, blank=True)  # host of the time-stamp authority
    token = models.BinaryField(default=bytes)  # its whole answer, DER

    class Meta:
        ordering = ["-day", "kind"]
        constraints = [
            models.UniqueConstraint(name="head_copy_once_a_day", fields=["kind", "day"]),
            models.CheckConstraint(
                name="head_copy_says_who_has_it",
                condition=Q(kind="mail", recipients__gt=0, token=b"")
                | (Q(kind="stamp") & ~Q(authority="") & ~Q(token=b"")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.day}: {self.number}"

    @property
    def anchor(self) -> Anchor:
        """What was mailed or stamped; its text, to the letter, is what a token vouches for."""
        return Anchor(self.number, self.last_seq, self.chain)

    @property
    def chain_groups(self) -> list[str]:
        return groups(self.chain)


def groups(text: str) -> list[str]:
    """Hexadecimal in groups of eight."""
    return [text[at : at + 8] for at in range(0, len(text), 8)]


class MonthRetirement(Record):
    """An archived month of the trail on its way out of the database (ADR 0025).

    Archived and proved by a command, asked for by a security administrator, approved by an
    auditor, dropped by the database's owner; the database holds them to that order and those two.
    """

    retention = RetentionClass.AUDIT
    month = models.CharField(max_length=7, unique=True)  # of a partition: UTC
    rows = models.BigIntegerField()
    archive_size = models.BigIntegerField()
    archive = models.CharField(max_length=64)
    manifest = models.CharField(max_length=64)
    head = models.CharField(max_length=64)
    keep_until = models.DateField()  # how long the file has to be kept
    asked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    freed = models.BigIntegerField(default=0)  # bytes given back

    class Meta:
        ordering = ["-month"]
        constraints = [
            models.CheckConstraint(
                name="retirement_by_two_people",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="retirement_asked_before_approved",
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(asked_by__isnull=False, approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="retirement_approved_before_done",
                condition=Q(retired_at__isnull=True) | Q(approved_by__isnull=False),
            ),
            models.CheckConstraint(
                name="retirement_asked_with_reason",
                condition=Q(asked_by__isnull=True, asked_at__isnull=True)
                | (Q(asked_at__isnull=False) & ~Q(reason="")),
            ),
        ]

    def __str__(self) -> str:
        return self.month
