"""Odd calls of the API, made from its own schema: no crash, no answer beside the schema, no way in.

``make bench ARGS="api_fuzz --role=nurse --cases=5000"``: schemathesis makes calls that fit the
schema and calls that do not, for each operation; most of them are about a patient that is there,
and most bodies are ones that a service would carry out, but for a value or two (``api_clinic``).
Each call is made once with the role's token and once without a token or with an unknown one, which
has to be refused; so has what the role may not do, and what is about another clinic's patient.
"""

import argparse
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from unittest.mock import patch

from benchmarks.api_clinic import TWIGS, Clinic, grafted, make_clinic
from benchmarks.outcome import tell
from benchmarks.stage import adopt, fresh_database, inside

CASES, SEED, SHOWN = 10_000, 20261122, 10
ROLES = ("front_desk", "consultant", "nurse")
NO_CAPS = {"API_RATE": "100000000/min", "LOOKUPS_A_MINUTE": "100000000", "LOG_LEVEL": "CRITICAL"}
# What a stranger may be told: who are you; no such address or method; unreadable.
SHUT = {400, 401, 403, 404, 405}
# The call came to its door with a body that was looked at, or was carried out.
REACHED = {200, 201, 400, 409, 422}
KNOWN = 0.85  # of the calls are about something that is there
ELSEWHERE = 0.05  # ... and about a patient of another clinic
PLAUSIBLE = 0.75  # of the bodies are ones that a service takes, but for a value or two
# An operation's share of the calls: a body has more to be wrong than an address; a door that is
# closed to the role needs a few calls only.
SHARES = {"post": 8, "get": 3}
CLOSED_SHARE = 0.5


@dataclass
class Figures:
    """What the calls came to; ``bad`` are calls with the first words of what went wrong."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)

    @property
    def reached(self) -> int:
        """Calls that came to their door with a body that was looked at."""
        return sum(self.statuses[one] for one in REACHED)

    def __str__(self) -> str:
        told = ", ".join(f"{number} x {status}" for status, number in self.statuses.most_common())
        return (
            f"{self.cases} calls ({told}), {self.reached} of them with a body that was looked at; "
            f"{len(self.bad)} bad {self.bad[:SHOWN] or ''}"
        )


def operations() -> Iterator[Any]:
    """Every operation of the schema, ready to be called inside this process."""
    import schemathesis
    from django.core.wsgi import get_wsgi_application
    from drf_spectacular.generators import SchemaGenerator

    described = SchemaGenerator().get_schema(request=None, public=True)
    schema = schemathesis.openapi.from_dict(described)
    schema.app = get_wsgi_application()
    for one in schema.get_all_operations():
        yield one.ok()


def is_open(operation: Any, clinic: Clinic) -> bool:
    """Whether the role may pass this door at all."""
    from django.urls import resolve

    from privacy.access.policy import can

    sample = clinic.address_for(operation.path)
    view = resolve(operation.path.format(**sample)).func
    cls = getattr(view, "cls", None) or view.view_class
    if getattr(cls, "for_all_staff", False):
        return True
    return can(clinic.user, cls.required_permissions[view.actions[operation.method]])


def fuzz(*, role: str, cases: int, seed: int) -> Figures:
    """``cases`` calls as this role, spread over all operations. Needs Django and a database."""
    figures, dice = Figures(), random.Random(seed)
    clinic = make_clinic(role, dice)
    every = list(operations())
    opened = [is_open(one, clinic) for one in every]
    shares = [
        SHARES[one.method] if may else CLOSED_SHARE for one, may in zip(every, opened, strict=True)
    ]
    with unlimited_refusals():
        for place, (operation, may) in enumerate(zip(every, opened, strict=True)):
            upto = cases * sum(shares[: place + 1]) / sum(shares)
            wanted = max(1, round(upto) - figures.cases)
            _run(operation, Caller(clinic, figures, dice, may=may), wanted, seed + place)
    return figures


@contextmanager
def unlimited_refusals() -> Iterator[None]:
    """Every refused token is booked; beyond so many a minute the answer would tell nothing."""
    most = {"PER_SOURCE": sys.maxsize, "IN_ALL": sys.maxsize}
    with patch.multiple("crm.staff.token_refusals", **most):
        yield


def _run(operation: Any, caller: "Caller", wanted: int, seed: int) -> None:
    import hypothesis

    settings = hypothesis.settings(
        max_examples=wanted, deadline=None, database=None, derandomize=False,
        phases=[hypothesis.Phase.generate], suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    given = hypothesis.given(case=_strategy(operation))(caller.call)
    hypothesis.seed(seed)(settings(given))()


def _strategy(operation: Any) -> Any:
    """Calls that fit, and calls that do not where the operation can be called wrongly."""
    from hypothesis import strategies
    from schemathesis.generation import GenerationMode

    fitting = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    return strategies.one_of(
        fitting, fitting, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    )


@dataclass
class Caller:
    """Makes the calls of one operation; ``may`` says whether the role may pass its door."""

    clinic: Clinic
    figures: Figures
    dice: random.Random
    may: bool

    def call(self, case: Any) -> None:
        self.figures.cases += 1
        where = f"{case.method} {case.operation.path}"
        try:
            elsewhere = self._aim(case)
            answer = case.call(headers={"Authorization": f"Bearer {self.clinic.secret}"})
            self.figures.statuses[answer.status_code] += 1
            _judge(case, answer, self.figures, where)
            if not self.may and answer.status_code < HTTPStatus.BAD_REQUEST:
                self.figures.bad.append(f"{where}: {answer.status_code}, not for this role")
            # A key that the caller used before is told of before anybody is looked up.
            reused = answer.status_code == 422 and answer.json()["code"] == "key-reused"
            if elsewhere and not reused and answer.status_code not in SHUT:
                self.figures.bad.append(f"{where}: {answer.status_code} of another clinic")
            unknown = {"Authorization": f"Bearer suian_{self.dice.randrange(100)}"}
            stranger = case.call(headers=self.dice.choice([{}, unknown]))
            if stranger.status_code not in SHUT:
                self.figures.bad.append(f"{where}: {stranger.status_code} without a token")
        except Exception as fault:  # noqa: BLE001  a crash of the product comes out of WSGI like this
            self.figures.bad.append(f"{where}: {type(fault).__name__} {str(fault)[:200]}")

    def _aim(self, case: Any) -> bool:
        """Lead most calls to what is there. Out: whether it is another clinic's."""
        from schemathesis.core import NOT_SET

        path, aim = case.operation.path, self.dice.random()
        if "{" in path and aim < KNOWN + ELSEWHERE:
            case.path_parameters = self.clinic.address_for(path)
        if case.operation.method == "post" and self.dice.random() < PLAUSIBLE:
            body = self.clinic.body_for(path)
            for _twig in range(self.dice.choice(TWIGS) if case.body is not NOT_SET else 0):
                body = grafted(body, case.body, self.dice)
            case.body, case.media_type = body, "application/json"
        if not ("{" in path and KNOWN <= aim < KNOWN + ELSEWHERE):
            return False
        case.path_parameters["code"] = self.clinic.elsewhere.code
        return True


