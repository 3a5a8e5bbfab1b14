"""Proving that a backup can be restored: by comparing a restored copy with this database."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import psycopg
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.audit.anchors import anchors
from privacy.audit.models import READER, acting_as
from privacy.custody.events import KeyEvent
from privacy.custody.models import RestoreProof
from privacy.custody.rules import OLDEST_COPY
from privacy.encryption.canaries import opens
from privacy.encryption.models import KeyVersion, SubjectKey
from privacy.errors import DomainError, Unreadable

LONGEST: Final = timedelta(days=190)  # twice a year, with a week to spare
SAMPLE: Final = 200  # data keys opened with the roots at hand


@dataclass(frozen=True, slots=True)
class Standing:
    """How long ago a restore was proved; counted from the first key where none ever was."""

    proof: RestoreProof | None
    days: int

    @property
    def overdue(self) -> bool:
        return self.days > LONGEST.days


class NotProved(DomainError):
    """The copy is not what a restore has to give; the text says what is wrong."""


def standing() -> Standing:
    """How this clinic stands with its restores."""
    proof = RestoreProof.objects.order_by("-created_at").first()
    first = KeyVersion.objects.order_by("created_at").first()
    since = proof or first
    days = (timezone.now() - since.created_at).days if since else 0
    return Standing(proof, days)


def refuse_overdue() -> None:
    """Raises: DomainError if no restore was proved for too long: new keys would risk the data."""
    now = standing()
    if now.overdue:
        raise DomainError(
            _("No restore was proved for %(days)d days. Prove one before keys are changed.")
            % {"days": now.days}
        )


def prove(url: str, *, actor: Actor) -> RestoreProof:
    """Compare the copy at ``url`` with this database and write down that it is good.

    Looks at: that it is another database; every key version's canary; that each patient has keys
    or an erasure; a sample of data keys; counts; that its trail is there and goes on until
    OLDEST_COPY ago; the heads outside against that trail.
    Raises: NotProved with the first thing that does not hold; psycopg.Error if it cannot be read.
    """
    with psycopg.connect(url, connect_timeout=10) as copy:
        copy.read_only = True
        _is_another(copy)
        _canaries_open(copy)
        _keys_open(copy)
        found = _counted(copy)
        agreeing = _anchors_agree(copy, found["checkpoint"])
    proof = RestoreProof(anchors=agreeing, **found)
    with transaction.atomic():
        proof.save(force_insert=True)
        detail = {"subjects": proof.subjects, "events": proof.events, "anchors": agreeing}
        audit.record(KeyEvent.RESTORE_PROVED, actor=actor, detail=detail)
    return proof


_WHICH = (
    "SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = current_database()"
)


def _is_another(copy: psycopg.Connection[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_WHICH)
        if cursor.fetchone() == copy.execute(_WHICH).fetchone():
            raise NotProved(_("This is the database in use, not a restored copy."))


def _canaries_open(copy: psycopg.Connection[Any]) -> None:
    rows = copy.execute(
        "SELECT v.zone, v.version, c.box FROM privacy_keyversion v LEFT JOIN privacy_keycanary c "
        "ON c.zone = v.zone AND c.kek_version = v.version WHERE v.state <> 'destroyed'"
    ).fetchall()
    bad = sorted(
        f"{zone} v{version}" for zone, version, box in rows if not opens(zone, version, box)
    )
    if bad or not rows:
        raise NotProved(
            _("The copy's keys do not open with these roots: %(keys)s.")
            % {"keys": ", ".join(bad) or "-"}
        )


def _keys_open(copy: psycopg.Connection[Any]) -> None:
    (lacking,) = _one(
        copy,
        "SELECT count(*) FROM privacy_subject s CROSS JOIN unnest(ARRAY['contact', 'clinical']) z "
        "WHERE NOT EXISTS "
        "(SELECT FROM privacy_subjectkey k WHERE k.subject_id = s.id AND k.zone = z)"
        " AND NOT EXISTS (SELECT FROM privacy_erasure e WHERE e.subject_id = s.id AND e.zone = z)",
    )
    if lacking:
        raise NotProved(_("%(n)d data keys are missing in the copy.") % {"n": lacking})
    names = ("subject_id", "zone", "version", "kek_version", "wrapped")
    rows = copy.execute(
        f"SELECT {', '.join(names)} FROM privacy_subjectkey ORDER BY random() LIMIT {SAMPLE}"  # noqa: S608 - names of our own
    ).fetchall()
    for row in rows:
        try:
            SubjectKey(**dict(zip(names, row, strict=True))).open()
        except Unreadable as error:
            raise NotProved(_("A data key of the copy does not open.")) from error


def _counted(copy: psycopg.Connection[Any]) -> dict[str, Any]:
    """What is in the copy: never more than here, for what is only ever added."""
    there = _counts(lambda statement: _one(copy, statement))
    with connection.cursor() as cursor:
        here = _counts(lambda statement: _run(cursor, statement))
    if there["subjects"] > here["subjects"]:
        raise NotProved(_("The copy holds more than the database in use: it is of another clinic."))
    if here["subjects"] and not there["subjects"]:
        raise NotProved(_("The copy is empty."))
    return {**there, **_trail_kept(copy)}


def _counts(ask: Any) -> dict[str, int]:
    tables = {"subjects": "privacy_subject", "data_keys": "privacy_subjectkey"}
    return {name: ask(f"SELECT count(*) FROM {table}")[0] for name, table in tables.items()}  # noqa: S608 - as above


_TRAIL = (
    "SELECT (SELECT max(at) FROM privacy_auditevent), (SELECT count(*) FROM privacy_auditevent), "
    "(SELECT COALESCE(max(number), 0) FROM privacy_auditcheckpoint)"
)


def _trail_kept(copy: psycopg.Connection[Any]) -> dict[str, Any]:
    """The copy's trail: there if one is here, and not of long ago."""
    as_of, events, checkpoint = _one(copy, _TRAIL)
    with acting_as(READER), connection.cursor() as cursor:
        _as_of, events_here, checkpoint_here = _run(cursor, _TRAIL)
    if (events_here and not events) or (checkpoint_here and not checkpoint):
        raise NotProved(_("The copy came without its audit trail."))
    age = timezone.now() - as_of if as_of else timedelta(0)
    if age > OLDEST_COPY:
        raise NotProved(
            _("The copy is %(days)d days old; one of at most %(limit)d days proves something.")
            % {"days": age.days, "limit": OLDEST_COPY.days}
        )
    return {"as_of": as_of, "events": events, "checkpoint": checkpoint}


def _anchors_agree(copy: psycopg.Connection[Any], newest: int) -> int:
    """How many heads outside are in the copy, each with its own chain value."""
    chains = {
        number: bytes(chain).hex()
        for number, chain in copy.execute("SELECT number, chain FROM privacy_auditcheckpoint")
    }
    heads = [one for one in anchors() if one.readable and one.number <= newest]
    wrong = [one for one in heads if chains.get(one.number) != one.chain]
    if wrong:
        raise NotProved(
            _("The copy's trail is not the one whose heads are kept outside (checkpoint %(n)d).")
            % {"n": wrong[0].number}
        )
    return len(heads)


def _one(copy: psycopg.Connection[Any], statement: str) -> Any:
    return copy.execute(statement.encode()).fetchone()


def _run(cursor: Any, statement: str) -> Any:
    cursor.execute(statement)
    return cursor.fetchone()
