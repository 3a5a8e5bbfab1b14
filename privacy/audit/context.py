"""Where an act comes from: set once by the door, picked up by every event of the request."""

from collections.abc import Iterator
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


def current_origin() -> Origin:
    """The origin of the running request, or an empty one in commands and tasks."""
    return _origin.get() or Origin()


@contextmanager
def acting_from(origin: Origin) -> Iterator[None]:
    """All events recorded in the block come from ``origin``."""
    where = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(where)
