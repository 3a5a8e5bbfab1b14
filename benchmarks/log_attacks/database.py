"""Tampering in the database by its owner, before the clinic itself makes the export.

A stage offers ``sql(*statements)`` with all fences of the trail down. Each class returns the number
that the verifier has to name first when it gets the export.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.log_attacks import months
from benchmarks.log_attacks.export import Spot
from privacy.audit import rules, sealing
from privacy.audit.models import READER, AuditCheckpoint, AuditEvent, AuditSeal, acting_as

LATER = "2026-11"  # a month that attacks on fresh events write for themselves


class Stage(Protocol):
    """A filled database of its own for one attack."""

    actor: Any

    def sql(self, *statements: str) -> None:
        """As the owner, with all fences of the trail down."""

    def keep_anchors(self) -> None:
        """The auditor takes the copy of the anchor file now, not at the end."""


@dataclass(frozen=True)
class DatabaseAttack:
    """``strike`` tampers; the export is of ``month``. ``kit`` as for attacks on files."""

    name: str
    strike: Callable[[Stage, Spot], int]
    month: str = months.MONTH
    kit: tuple[str, ...] = ()


def event(seq: int) -> str:
    """Condition that names one sealed event."""
    return f"id = (SELECT event_id FROM privacy_auditseal WHERE seq = {seq})"


def update(change: str) -> Callable[[Stage, Spot], int]:
    """Change one event's row."""

    def strike(stage: Stage, spot: Spot) -> int:
        stage.sql(f"UPDATE privacy_auditevent SET {change} WHERE {event(spot.seq)}")
        return spot.seq

    return strike


def deleted(stage: Stage, spot: Spot) -> int:
    stage.sql(f"DELETE FROM privacy_auditevent WHERE {event(spot.seq)}")
    return spot.seq


def seal_deleted(stage: Stage, spot: Spot) -> int:
    stage.sql(f"DELETE FROM privacy_auditseal WHERE seq = {spot.seq}")
    return spot.seq


def checkpoint_changed(stage: Stage, spot: Spot) -> int:
    stage.sql(
        "UPDATE privacy_auditcheckpoint SET sealed_at = sealed_at + interval '1 second' "
        f"WHERE number = {spot.checkpoint}"
    )
    return spot.start


def partition_gone(stage: Stage, spot: Spot) -> int:
    """A whole month of events is dropped or detached. Partitions are cut in UTC."""
    # The month's first hours in clinic time lie in the partition before.
    name = "privacy_auditevent_202608" if spot.turn < 2 else "privacy_auditevent_202609"
    first = months.FIRST if spot.turn < 2 else months.FIRST + months.EACH
    stage.sql(
        f"DROP TABLE {name}"
        if spot.turn % 2
        else f"ALTER TABLE privacy_auditevent DETACH PARTITION {name}"
    )
    return first


def rechained(stage: Stage, spot: Spot) -> int:
    """An event is changed in all places, and the chain signed again by the forger's own key,
    which is put among the sealer's keys.
    """
    forger = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    with acting_as(READER):
        row = AuditEvent.objects.get(id=AuditSeal.objects.get(seq=spot.seq).event_id)
        heads = list(AuditCheckpoint.objects.order_by("number"))
        leaves = dict(AuditSeal.objects.values_list("seq", "leaf"))
    row.reason = "x"
    digest = rules.digest(row.facts())
    leaves[spot.seq] = rules.leaf(row.id.bytes, digest, bytes(row.mac))
    statements = [
        f"UPDATE privacy_auditevent SET reason = 'x', digest = '\\x{digest.hex()}' "
        f"WHERE {event(spot.seq)}",
        f"UPDATE privacy_auditseal SET leaf = '\\x{leaves[spot.seq].hex()}' WHERE seq = {spot.seq}",
        "INSERT INTO privacy_sealerkey (id, created_at, updated_at, public, mac) VALUES "
        f"(gen_random_uuid(), now(), now(), '\\x{sealing.public_bytes(forger).hex()}', '\\x00')",
    ]
    previous = b""
    for head in heads:
        if head.number >= spot.checkpoint:
            run = range(head.first_seq, head.first_seq + head.count)
            head.root = rules.merkle_root([bytes(leaves[seq]) for seq in run])
            head.previous = previous
            head.chain = sealing.chain_of(head)
            statements.append(
                f"UPDATE privacy_auditcheckpoint SET root = '\\x{head.root.hex()}', "
                f"previous = '\\x{head.previous.hex()}', chain = '\\x{head.chain.hex()}', "
                f"signature = '\\x{forger.sign(head.chain).hex()}' WHERE number = {head.number}"
            )
        previous = bytes(head.chain)
    stage.sql(*statements)
    return spot.start


