"""Reading the trail, under the reader's role alone."""

from collections.abc import Iterable

from privacy.audit.events import Kind
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.receipts import SubjectRef


def trail_of(subject: SubjectRef, *, kinds: Iterable[Kind], limit: int = 50) -> list[AuditEvent]:
    """The newest events about one patient, newest first: their timeline, and who looked."""
    with acting_as(READER):
        return list(
            AuditEvent.objects.filter(
                codes__contains=[subject.code], kind__in=[kind.value for kind in kinds]
            )[:limit]
        )
