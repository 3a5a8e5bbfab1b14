"""Whose every page bears a mark of who looks and when: told by upper floors (T2)."""

from collections.abc import Mapping

from crm.web.nav import Counter, ask
from privacy.actors import Actor

_askers: dict[str, Counter] = {}


def register_mark(name: str, asker: Counter) -> None:
    """Ask ``asker`` on every page, by the statement that counts for the side column: the mark
    stands while there is more than none.

    For upper floors, in ``AppConfig.ready()``.
    """
    _askers[f"mark:{name}"] = asker


def counters() -> Mapping[str, Counter]:
    """What is to be asked, by name."""
    return _askers


def is_marked(actor: Actor, numbers: Mapping[str, int] | None = None) -> bool:
    """Whether the pages of this person bear the mark now."""
    numbers = ask(_askers, actor) if numbers is None else numbers
    return any(numbers[name] for name in _askers)
