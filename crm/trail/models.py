"""Runs of the verifier, so that a long one can be watched and the last one is known."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.staff.models import User
from privacy.records import Record, RetentionClass


class VerificationRun(Record):
    """One verification of the whole trail. A note of what was found, never the proof itself."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Verification waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Verification finished")
        FAILED = "failed", _("Could not run")

    retention = RetentionClass.AUDIT
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
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
