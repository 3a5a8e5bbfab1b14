"""What stands above every page of some people: told by upper floors, named by address."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from privacy.actors import Actor


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence, and where it leads."""

    text: str
    url: str
    action: str
    level: str = "bad"


Teller = Callable[[Actor], Notice | None]
_tellers: dict[str, Teller] = {}


def register_notice(name: str, teller: Teller) -> None:
    """Ask ``teller`` on every page; it answers None for nearly everybody, without a query.

    For upper floors, in ``AppConfig.ready()``.
    """
    _tellers[name] = teller


def notices_for(actor: Actor) -> Iterator[Notice]:
    """What has to be said to this person."""
    for teller in _tellers.values():
        if notice := teller(actor):
            yield notice
