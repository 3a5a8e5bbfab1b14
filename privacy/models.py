"""Index for Django's app registry. Never import from here: import from the feature."""

from privacy.audit.models import (
    AuditCheckpoint,
    AuditEvent,
    AuditSeal,
    RetiredMonth,
    RowChange,
    RowSeal,
    SealerKey,
)
from privacy.consent.models import ConsentEntry, ConsentState, ConsentText
from privacy.custody.models import Reconciliation, RestoreProof, RootEscrow
from privacy.encryption.models import Erasure, IndexWidth, KeyCanary, KeyVersion, SubjectKey
from privacy.exports.models import Export, ExportApproval, ExportMark
from privacy.pseudonyms.models import Subject, VisitCode

__all__ = [
    "AuditCheckpoint",
    "AuditEvent",
    "AuditSeal",
    "ConsentEntry",
    "ConsentState",
    "ConsentText",
    "Erasure",
    "Export",
    "ExportApproval",
    "ExportMark",
    "IndexWidth",
    "KeyCanary",
    "KeyVersion",
    "Reconciliation",
    "RestoreProof",
    "RetiredMonth",
    "RootEscrow",
    "RowChange",
    "RowSeal",
    "SealerKey",
    "Subject",
    "SubjectKey",
    "VisitCode",
]
