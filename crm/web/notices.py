"""What stands above every page of some people: told by upper floors, named by address."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from crm.web.nav import Counter, ask
from privacy.actors import Actor


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence, and where it leads."""

    text: str
    url: str
    action: str
    level: str = "bad"


Teller = Callable[[Actor], Notice | None]
_tellers: dict[str, tuple[Teller, Counter | None]] = {}


def register_notice(name: str, teller: Teller, *, where: Counter | None = None) -> None:
    """Ask ``teller`` on every page, or only ``where`` that counts more than none: it is asked by
    the statement that counts for the side column. Without one the teller answers None for nearly
    everybody without a query.

    For upper floors, in ``AppConfig.ready()``.
    """
    _tellers[f"notice:{name}"] = (teller, where)


def counters() -> Mapping[str, Counter]:
    """What is to be asked, by name."""
    return {name: where for name, (_teller, where) in _tellers.items() if where}


def notices_for(actor: Actor, numbers: Mapping[str, int] | None = None) -> Iterator[Notice]:
    """What has to be said to this person."""
    numbers = ask(counters(), actor) if numbers is None else numbers
    for name, (teller, _where) in _tellers.items():
        if numbers.get(name, 1) and (notice := teller(actor)):
            yield notice
