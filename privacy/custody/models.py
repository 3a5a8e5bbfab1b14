"""What is known of the roots' copies, of proved backups, and of the nightly comparison of rows."""

import hmac

from django.contrib.postgres.fields import ArrayField
from django.db import models

from privacy.audit.models import mac_key, microseconds
from privacy.audit.rules import canonical
from privacy.records import Record, RetentionClass


class RootEscrow(Record):
    """That a root was printed in three shares: once, never again for the same root (ADR 0014).

    Neither the root nor a share can be told from these values.
    """

    retention = RetentionClass.SETTINGS
    root = models.CharField(max_length=20)
    check_value = models.BinaryField()  # derived one way: tells another root, not what it is
    share_digests = ArrayField(models.CharField(max_length=64), size=3)  # SHA-256 of each sheet

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_escrow_per_root", fields=["root", "check_value"])
        ]

    def __str__(self) -> str:
        return f"shares of {self.root}"


class RestoreProof(Record):
    """That a restored backup was opened and compared with this database."""

    retention = RetentionClass.AUDIT
    as_of = models.DateTimeField(null=True)  # the newest event in the copy
    subjects = models.PositiveIntegerField()
    data_keys = models.PositiveIntegerField()
    events = models.PositiveBigIntegerField()
    checkpoint = models.PositiveBigIntegerField()  # the newest in the copy; 0 for none
    anchors = models.PositiveIntegerField()  # heads outside that agree with the copy

    class Meta:
        indexes = [models.Index(name="newest_restore_proof", fields=["-created_at"])]

    def __str__(self) -> str:
        return f"restore proved {self.created_at:%Y-%m-%d}"


class Reconciliation(Record):
    """One comparison of all rows with their notes, and how far it has come (ADR 0021)."""

    class Phase(models.TextChoices):
        ROWS = "rows"  # whether each row there is as noted
        NOTES = "notes"  # whether each row noted is there

    retention = RetentionClass.AUDIT
    table = models.CharField(max_length=63, blank=True)
    phase = models.CharField(max_length=5, choices=Phase, default=Phase.ROWS)
    after = models.CharField(max_length=60, blank=True)  # key of the last row looked at
    rows = models.PositiveBigIntegerField(default=0)
    boxes = models.PositiveBigIntegerField(default=0)
    unnoted = models.PositiveBigIntegerField(default=0)  # older than the net: nothing to compare
    findings = models.PositiveBigIntegerField(default=0)
    # Lists of zone, algorithm, version of the data key, boxes; None before the end of the run.
    sealed = models.JSONField(null=True)
    finished_at = models.DateTimeField(null=True)
    mac = models.BinaryField(null=True)  # of place and counts: one slipped in is not believed

    class Meta:
        indexes = [models.Index(name="newest_reconciliation", fields=["-created_at"])]

    def __str__(self) -> str:
        return f"{self.table} {self.phase}"

    def keep(self) -> None:
        """Save it with the MAC that it has now."""
        self.mac = self.due_mac()
        self.save()

    @property
    def is_genuine(self) -> bool:
        """Whether the product itself wrote this place and these counts."""
        return self.mac is not None and hmac.compare_digest(bytes(self.mac), self.due_mac())

    def due_mac(self) -> bytes:
        """The MAC that these columns ask for, by the key of the events (ADR 0021)."""
        facts = {
            "id": self.pk.hex,
            "created_at": microseconds(self.created_at),
            "table": self.table,
            "phase": self.phase,
            "after": self.after,
            "rows": self.rows,
            "boxes": self.boxes,
            "unnoted": self.unnoted,
            "findings": self.findings,
            "finished_at": microseconds(self.finished_at) if self.finished_at else 0,
        }
        return hmac.digest(mac_key(), b"suian/reconciliation/v1" + canonical(facts), "sha256")
