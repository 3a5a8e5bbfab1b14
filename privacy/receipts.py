"""A receipt proves that an audit event was written, and says what it allows to be opened."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction


class SubjectRef(Protocol):
    """Anything that stands for one patient: a Subject, a Patient."""

    @property
    def pk(self) -> UUID: ...
    @property
    def code(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Told:
    """What of an event is told to the second sink when it commits (ADR 0024)."""

    xid: int
    id: UUID
    digest: bytes
    mac: bytes


class Fate:
    """Whether what was written in a transaction, or a savepoint of it, is still there.

    It is a commit hook, because Django drops the hooks of whatever it rolls back: while the
    transaction is open the fate stands as long as its hook waits, afterwards if its hook ran.
    The list of hooks is asked and no copy of it kept, so that nothing can be told two ways.
    """

    __slots__ = ("_committed", "told")

    def __init__(self) -> None:
        self._committed = False
        self.told: list[Told] = []

    def __call__(self) -> None:
        self._committed = True

    @property
    def stands(self) -> bool:
        """False once it was rolled back, and from when that can no longer be averted."""
        if self._committed:
            return True
        here = connections[DEFAULT_DB_ALIAS]  # this thread's: another one waits for the commit
        if here.needs_rollback:
            return False
        for waiting in reversed(here.run_on_commit):  # noqa: SIM110 - asked at every value opened
            if waiting[1] is self:
                return True
        return False


def fate_of_this_transaction() -> Fate:
    """The fate of what is written now; one object for all that stands and falls together.

    Savepoints are those of ``atomic`` blocks: Django tells its hooks of no others.
    """
    here = set(connection.savepoint_ids)
    for waiting in reversed(connection.run_on_commit):
        savepoints, hook = waiting[:2]
        if isinstance(hook, Fate):
            if savepoints == here:
                return hook
            break
    fate = Fate()
    transaction.on_commit(fate)
    return fate


def told_by(hooks: Iterable[tuple[Any, ...]]) -> list[Told]:
    """What stands of a transaction that is about to commit, out of its commit hooks."""
    return [one for hook in hooks if isinstance(hook[1], Fate) for one in hook[1].told]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What ``privacy.audit.services.record`` hands back.

    A sealed value opens only against a receipt that names its patient and its field, so that
    nothing is read without a trace (S59); it is worth nothing once that event was rolled back.
    ``keys`` is the cipher's own cache: one look-up of
    keys serves every value that the receipt covers.
    """

    event_id: UUID
    subject_ids: frozenset[UUID]
    fields: frozenset[str]
    fate: Fate = field(repr=False, compare=False)
    keys: dict[tuple[UUID, str, int], object] = field(
        default_factory=dict, repr=False, compare=False
    )
    loaded_zones: set[str] = field(default_factory=set, repr=False, compare=False)

    def covers(self, subject_id: UUID, path: str) -> bool:
        """Whether the event stands and names this patient and this field (``model.field``)."""
        return subject_id in self.subject_ids and path in self.fields and self.fate.stands


EMPTY: Mapping[str, str | int] = {}
