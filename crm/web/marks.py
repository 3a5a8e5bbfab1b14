"""Whose every page bears a mark of who looks and when: told by upper floors (T2)."""

from collections.abc import Callable

from privacy.actors import Actor

_askers: dict[str, Callable[[Actor], bool]] = {}


def register_mark(name: str, asker: Callable[[Actor], bool]) -> None:
    """Ask ``asker`` on every page; it answers for nearly everybody without a query.

    For upper floors, in ``AppConfig.ready()``.
    """
    _askers[name] = asker


def is_marked(actor: Actor) -> bool:
    """Whether the pages of this person bear the mark now."""
    return any(asker(actor) for asker in _askers.values())
