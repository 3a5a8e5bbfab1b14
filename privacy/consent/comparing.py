"""Every night: does each present answer follow from the ledger (R7)? Finds, and mends nothing.

Who sends reads the present answer alone. One that was changed past the product would let messages
out after a no; the ledger, which only grows, is folded anew with the rules that wrote it.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from privacy.audit import services as audit
from privacy.consent.events import ConsentTrailEvent
from privacy.consent.models import ConsentEntry, ConsentState
from privacy.consent.rules import Standing, after
from privacy.pseudonyms.models import Subject

BATCH: Final = 500  # patients a slice
MOST_ALARMS: Final = 200  # events a run; what is beyond is counted at its end
PROCESS: Final = "compare_consents"
# Ends written by older versions were dated by a second look at the clock, a moment later.
A_MOMENT: Final = timedelta(minutes=1)
CellKey = tuple[str, str]


def compare() -> int:
    """Compare all; returns how many cells differ.

    Each is an event (failed) with the patient's code, purpose and channel; the end is one with
    the counts.
    """
    patients, found = 0, 0
    for keys in _slices():
        patients += len(keys)
        for subject_id in _suspects(keys):
            found += _look_again(subject_id, most=MOST_ALARMS - found)
    with transaction.atomic():
        audit.record(
            ConsentTrailEvent.COMPARED,
            process=PROCESS,
            outcome="failed" if found else "ok",
            detail={"patients": patients, "findings": found},
        )
    return found


def _slices() -> Iterator[list[UUID]]:
    last = UUID(int=0)
    while True:
        rows = Subject.objects.filter(pk__gt=last).order_by("pk")
        keys = list(rows.values_list("pk", flat=True)[:BATCH])
        if not keys:
            return
        yield keys
        last = keys[-1]


def _suspects(keys: list[UUID]) -> list[UUID]:
    """Who seems to differ. An answer given between the two readings is among them."""
    states, folded = _states(keys), _folded(keys)
    return [one for one in keys if _differing(states.get(one, {}), folded.get(one, {}))]


@transaction.atomic
def _look_again(subject_id: UUID, *, most: int) -> int:
    """Look at one patient with nobody writing: each answer refers to the row locked here."""
    subject = Subject.objects.select_for_update().get(pk=subject_id)
    states, folded = _states([subject_id]), _folded([subject_id])
    cells = _differing(states.get(subject_id, {}), folded.get(subject_id, {}))
    for purpose, channel in cells[: max(0, most)]:
        audit.record(
            ConsentTrailEvent.DIFFERS,
            process=PROCESS,
            outcome="failed",
            subjects=[subject],
            purpose=purpose,
            target=f"consent:{purpose}/{channel}",
        )
    return len(cells)


def _states(keys: list[UUID]) -> dict[UUID, dict[CellKey, Standing]]:
    found: dict[UUID, dict[CellKey, Standing]] = defaultdict(dict)
    for state in ConsentState.objects.filter(subject_id__in=keys):
        found[state.subject_id][state.purpose, state.channel] = state.standing
    return found


def _folded(keys: list[UUID]) -> dict[UUID, dict[CellKey, Standing]]:
    found: dict[UUID, dict[CellKey, Standing]] = defaultdict(dict)
    lines = ConsentEntry.objects.filter(subject_id__in=keys).only(
        "subject_id", "purpose", "channel", "answer", "paused_until", "created_at"
    )
    for line in lines.order_by("created_at", "pk"):
        cells, cell = found[line.subject_id], (line.purpose, line.channel)
        cells[cell] = after(
            cells.get(cell),
            purpose=line.purpose,
            line=line.answer,
            paused_until=line.paused_until,
            at=line.created_at,
        )
    return found


def _differing(states: dict[CellKey, Standing], folded: dict[CellKey, Standing]) -> list[CellKey]:
    cells = sorted({*states, *folded})
    return [cell for cell in cells if not _same(states.get(cell), folded.get(cell))]


def _same(one: Standing | None, other: Standing | None) -> bool:
    if one is None or other is None:
        return one is other
    said = (one.status, one.paused_until) == (other.status, other.paused_until)
    return said and _same_end(one.expires_at, other.expires_at)


def _same_end(one: datetime | None, other: datetime | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < A_MOMENT
