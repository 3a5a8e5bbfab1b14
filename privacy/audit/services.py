"""Writing the trail."""

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone

from privacy.actors import Actor
from privacy.audit import rules
from privacy.audit.apart import apart
from privacy.audit.context import current_origin
from privacy.audit.events import AccessEvent, Event
from privacy.audit.models import AuditEvent, mac_key
from privacy.errors import Erased
from privacy.minimisation.reasons import refuse_numbers
from privacy.minimisation.rules import cover
from privacy.receipts import EMPTY, Receipt, SubjectRef, Told, fate_of_this_transaction

logger = logging.getLogger(__name__)

COLUMNS = (
    "id", "at", "schema", "kind", "action", "outcome", "actor", "role", "process", "clinic",
    "ip", "agent", "session", "request", "codes", "fields", "purpose", "reason", "target",
    "count", "detail", "digest", "mac",
)  # fmt: skip
INSERT = (
    f"INSERT INTO privacy_auditevent ({', '.join(COLUMNS)}) "  # noqa: S608 - our own names only
    f"VALUES ({', '.join(['%s'] * len(COLUMNS))}) "
    "RETURNING pg_current_xact_id()::text"  # no column of the table: that would need SELECT
)


def record(  # noqa: PLR0913 - one argument a column of the trail, all by keyword
    event: Event,
    *,
    actor: Actor | None = None,
    process: str = "",
    clinic: UUID | None = None,
    subjects: Iterable[SubjectRef] = (),
    fields: Iterable[str] = (),
    purpose: str = "",
    reason: str = "",
    target: str = "",
    outcome: str = "ok",
    detail: Mapping[str, str | int] = EMPTY,
) -> Receipt:
    """Write one event inside the caller's transaction, by one INSERT (S59, ADR 0005).

    In: exactly one of ``actor`` (staff) and ``process`` (a job's name); ``clinic`` for a process
    whose event is for one clinic's trail alone; ``subjects`` the patients shown or changed;
    ``fields`` as ``model.field``; ``detail`` integers and strings, never personal data. Address,
    session and request come from the request by themselves.
    Out: the receipt that opens sealed values of these subjects and fields.
    Raises: RuntimeError outside a transaction, so a change and its trace stand or fall together;
        ValueError without exactly one author, or with a clinic beside an actor; DomainError where
        somebody writes a phone, ID number, card or account into ``reason`` (S12): nothing is ever
        taken out of the trail. What a job repeats, or a refusal, is covered instead.
    """
    _check_author(actor, process, clinic)
    shown = {subject.pk: subject.code for subject in subjects}
    row = AuditEvent(
        at=timezone.now(),
        kind=event.kind,
        action=event.value,
        outcome=outcome,
        actor=actor.pk if actor else None,
        role=actor.role if actor else "",
        process=process,
        clinic=actor.clinic_id if actor else clinic,
        codes=sorted(shown.values()),
        fields=sorted(set(fields)),
        purpose=purpose,
        reason=_without_numbers(rules.storable(reason), typed=bool(actor) and outcome == "ok"),
        target=rules.storable(target)[:100],
        count=len(shown),
        detail={key: rules.storable(v) if isinstance(v, str) else v for key, v in detail.items()},
        **_origin(),
    )
    xid = _insert(row)
    fate = fate_of_this_transaction()
    fate.told.append(Told(xid, row.id, bytes(row.digest), bytes(row.mac)))
    return Receipt(row.id, frozenset(shown), frozenset(row.fields), fate)


def _without_numbers(reason: str, *, typed: bool) -> str:
    if typed:
        refuse_numbers(reason)
        return reason
    return cover(reason).text


def _check_author(actor: Actor | None, process: str, clinic: UUID | None) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("audit.record() needs the transaction of the act it records")
    if (actor is None) == (not process):
        raise ValueError("an event has one author: an actor or a process")
    if actor is not None and clinic is not None:
        raise ValueError("an actor's event belongs to the actor's clinic")


def _origin() -> dict[str, Any]:
    """Where the running request comes from, as columns."""
    origin = current_origin()
    return {
        "ip": rules.address(origin.ip),
        "agent": rules.storable(origin.agent)[:200],
        "session": origin.session,
        "request": origin.request_id,
    }


def _insert(row: AuditEvent) -> int:
    """Write the row. Out: the transaction's id."""
    # A raw cursor: half the cost of the ORM's INSERT.
    row.digest = rules.digest(row.facts())
    row.mac = rules.mac(mac_key(), row.digest)
    values = [getattr(row, column) for column in COLUMNS]
    values[COLUMNS.index("detail")] = json.dumps(row.detail, ensure_ascii=False)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        return int(cursor.fetchone()[0])


class _Shown(NamedTuple):
    """A patient, known well enough to be told of on another connection."""

    pk: UUID
    code: str


def record_denial(  # noqa: PLR0913 - who, what and why, all by keyword
    *,
    actor: Actor | None = None,
    process: str = "",
    clinic: UUID | None = None,
    target: str,
    reason: str = "",
    event: Event = AccessEvent.DENIED,
    subjects: Iterable[SubjectRef] = (),
    detail: Mapping[str, str | int] = EMPTY,
) -> None:
    """Book a refusal so that it stays booked, whatever becomes of the request.

    In: ``actor``, or ``process`` with ``clinic``, as for ``record``.

    Inside an open transaction it goes over a second connection at once: the refusal is about to
    roll that transaction back, and the process may be killed before its end (ADR 0005).
    """
    refused = [_Shown(one.pk, one.code) for one in subjects]  # may ask: of the open transaction
    with apart():
        record(
            event,
            actor=actor,
            process=process,
            clinic=clinic,
            target=target,
            reason=reason,
            subjects=refused,
            outcome="denied",
            detail=detail,
        )


def record_crypto_failure(*, path: str, code: str) -> None:
    """Book that a sealed value did not open; the page shows "unavailable" and this code (R42).

    What was erased on purpose is no failure: the ledger of erasures says so, and the page too.
    """
    if code == Erased.CODE:
        return
    logger.error("sealed value did not open: %s %s", path, code)
    with apart():
        record(
            AccessEvent.CRYPTO_FAILED,
            process="cipher",
            fields=[path],
            outcome="failed",
            detail={"code": code},
        )
