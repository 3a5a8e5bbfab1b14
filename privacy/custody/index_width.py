"""How wide fingerprints are now, and how wide they may be for the patients there are (ADR 0004)."""

from dataclasses import dataclass

from django.db import connection, transaction

from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.custody.events import KeyEvent
from privacy.encryption import blind_index
from privacy.encryption.models import IndexWidth, index_width
from privacy.encryption.rules import index_bits
from privacy.pseudonyms.models import Subject

LOCK = "suian index width"


@dataclass(frozen=True, slots=True)
class Width:
    """Bits of new fingerprints, and what the plan says for so many patients."""

    now: int
    planned: int
    patients: int

    @property
    def fits(self) -> bool:
        return self.now == self.planned

    @property
    def alike(self) -> int:
        """How many patients are expected to share a fingerprint now: whoever has one, at least."""
        return max(1, self.patients >> self.now)


def now() -> int:
    """Bits of new fingerprints; counts nobody once there is a plan."""
    return index_width()


def width(*, more: int = 0) -> Width:
    """How it stands; ``more`` patients are expected besides those there are."""
    patients = Subject.objects.count() + more
    return Width(index_width(), index_bits(patients), patients)


@transaction.atomic
def follow_plan(*, more: int = 0, actor: Actor | None = None, process: str = "") -> Width:
    """Let new fingerprints be as wide as the plan says; with ``more`` expected, never narrower.

    Rows that are there keep theirs until they are rebuilt. In: exactly one of ``actor`` and
    ``process``, if there is anything to change. Out: how it stands afterwards.
    """
    with connection.cursor() as cursor:  # two plans at once would be two rows
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [LOCK])
    found = width(more=more)
    settled = IndexWidth.objects.exists()  # until then the width follows by itself
    if (settled and found.fits) or (more and found.planned < found.now):
        return found
    IndexWidth.objects.create(bits=found.planned, patients=found.patients)
    detail = {"bits": found.planned, "before": found.now, "patients": found.patients}
    audit.record(KeyEvent.INDEX_PLANNED, actor=actor, process=process, detail=detail)
    blind_index.forget()
    return Width(found.planned, found.planned, found.patients)
