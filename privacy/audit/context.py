"""Where an act comes from: set once by the door, picked up by every event of the request."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Origin:
    """Address, program and session of a request. ``session`` is a hash, never the key."""

    ip: str | None = None
    agent: str = ""
    session: bytes | None = None
    request_id: UUID | None = None


_origin: ContextVar[Origin | None] = ContextVar("suian_origin", default=None)
_afterwards: ContextVar[list[Callable[[], None]] | None] = ContextVar(
    "suian_afterwards", default=None
)


def current_origin() -> Origin:
    """The origin of the running request, or an empty one in commands and tasks."""
    return _origin.get() or Origin()


@contextmanager
def acting_from(origin: Origin) -> Iterator[None]:
    """All events recorded in the block come from ``origin``.

    What was put off by ``afterwards`` is done at the end, however the block ends.
    """
    waiting: list[Callable[[], None]] = []
    where, later = _origin.set(origin), _afterwards.set(waiting)
    try:
        try:
            yield
        finally:
            for act in waiting:
                act()
    finally:
        _afterwards.reset(later)
        _origin.reset(where)


def afterwards(act: Callable[[], None]) -> bool:
    """Put ``act`` off to the end of the request; False if no request is running."""
    waiting = _afterwards.get()
    if waiting is None:
        return False
    waiting.append(act)
    return True
