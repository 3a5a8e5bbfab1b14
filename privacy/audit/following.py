"""Reading the trail as it grows, each event once: for alerts."""

from collections.abc import Iterable
from datetime import datetime

from privacy.audit.events import Kind
from privacy.audit.horizon import horizon
from privacy.audit.models import READER, SEALER, AuditEvent, acting_as

_NEW = """
    SELECT * FROM privacy_auditevent
    WHERE xid >= %s::text::xid8 AND xid < %s::text::xid8 AND at >= %s
      AND (kind = %s OR action = ANY(%s))
    ORDER BY xid, id
"""

_NAMING = """
    SELECT * FROM privacy_auditevent
    WHERE xid >= %s::text::xid8 AND xid < %s::text::xid8 AND at >= %s
      AND actor IS NOT NULL AND codes <> '{}' AND NOT action = ANY(%s)
    ORDER BY xid, id
"""


def since(
    place: int, *, kind: Kind, actions: Iterable[str], oldest: datetime
) -> tuple[list[AuditEvent], int]:
    """Events of ``kind`` or of one of ``actions`` since ``place``, and the next place.

    In: ``place`` 0 or what the last call gave out; ``oldest``: none from before this moment.
    Commits come out of order, so places are transaction ids below the oldest open one (ADR 0005).
    After a dump was restored into another server, reading begins again at ``oldest``.
    Runs inside a transaction.
    """
    start, until = _span(place)
    with acting_as(READER):
        values = [str(start), str(until), oldest, kind.value, list(actions)]
        return list(AuditEvent.objects.raw(_NEW, values)), until


def naming_patients(
    place: int, *, without: Iterable[str], oldest: datetime
) -> tuple[list[AuditEvent], int]:
    """What people did that names patients, but ``without`` actions, since ``place``; the next
    place. Places and the rest as for ``since``."""
    start, until = _span(place)
    with acting_as(READER):
        values = [str(start), str(until), oldest, list(without)]
        return list(AuditEvent.objects.raw(_NAMING, values)), until


def _span(place: int) -> tuple[int, int]:
    with acting_as(SEALER):
        found = horizon()
    if found.next < place:
        place = 0  # another cluster, which counts anew: from ``oldest`` on, whatever the ids say
    return place, max(place, found.until)
