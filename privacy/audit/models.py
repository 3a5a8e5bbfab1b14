"""The trail. Tables are made by hand in ``migrations/operations/audit.py``: monthly partitions,
INSERT alone for the app's role, reading and sealing by roles of their own (ADR 0005).
"""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction

from privacy.audit.rules import SCHEMA, address, canonical, signer_mac
from privacy.encryption.keys import derive
from privacy.records import Record, RetentionClass, new_id

READER, SEALER = "suian_auditor", "suian_sealer"


def mac_key() -> bytes:
    """The key of the events' MACs, from the audit root."""
    return derive("audit", "audit/mac")


def signer_key() -> bytes:
    """The key that vouches for sealers' keys, from the audit root.

    Not the events' own: the worker signs events and faces the network (ADR 0013).
    """
    return derive("audit", "audit/signer")


def sink_key() -> bytes:
    """The key that chains the second sink's lines; whoever may sign events may write there."""
    return hmac.digest(mac_key(), b"suian/second-sink/v1", "sha256")


@contextmanager
def acting_as(role: str) -> Iterator[None]:
    """Run the block under another database role and come back, also when it fails.

    The app's own role can neither read nor seal the trail; these two roles can do just that.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (before,) = cursor.fetchone()
        cursor.execute(f"SET LOCAL ROLE {connection.ops.quote_name(role)}")
        yield
        cursor.execute(f"SET LOCAL ROLE {connection.ops.quote_name(before)}")


class AuditEvent(models.Model):
    """One thing somebody (or some process) did. Never changed, never deleted by the product.

    The column ``xid`` (the writing transaction, for the sealer) is not mapped: nobody writes it,
    and who needs it asks for it (``XID``).
    """

    retention = RetentionClass.AUDIT
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField()
    schema = models.PositiveSmallIntegerField(default=SCHEMA)
    kind = models.CharField(max_length=10)
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10)
    actor = models.UUIDField(null=True)
    role = models.CharField(max_length=20)
    process = models.CharField(max_length=60)
    clinic = models.UUIDField(null=True)
    ip = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200)
    session = models.BinaryField(null=True)
    request = models.UUIDField(null=True)
    codes = ArrayField(models.CharField(max_length=8))
    fields = ArrayField(models.CharField(max_length=80))
    purpose = models.CharField(max_length=60)
    reason = models.TextField()
    target = models.CharField(max_length=100)
    count = models.PositiveIntegerField()
    detail = models.JSONField()
    digest = models.BinaryField()
    mac = models.BinaryField()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"

    def facts(self) -> dict[str, Any]:
        """The event as the canonical form sees it (integers and strings only)."""
        return {
            "v": self.schema,
            "id": self.id.hex,
            "at": microseconds(self.at),
            "kind": self.kind,
            "action": self.action,
            "outcome": self.outcome,
            "actor": self.actor.hex if self.actor else None,
            "role": self.role,
            "process": self.process,
            "clinic": self.clinic.hex if self.clinic else None,
            "ip": address(self.ip),
            "agent": self.agent,
            "session": bytes(self.session).hex() if self.session else None,
            "request": self.request.hex if self.request else None,
            "codes": list(self.codes),
            "fields": list(self.fields),
            "purpose": self.purpose,
            "reason": self.reason,
            "target": self.target,
            "count": self.count,
            "detail": self.detail,
        }


# The transaction that wrote an event, read along: ``AuditEvent.objects.annotate(xid=XID)``.
XID = models.Func(
    template="privacy_auditevent.xid::text::bigint", output_field=models.BigIntegerField()
)


class AuditCheckpoint(models.Model):
    """A signed head over a run of events, chained to the one before."""

    retention = RetentionClass.AUDIT
    number = models.BigIntegerField(primary_key=True)
    sealed_at = models.DateTimeField()
    xid_from = models.BigIntegerField()
    xid_to = models.BigIntegerField()
    first_seq = models.BigIntegerField()
    count = models.BigIntegerField()
    root = models.BinaryField()
    previous = models.BinaryField()
    chain = models.BinaryField()
    signature = models.BinaryField()

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return str(self.number)


class AuditSeal(models.Model):
    """The gapless number of one event, and its leaf in the checkpoint's tree."""

    retention = RetentionClass.AUDIT
    seq = models.BigIntegerField(primary_key=True)
    checkpoint = models.BigIntegerField()
    event_id = models.UUIDField()
    event_at = models.DateTimeField()
    leaf = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_seal_per_event", fields=["event_id"])]

    def __str__(self) -> str:
        return str(self.seq)


