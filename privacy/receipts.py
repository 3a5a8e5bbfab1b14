"""A receipt proves that an audit event was written, and says what it allows to be opened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID


class SubjectRef(Protocol):
    """Anything that stands for one patient: a Subject, a Patient."""

    @property
    def pk(self) -> UUID: ...
    @property
    def code(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """What ``privacy.audit.services.record`` hands back.

    A sealed value opens only against a receipt that names its patient and its field, so that
    nothing is read without a trace (S59). ``keys`` is the cipher's own cache: one look-up of
    keys serves every value that the receipt covers.
    """

    event_id: UUID
    subject_ids: frozenset[UUID]
    fields: frozenset[str]
    keys: dict[tuple[UUID, str, int], object] = field(
        default_factory=dict, repr=False, compare=False
    )
    loaded_zones: set[str] = field(default_factory=set, repr=False, compare=False)

    def covers(self, subject_id: UUID, path: str) -> bool:
        """Whether the event names this patient and this field (``model.field``)."""
        return subject_id in self.subject_ids and path in self.fields


EMPTY: Mapping[str, str | int] = {}
