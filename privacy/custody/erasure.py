"""Erasing by destroying keys, zone by zone; and again after a restore (ADR 0012)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.custody import holds, ledger_file
from privacy.custody.events import KeyEvent
from privacy.custody.rules import LedgerLine
from privacy.custody.signals import zone_erased
from privacy.encryption.keys import Zone
from privacy.encryption.models import Erasure, ErasureReason, SubjectKey
from privacy.errors import DomainError
from privacy.pseudonyms.models import Subject
from privacy.receipts import SubjectRef

REPLAY = "replay_erasures"
REASONS: Final = tuple(ErasureReason.values)
REASON_CHOICES: Final = tuple(ErasureReason.choices)


class MustBeKept(DomainError):
    """The law says to keep the record: it can be restricted, not erased (R15, R38)."""


class ErasuresWait(Exception):
    """The ledger outside names what this database still holds, or the other way round."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What the two ledgers do not have in common."""

    not_erased: list[LedgerLine]  # named outside, still here: a restore brought it back
    not_outside: list[LedgerLine]  # erased here, not yet in the file

    def __bool__(self) -> bool:
        return bool(self.not_erased or self.not_outside)


@transaction.atomic
def shred(
    *,
    subject: SubjectRef,
    zone: str,
    reason: str,
    actor: Actor | None = None,
    process: str = "",
) -> Erasure:
    """Destroy all data keys of one patient and zone, and what the patient could be found by.

    In: ``reason`` one of ErasureReason; exactly one of ``actor`` and ``process``. Asked for
    again, it does nothing. The line outside is written with the commit; until it is, readiness
    fails and ``replay_erasures`` makes it good.
    Raises: MustBeKept for the clinical zone while the law asks for the record (R15, R38);
        DomainError if the ledger outside cannot be written; ValueError for another reason.
    """
    ledger_file.refuse_without()
    reason = ErasureReason(reason).value
    held = _locked(subject.pk)
    known = Erasure.objects.filter(subject_id=held.pk, zone=zone).first()
    if known:
        return known
    refuse_while_kept(held.pk, zone)
    erasure = _destroy(held, zone, reason, timezone.now())
    audit.record(
        KeyEvent.ERASED,
        actor=actor,
        process=process,
        subjects=[held],
        purpose=reason,
        detail={"zone": zone},
    )
    line = _line(erasure)
    transaction.on_commit(lambda: ledger_file.append([line]))
    return erasure


def replay(*, new_ledger: bool = False) -> Gap:
    """Make both ledgers agree: erase again what came back, write down what the file lacks.

    In: ``new_ledger`` begins a file where it is missing, which the trail is told. Without it a
    file is begun only before the first patient.
    Returns what was made good. To run before anything else starts after a restore.
    Raises: LedgerBroken if the file has a line that this clinic did not write, or is missing.
    """
    if new_ledger:
        _begin_ledger()
    gap = compare(check=True)
    ledger_file.lay()
    for line in gap.not_erased:
        with transaction.atomic():
            subject = _locked(Subject.objects.get(code=line.code).pk)
            erased_at = datetime.fromisoformat(line.at)
            _destroy(subject, line.zone, line.reason, erased_at)
            audit.record(
                KeyEvent.ERASED_AGAIN,
                process=REPLAY,
                subjects=[subject],
                purpose=line.reason,
                detail={"zone": line.zone},
            )
    ledger_file.append(gap.not_outside)
    return gap


@transaction.atomic
def _begin_ledger() -> None:
    if ledger_file.lay():
        audit.record(KeyEvent.LEDGER_BEGUN, process=REPLAY)


def compare(*, check: bool = False) -> Gap:
    """What the file names and the database has not carried out, and the other way round.

    A patient whom this database does not know (made after its backup) needs no erasing.
    """
    outside = {line.place: line for line in ledger_file.lines(check=check)}
    inside = {one.place: one for one in map(_line, Erasure.objects.order_by("erased_at"))}
    known = dict(
        Subject.objects.filter(code__in={code for code, _zone in outside}).values_list("pk", "code")
    )
    alive = {
        (known[pk], zone)
        for pk, zone in SubjectKey.objects.filter(subject_id__in=known).values_list(
            "subject_id", "zone"
        )
    }
    here = set(known.values())
    return Gap(
        not_erased=[
            line
            for place, line in outside.items()
            if place in alive or (place not in inside and place[0] in here)
        ],
        not_outside=[line for place, line in inside.items() if place not in outside]
        if ledger_file.path()
        else [],
    )


def refuse_gap() -> None:
    """Readiness: nothing is served while an erasure waits.

    Raises: ErasuresWait with numbers; LedgerBroken if the file cannot be read or is missing.
    """
    gap = compare()
    if gap:
        raise ErasuresWait(
            f"{len(gap.not_erased)} erasures to carry out again, {len(gap.not_outside)} to write "
            "down outside: run manage.py replay_erasures"
        )


def _locked(subject_id: UUID) -> Subject:
    """The patient, whose keys nobody renews meanwhile."""
    return Subject.objects.select_for_update(no_key=True).get(pk=subject_id)


def refuse_while_kept(subject_id: UUID, zone: str) -> None:
    """Raises: MustBeKept for the clinical zone while the law asks for the record (R15, R38)."""
    until = holds.records_kept_until(subject_id) if zone == Zone.CLINICAL else None
    if until and until > timezone.now():
        raise MustBeKept(
            _(
                "Clinical records have to be kept until %(day)s. Restrict the record instead: "
                "it is then stored and not used."
            )
            % {"day": date_format(timezone.localtime(until), "DATE_FORMAT")}
        )


def _destroy(subject: Subject, zone: str, reason: str, erased_at: datetime) -> Erasure:
    SubjectKey.objects.filter(subject_id=subject.pk, zone=zone).delete()
    erasure, _made = Erasure.objects.get_or_create(
        subject_id=subject.pk,
        zone=zone,
        defaults={"code": subject.code, "reason": reason, "erased_at": erased_at},
    )
    zone_erased.send(Erasure, subject_id=subject.pk, zone=zone)
    return erasure


def _line(erasure: Erasure) -> LedgerLine:
    at = erasure.erased_at.astimezone(UTC).isoformat(timespec="seconds")
    return LedgerLine(erasure.code, erasure.zone, erasure.reason, at)
