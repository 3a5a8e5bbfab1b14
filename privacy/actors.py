"""Who acts: the ground floor knows staff by this shape, never by their model."""

from datetime import date
from typing import Protocol
from uuid import UUID


class Actor(Protocol):
    """A signed-in member of staff."""

    @property
    def pk(self) -> UUID: ...
    @property
    def role(self) -> str: ...
    @property
    def clinic_id(self) -> UUID: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def cleared_until(self) -> date | None: ...
