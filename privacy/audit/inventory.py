"""What the trail holds: codes, never a name, and of values only what was sealed (R31)."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.models import (
    AuditCheckpoint,
    AuditEvent,
    AuditSeal,
    RetiredMonth,
    RowChange,
    RowSeal,
    SealerKey,
)
from privacy.inventory import ORDER, PROOF, WHEN, WHO, Basis, c1, of

_ACT = _("Who did what to whose record, and why")
_ORIGIN = _("From where it was done")
_ROW = _("Which row was changed, by which hand")

TABLES = (
    of(
        AuditEvent,
        Basis.SECURITY,
        c1(_ACT, "kind", "action", "outcome", "actor", "role", "process", "clinic", "codes",
           "fields", "purpose", "reason", "target", "count", "detail"),
        c1(_ORIGIN, "ip", "agent", "session", "request"),
        c1(WHEN, "at"),
        c1(ORDER, "id", "schema"),
        c1(PROOF, "digest", "mac"),
    ),
    of(
        AuditCheckpoint,
        Basis.SECURITY,
        c1(ORDER, "number", "xid_from", "xid_to", "first_seq", "count"),
        c1(WHEN, "sealed_at"),
        c1(PROOF, "root", "previous", "chain", "signature"),
    ),
    of(
        AuditSeal,
        Basis.SECURITY,
        c1(ORDER, "seq", "checkpoint", "event_id"),
        c1(WHEN, "event_at"),
        c1(PROOF, "leaf"),
    ),
    of(
        RetiredMonth,
        Basis.SECURITY,
        c1(WHO, "asked_by", "approved_by"),
        c1(WHEN, "begins", "ends"),
        c1(ORDER, "month", "rows"),
        c1(PROOF, "manifest", "archive", "mac"),
    ),
    of(SealerKey, Basis.NONE, c1(PROOF, "public", "mac")),
    of(
        RowChange,
        Basis.SECURITY,
        c1(_ROW, "relation", "operation", "row_key", "columns", "context", "db_role"),
        c1(WHEN, "at"),
        c1(ORDER, "id"),
        c1(PROOF, "boxes"),
    ),
    of(
        RowSeal,
        Basis.NONE,
        c1(ORDER, "number", "xid_from", "xid_to", "count", "event_id"),
        c1(WHEN, "sealed_at"),
        c1(PROOF, "digest"),
    ),
)  # fmt: skip
