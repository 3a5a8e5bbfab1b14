"""Odd calls of the API, made from its own schema: no crash, no answer beside the schema, no way in.

``make bench ARGS="api_fuzz --role=nurse --cases=5000"``: schemathesis makes calls that fit the
schema and calls that do not, for each operation; most of them about a patient that is there. Each
call is made once with the role's token and once with none, which has to be refused.
"""

import argparse
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from benchmarks.outcome import tell
from benchmarks.stage import adopt, fresh_database, inside

CASES, SEED, SHOWN = 10_000, 20261122, 10
ROLES = ("front_desk", "consultant", "nurse")
NO_CAPS = {"API_RATE": "100000000/min", "LOOKUPS_A_MINUTE": "100000000", "LOG_LEVEL": "CRITICAL"}
# What a stranger may be told: no; come back later; no such address or method; unreadable.
SHUT = {400, 401, 404, 405, 429}
KNOWN = 0.8  # of the calls are about a patient that is there


@dataclass
class Figures:
    """What the calls came to; ``bad`` are calls with the first words of what went wrong."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        told = ", ".join(f"{number} x {status}" for status, number in self.statuses.most_common())
        return f"{self.cases} calls ({told}); {len(self.bad)} bad {self.bad[:SHOWN] or ''}"


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


def token_of(role: str) -> tuple[str, str]:
    """A token with every scope of the role, and the code of a patient whom its owner sees."""
    from crm.staff.services import issue_token
    from privacy.access.policy import Permission, can
    from tests.factories.people import UserFactory
    from tests.factories.whole import whole_patient

    patient = whole_patient(phone="+8613800130000")
    user = UserFactory.create(clinic=patient.clinic, role=role)
    patient.care_team.create(staff=user)
    scopes = [one for one in Permission if can(user, one)]
    _token, secret = issue_token(
        user=user, name="odd calls", scopes=scopes, lifetime=timedelta(days=1)
    )
    return secret, patient.code


def fuzz(*, role: str, cases: int, seed: int) -> Figures:
    """``cases`` calls as this role, spread over all operations. Needs Django and a database."""
    import hypothesis

    secret, code = token_of(role)
    figures, dice = Figures(), random.Random(seed)
    every = list(operations())
    for place, operation in enumerate(every):
        wanted = cases * (place + 1) // len(every) - cases * place // len(every)
        settings = hypothesis.settings(
            max_examples=max(1, wanted), deadline=None, database=None, derandomize=False,
            phases=[hypothesis.Phase.generate], suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip

        def call(case: Any) -> None:
            if "code" in case.path_parameters and dice.random() < KNOWN:
                case.path_parameters["code"] = code
            _ask(case, secret, figures)

        given = hypothesis.given(case=_strategy(operation))(call)
        hypothesis.seed(seed + place)(settings(given))()
    return figures


def _strategy(operation: Any) -> Any:
    """Calls that fit, and calls that do not where the operation can be called wrongly."""
    from hypothesis import strategies
    from schemathesis.generation import GenerationMode

    return strategies.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )


def _ask(case: Any, secret: str, figures: Figures) -> None:
    figures.cases += 1
    where = f"{case.method} {case.operation.path}"
    try:
        answer = case.call(headers={"Authorization": f"Bearer {secret}"})
        figures.statuses[answer.status_code] += 1
        _judge(case, answer, figures, where)
        stranger = case.call(headers={"Authorization": "Bearer suian_nobody"})
        if stranger.status_code not in SHUT:
            figures.bad.append(f"{where}: {stranger.status_code} without a token")
    except Exception as fault:  # noqa: BLE001  a crash of the product comes out of WSGI like this
        figures.bad.append(f"{where}: {type(fault).__name__} {str(fault)[:200]}")


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
    asked = parser.parse_args(arguments or [])
    if asked.place:
        adopt({**NO_CAPS, "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]})
        figures = fuzz(role=asked.role, cases=asked.cases, seed=asked.seed)
        bad = min(figures.cases, len(figures.bad))
        good = min(figures.cases, asked.cases) - bad
        return tell(good, asked.cases, f"as {asked.role}: {figures}")
    with fresh_database(f"bench_api_fuzz_{asked.role}") as environment:
        flags = [f"--role={asked.role}", f"--cases={asked.cases}", f"--seed={asked.seed}"]
        return inside("benchmarks.api_fuzz", environment, *flags)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