class SealerKey(Record):
    """A public key that checkpoints are signed with; the private half never comes here."""

    retention = RetentionClass.AUDIT
    public = models.BinaryField()
    mac = models.BinaryField()  # under the audit root: a key slipped in by SQL is not believed

    class Meta:
        constraints = [
            models.UniqueConstraint(name="signer_vouched_once", fields=["public", "mac"])
        ]

    def __str__(self) -> str:
        return bytes(self.public).hex()[:8]

    @property
    def is_vouched(self) -> bool:
        """Whether a process that holds the signers' leaf brought this key in."""
        return signer_mac(signer_key(), bytes(self.public)) == bytes(self.mac)


class RowChange(models.Model):
    """One row written, changed or deleted. Filled by triggers alone; the app's role has no right.

    The column ``xid`` (the writing transaction) is not mapped: it ties the change to its events.
    """

    retention = RetentionClass.AUDIT
    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    relation = models.CharField(max_length=63)
    operation = models.CharField(max_length=1)  # I, U, D; T: the whole table was emptied
    row_key = models.CharField(max_length=60)
    columns = ArrayField(models.CharField(max_length=63))
    boxes = models.JSONField()  # column -> SHA-256 of the sealed bytes as Postgres shows them
    context = models.CharField(max_length=40)  # which part of the product was connected
    db_role = models.CharField(max_length=63)

    class Meta:
        indexes = [models.Index(name="row_changes_of_row", fields=["relation", "row_key", "-id"])]
        constraints = [
            models.CheckConstraint(
                name="row_change_operation_known",
                condition=models.Q(operation__in=["I", "U", "D", "T"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.relation} {self.row_key}"


class RowSeal(models.Model):
    """A digest over the row changes of a run of transactions; told to the trail by an event."""

    retention = RetentionClass.AUDIT
    number = models.BigIntegerField(primary_key=True)
    sealed_at = models.DateTimeField()
    xid_from = models.BigIntegerField()
    xid_to = models.BigIntegerField()
    count = models.BigIntegerField()
    digest = models.BinaryField()
    event_id = models.UUIDField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="row_seal_moves_forward",
                condition=models.Q(xid_to__gt=models.F("xid_from")),
            )
        ]

    def __str__(self) -> str:
        return str(self.number)


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970 UTC of an aware moment, without a float on the way."""
    seconds = int(moment.replace(microsecond=0).timestamp())
    return seconds * 1_000_000 + moment.microsecond


def sealer_private_key(secret: bytes) -> Ed25519PrivateKey:
    """The sealer's signing key from its 32-byte secret."""
    return Ed25519PrivateKey.from_private_bytes(secret)


def sealer_public_key(raw: bytes) -> Ed25519PublicKey:
    """The checking half from its 32 bytes."""
    return Ed25519PublicKey.from_public_bytes(raw)


class RetiredMonth(Record):
    """A month (UTC) whose events lie in a sealed archive only: two people agreed (ADR 0025).

    Its checkpoints and seals stay, so the chain is whole without it. Written once.
    """

    retention = RetentionClass.AUDIT
    month = models.CharField(max_length=7, unique=True)
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    rows = models.BigIntegerField()
    manifest = models.CharField(max_length=64)
    archive = models.CharField(max_length=64)  # SHA-256 of the sealed file
    asked_by = models.UUIDField()
    approved_by = models.UUIDField()
    mac = models.BinaryField()  # under the audit root: one slipped in by SQL is not believed

    class Meta:
        ordering = ["month"]
        constraints = [
            models.CheckConstraint(
                name="two_people_retired_a_month",
                condition=~models.Q(asked_by=models.F("approved_by")),
            ),
            models.CheckConstraint(
                name="retired_month_ends", condition=models.Q(ends__gt=models.F("begins"))
            ),
        ]

    def __str__(self) -> str:
        return self.month

    def due_mac(self) -> bytes:
        """The MAC that these columns ask for."""
        facts = {
            "month": self.month,
            "begins": microseconds(self.begins),
            "ends": microseconds(self.ends),
            "rows": self.rows,
            "manifest": self.manifest,
            "archive": self.archive,
            "asked_by": self.asked_by.hex,
            "approved_by": self.approved_by.hex,
        }
        return hmac.digest(mac_key(), b"suian/retired-month/v1" + canonical(facts), "sha256")
