"""Seals over row changes, and alarms for the changes nobody answers for.

A row change belongs to the events of its transaction. One without any event is a part's own
bookkeeping, if it is listed as such and came by the app's sign-in, and UNATTRIBUTED otherwise: a
shell, psql, a migration, and whoever only says to be a part of the product (ADR 0010).
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from privacy.audit import services as audit
from privacy.audit.horizon import alone, horizon_beyond
from privacy.audit.models import SEALER, RowSeal, acting_as
from privacy.audit.row_changes import RowEvent, digest_of
from privacy.audit.unhurried import unhurried

# Parts of the product, as they name themselves to the database (SUIAN_PROCESS).
PARTS: Final = ("web", "worker", "exporter", "sealer", "beat", "setup")


class Own(NamedTuple):
    """What parts write by themselves, no event beside it; of an update these columns alone."""

    relation: str
    operation: str
    why: str
    columns: str = ""


# Anybody with the app's sign-in can say to be a part: this list is all that such a lie is worth.
OWN: Final = (
    Own("crm_alert", "U", "one more sign of what is told already", "codes last_at times"),
    Own("crm_apianswer", "D", "kept answers are forgotten after a day"),
    Own("crm_apitoken", "U", "the day of its last use", "last_used_on"),
    Own("crm_attempt", "U", "what the provider answered, and how often it was asked",
        "answer answered_at asked not_found sent_again_at"),
    Own("crm_deliveryanswer", "I", "the provider's answers as they came"),
    Own("crm_message", "U", "its way; that a phone was opened for it is an event",
        "state reason not_before handed_over_at unknown_since check_at needs_person_at"),
    Own("crm_monthexport", "U", "how far it has come; begin and end are events", "written"),
    Own("crm_passkey", "U", "its counter; the sign-in is an event", "sign_count last_used_at"),
    Own("crm_reminder", "D", "of what is renewed"),
    Own("crm_reviewview", "I", "somebody's own filter, kept"),
    Own("crm_reviewview", "D", "and dropped"),
    Own("crm_totpdevice", "U", "a code opens once, the first one confirms; the sign-in is an event",
        "last_step confirmed_at"),
    Own("crm_user", "U", "the moment of a sign-in, which is an event", "last_login"),
    Own("crm_verificationrun", "I", "asked for; its verdict is an event"),
    Own("crm_verificationrun", "U", "taken up", "state"),
    Own("followup_step", "U", "follows its message", "state note settled_at message_id"),
    Own("privacy_export", "U", "taken up to be built, and how far",
        "state builds written lease_until"),
    Own("privacy_keycanary", "I", "laid before a clinic opens; opens under the roots or is told"),
    Own("privacy_sealerkey", "I", "vouched for by its MAC"),
)  # fmt: skip
MOST_ALARMS: Final = 50  # events a pass; the last of them counts the rest
LOCK = "suian row sealer"
_ALARMS = """
    SELECT relation, operation, context, db_role, count(*),
           (array_agg(row_key ORDER BY id))[1]
    FROM privacy_rowchange AS change
    WHERE xid >= %(start)s::text::xid8 AND xid < %(end)s::text::xid8
      AND NOT EXISTS (SELECT FROM privacy_auditevent AS event WHERE event.xid = change.xid)
      AND NOT (context = ANY(%(parts)s) AND db_role = %(app)s AND EXISTS (
        SELECT FROM unnest(%(tables)s::text[], %(operations)s::text[], %(columns)s::text[])
          AS own (relation, operation, columns)
        WHERE own.relation = change.relation AND own.operation = change.operation
          AND (own.operation <> 'U'
               OR change.columns::text[] <@ string_to_array('updated_at ' || own.columns, ' '))))
      AND NOT (context = 'setup' AND %(is_first)s)
    GROUP BY relation, operation, context, db_role
    ORDER BY min(id)
"""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Changes of one table from one hand that no event answers for, and that are no part's own."""

    relation: str
    operation: str
    context: str
    db_role: str
    rows: int
    row_key: str  # of the first of them


@unhurried()
@transaction.atomic
def seal_row_changes() -> RowSeal | None:
    """Digest what changed since the last seal, tell it to the trail, raise what nobody answers for.

    Out: the new seal; None if nothing changed, or another sealer is at it.
    The digest stands in an event, which the trail's own checkpoints seal and sign.
    Raises: SealerBehind after a dump was restored into another server.
    """
    with acting_as(SEALER):
        if not alone(LOCK):
            return None
        last = RowSeal.objects.order_by("number").last()
        start = last.xid_to if last else 0
        end = horizon_beyond(start).until
        count, digest = digest_of(start, end) if end > start else (0, b"")
        if not count:
            return None
        alarms = _alarms(start, end)
    number = last.number + 1 if last else 1
    receipt = audit.record(
        RowEvent.SEALED,
        process="sealer",
        target=f"rows:{number}",
        detail={"from": str(start), "to": str(end), "rows": count, "sha256": digest.hex()},
    )
    _raise(alarms)
    seal = RowSeal(
        number=number,
        sealed_at=timezone.now(),
        xid_from=start,
        xid_to=end,
        count=count,
        digest=digest,
        event_id=receipt.event_id,
    )
    with acting_as(SEALER):
        RowSeal.objects.bulk_create([seal])  # plain INSERT: the role may not UPDATE
    return seal


def _alarms(start: int, end: int) -> list[Alarm]:
    """In: as for ``digest_of``. What came before the first seal was laid down by setting up."""
    values: dict[str, Any] = {
        "start": str(start),
        "end": str(end),
        "parts": list(PARTS),
        "app": settings.DATABASE_APP_ROLE,
        "tables": [one.relation for one in OWN],
        "operations": [one.operation for one in OWN],
        "columns": [one.columns for one in OWN],
        "is_first": start == 0,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ALARMS, values)
        return [Alarm(*row) for row in cursor.fetchall()]


def _raise(alarms: list[Alarm]) -> None:
    for place, one in enumerate(alarms[:MOST_ALARMS], 1):
        left = len(alarms) - place if place == MOST_ALARMS else 0
        audit.record(
            RowEvent.UNATTRIBUTED,
            process="sealer",
            target=f"{one.relation}:{one.row_key}"[:100],
            outcome="failed",
            detail={
                "operation": one.operation,
                "rows": one.rows,
                "context": one.context or "none",
                "db_role": one.db_role,
                **({"more": left} if left else {}),
            },
        )


def own_reason(
    *, relation: str, operation: str, columns: list[str], context: str, db_role: str
) -> str:
    """Why a part may change this without an event; "" if it may not. As ``_ALARMS`` asks it."""
    if context not in PARTS or db_role != settings.DATABASE_APP_ROLE:
        return ""
    for one in OWN:
        touches = operation != "U" or set(columns) <= {"updated_at", *one.columns.split()}
        if (one.relation, one.operation) == (relation, operation) and touches:
            return one.why
    return ""