def _judge(case: Any, answer: Any, figures: Figures, where: str) -> None:
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
    )

    try:
        case.validate_response(
            answer,
            checks=[not_a_server_error, content_type_conformance, response_schema_conformance],
        )
    except BaseException as fault:  # noqa: BLE001  schemathesis groups its failures
        figures.bad.append(f"{where}: {answer.status_code} {str(fault)[:300]}")
        return
    declared = {str(status) for status in case.operation.definition.raw["responses"]}
    if answer.status_code < HTTPStatus.BAD_REQUEST and str(answer.status_code) not in declared:
        figures.bad.append(f"{where}: {answer.status_code} is not in the schema")


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 if a call crashes, answers beside the schema, or passes without a token."""
    parser = argparse.ArgumentParser(prog="api_fuzz", description=__doc__)
    parser.add_argument("place", nargs="?", choices=["inside"], help=argparse.SUPPRESS)
    parser.add_argument("--role", choices=ROLES, default=ROLES[0])
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(arguments)
    if asked.place:
        adopt({**NO_CAPS, "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]})
        figures = fuzz(role=asked.role, cases=asked.cases, seed=asked.seed)
        bad = min(figures.cases, len(figures.bad))
        # Calls that stop at the door have shown nothing of what lies behind it.
        good = min(figures.cases, 2 * figures.reached, asked.cases) - bad
        return tell(good, asked.cases, f"as {asked.role}: {figures}")
    with fresh_database(f"bench_api_fuzz_{asked.role}") as environment:
        flags = [f"--role={asked.role}", f"--cases={asked.cases}", f"--seed={asked.seed}"]
        return inside("benchmarks.api_fuzz", environment, *flags)


if __name__ == "__main__":
    sys.exit(main())
