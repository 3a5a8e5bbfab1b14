"""Every door of the API that writes, called with the name of every column of every model.

``make bench ARGS="mass_assignment"``: a call that the door accepts, with further names at every
place of its body and values that such columns take. The rows it leaves have to be those of the
plain call; where they are not, the names are halved until the one that was heard is found.
"""

import argparse
import logging
import sys
from collections import Counter

from benchmarks.foreign_ids import ENVIRONMENT
from benchmarks.outcome import tell
from benchmarks.stage import adopt, fresh_database, inside

DATABASE, SHOWN = "suian_bench_extras", 10


def count() -> tuple[Counter[str], list[str]]:
    """(values by door, those that set something). Needs Django and a database of its own."""
    from django.utils import translation

    from tests.architecture.bodies import doors
    from tests.architecture.extras import Caller, rounds
    from tests.architecture.samples import kwargs_for
    from tests.architecture.test_permissions import allowed, make_people, undone

    tried, bad = Counter[str](), list[str]()
    with translation.override("zh-hans"):
        people = make_people()
        for door in doors():
            staff = people.by_role.items()
            role = next(role for role, one in staff if allowed(door.route, door.method, one))
            with undone():
                world = people.world(people.by_role[role], door.route)
                kwargs_for(door.route.kwargs, world)
                caller = Caller(door, people.clients[role], world)
                if not caller.is_accepted:
                    bad.append(f"{door.name}: the plain call was refused")
                for more in rounds(door, people.foreign):
                    tried[door.name] += len(more)
                    bad += [
                        f"{door.name}: {one.place or 'body'}.{one.name}={one.value!r}"
                        for one in caller.heard(more)
                    ]
    return tried, bad


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 if a name that a door does not take set anything."""
    parser = argparse.ArgumentParser(prog="mass_assignment", description=__doc__)
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if "inside" not in asked.words:
        with fresh_database(DATABASE) as environment:
            return inside("benchmarks.mass_assignment", environment | ENVIRONMENT)
    logging.disable()  # many a call is refused
    adopt(ENVIRONMENT)
    from tests.architecture.extras import columns

    tried, bad = count()
    told = (
        f"{len(tried)} doors that write x {len(columns())} names of columns: {tried.total()} "
        f"values, {len(bad)} set something {bad[:SHOWN] or ''}"
    )
    return tell(tried.total() - len(bad), tried.total(), told)


if __name__ == "__main__":
    sys.exit(main())