def _later(stage: Stage, count: int, *, day: int, strike: Callable[[], None] | None = None) -> None:
    moment = months.moment(f"{LATER}-{day:02d} 09:00")
    with time_machine.travel(moment, tick=False):
        for number in range(count):
            months.write_one(stage.actor, 20 + day, number)
        if strike:
            strike()
    with time_machine.travel(moment + timedelta(minutes=1), tick=False):
        sealing.seal_once()


def _close(stage: Stage) -> None:
    with time_machine.travel(months.moment("2026-12-01 09:00"), tick=False):
        months.write_one(stage.actor, 60, 0)
        sealing.seal_once()


def before_the_seal(change: Callable[[AuditEvent], str]) -> Callable[[Stage, Spot], int]:
    """An event is changed in the seconds before it is sealed: the sealer signs the change."""

    def strike(stage: Stage, spot: Spot) -> int:
        def tamper() -> None:
            with acting_as(READER):
                row = AuditEvent.objects.get(target=f"visit:{20 + 5}-{spot.turn}")
            stage.sql(f"UPDATE privacy_auditevent SET {change(row)} WHERE id = '{row.id}'")

        _later(stage, 5, day=5, strike=tamper)
        _close(stage)
        return months.END + spot.turn

    return strike


def _with_digest(row: AuditEvent) -> str:
    row.reason = "x"
    return f"reason = 'x', digest = '\\x{rules.digest(row.facts()).hex()}'"


def old_backup(stage: Stage, spot: Spot) -> int:
    """An older state is put back, and the clinic goes on writing under numbers given before."""
    for day in range(1, 7):
        _later(stage, 3, day=day)
    stage.keep_anchors()
    first = months.END + 3 * (spot.turn + 1)
    stage.sql(
        "DELETE FROM privacy_auditevent WHERE id IN "
        f"(SELECT event_id FROM privacy_auditseal WHERE seq >= {first})",
        f"DELETE FROM privacy_auditseal WHERE seq >= {first}",
        f"DELETE FROM privacy_auditcheckpoint WHERE first_seq >= {first}",
    )
    for day in range(10, 17):
        _later(stage, 3, day=day)
    _close(stage)
    return first


def month_missing(stage: Stage, _spot: Spot) -> int:
    """The export handed out is that of a later month; the auditor's last one is older."""
    _later(stage, 2, day=3)
    _close(stage)
    return months.FIRST + months.EACH  # the month before went up to its closing checkpoint


ATTACKS = (
    DatabaseAttack("SQL: a row is edited", update("reason = 'x'")),
    DatabaseAttack("SQL: a row is moved in time", update("at = at - interval '3 days'")),
    DatabaseAttack("SQL: a fraction in the details", update("detail = '{\"n\": 1.5}'")),
    DatabaseAttack("SQL: a row is deleted", deleted),
    DatabaseAttack("SQL: a seal is deleted", seal_deleted),
    DatabaseAttack("SQL: a checkpoint is changed", checkpoint_changed),
    DatabaseAttack("SQL: a partition is dropped or detached", partition_gone),
    DatabaseAttack("SQL: edited and signed again by another key", rechained),
    DatabaseAttack(
        "SQL: edited before the seal", before_the_seal(lambda _row: "reason = 'x'"), LATER
    ),
    DatabaseAttack(
        "SQL: edited before the seal, with its digest", before_the_seal(_with_digest), LATER
    ),
    DatabaseAttack("SQL: an old backup is put back", old_backup, LATER),
    DatabaseAttack("a whole month is left out", month_missing, LATER, ("previous",)),
)
