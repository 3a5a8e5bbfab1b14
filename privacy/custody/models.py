"""What is known of the roots' copies: who holds shares of them, and when a backup was proved."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

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
