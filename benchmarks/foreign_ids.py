"""Every address that names an object, asked for objects that are not the asker's.

``make bench ARGS="foreign_ids --ids=50"``: for each keyword of each address, by GET and by POST, as
a role that serves the whole clinic and as one that cares for its own patients, where they may pass
the door: objects of other clinics, of patients of the own clinic that are out of reach, of
colleagues; neighbours of an own object; values that nothing has. Each has to be told that there is
nothing, and to leave nothing but its trace in the trail. (Each role for one id: the matrix.)
"""

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from benchmarks.outcome import tell
from benchmarks.stage import adopt, fresh_database, inside

DATABASE, IDS, SHOWN = "suian_bench_foreign", 50, 10
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "crm.settings.test",  # the tests' client, and quick passwords
    "API_RATE": "100000000/min",
    "LOOKUPS_A_MINUTE": "100000000",
    "SMS_CALLBACK_TOKEN": "a-secret-of-this-run",
}


@dataclass
class Figures:
    """``bad`` are doors that answered, with the kind of value and what it got."""

    routes: set[str] = field(default_factory=set)
    keywords: int = 0
    fewest: int = IDS
    asked: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)

    @property
    def answered(self) -> int:
        return sum(self.bad.values())

    def __str__(self) -> str:
        kinds = ", ".join(f"{number} {kind}" for kind, number in self.kinds.most_common())
        return (
            f"{len(self.routes)} routes x {self.fewest} foreign ids for each keyword, as up to two "
            f"roles: {self.asked} asked ({kinds}), {self.answered} answered "
            f"{list(self.bad)[:SHOWN] or ''}"
        )


def tries(*, ids: int, part: int, parts: int) -> Iterator[tuple[str, object]]:
    """(role, ``Tried``) of each keyword of the addresses of this part. Needs Django, a database."""
    from tests.architecture.foreign import Elsewhere, knock, with_fresh_factor
    from tests.architecture.routes import routes
    from tests.architecture.test_permissions import METHODS, allowed, make_people, undone

    people = make_people()
    elsewhere = Elsewhere(people.patient, clinics=ids * 2 // 5)
    of_objects = [route for route in routes() if route.kwargs]
    for route in of_objects[part - 1 :: parts]:
        may = {
            role: [one for one in METHODS if allowed(route, one, user)]
            for role, user in people.by_role.items()
        }
        for role in two_of(role for role, methods in may.items() if methods):
            client = with_fresh_factor(people.clients[role])
            with undone():
                world = people.world(people.by_role[role], route)
                for one in knock(route, client, world, elsewhere, methods=may[role], count=ids):
                    yield role, one


def two_of(roles: Iterable[str]) -> list[str]:
    """The first that serves the whole clinic, and the first that cares for its own patients."""
    from privacy.access.policy import CLINIC_WIDE

    first: dict[bool, str] = {}
    for role in roles:
        first.setdefault(role in CLINIC_WIDE, role)
    return list(first.values())


def count(*, ids: int, part: int, parts: int) -> Figures:
    """Ask them all. Needs a database of its own."""
    from django.utils import translation

    figures = Figures(fewest=ids)
    with translation.override("zh-hans"):
        for role, tried in tries(ids=ids, part=part, parts=parts):
            figures.routes.add(tried.route.name)
            figures.keywords += 1
            cases = tried.cases()
            figures.asked += len(cases)
            figures.fewest = min(figures.fewest, tried.values)
            figures.kinds.update(one.kind for one in cases)
            figures.bad.update(
                f"{one.method} {tried.route.pattern} <{tried.keyword}> {one.kind} as {role}: "
                f"{one.status} {', '.join(tried.wrote)}"
                for one in tried.answered()
            )
    return figures


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 if a foreign id was answered."""
    parser = argparse.ArgumentParser(prog="foreign_ids", description=__doc__)
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--ids", type=int, default=IDS)
    parser.add_argument("--part", type=int, default=1)
    parser.add_argument("--parts", type=int, default=1)
    asked = parser.parse_args(arguments)
    if "inside" not in asked.words:
        with fresh_database(f"{DATABASE}_{asked.part}") as environment:
            options = (f"--ids={asked.ids}", f"--part={asked.part}", f"--parts={asked.parts}")
            return inside("benchmarks.foreign_ids", environment | ENVIRONMENT, *options)
    logging.disable()  # 404 is what is wanted
    adopt(ENVIRONMENT)
    figures = count(ids=asked.ids, part=asked.part, parts=asked.parts)
    return tell(figures.asked - figures.answered, figures.asked, figures)


if __name__ == "__main__":
    sys.exit(main())
