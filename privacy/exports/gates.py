"""What keeps new exports from being asked for: other rooms say so when the app is ready."""

from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from django.utils.functional import Promise

from privacy.errors import DomainError

Words = str | Promise


class Overdue(Protocol):
    """``overdue(clinic_id=…, at=…)``: something true while a clinic owes the duty."""

    def __call__(self, *, clinic_id: UUID, at: datetime) -> object: ...


class NotNow(DomainError):
    """The clinic owes something else first."""


class Gates:
    """The duties that come before new exports, by name."""

    closed_while: ClassVar[dict[str, tuple[Overdue, Words]]] = {}


def no_new_exports_while(name: str, overdue: Overdue, words: Words) -> None:
    """Refuse new exports of a clinic while ``overdue`` says so; ``words`` tell the asker why.

    For upper floors, in ``AppConfig.ready()``. Source: security design 5.11, the joint review.
    """
    Gates.closed_while[name] = (overdue, words)


def refuse_while_closed(*, clinic_id: UUID, at: datetime) -> None:
    """Raises: NotNow with the words of the first duty that is owed at ``at`` (aware)."""
    for overdue, words in Gates.closed_while.values():
        if overdue(clinic_id=clinic_id, at=at):
            raise NotNow(str(words))
