"""What encryption and the trail cost the list of 50 patients, whole page (goals 5 and 9).

The plain page is the product's own without opening boxes, fetching keys and writing the event: the
same view, statement and template. Each page is a slice; all four kinds in turn.
"""

import sys
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from unittest import mock

from benchmarks.ratios import Case, Goal, Size, in_turn, run_alone, timed

PATIENTS = 2_000
PLAIN, AUDITED, SEALED, BOTH = "plain", "audited", "encrypted", "encrypted and audited"


def measure(size: Size) -> list[Goal]:
    """The page as the front desk sees it."""
    client = _front_desk(size.of(PATIENTS, 60))
    cases = {
        PLAIN: _page(client, sealed=False, audited=False),
        AUDITED: _page(client, sealed=False, audited=True),
        SEALED: _page(client, sealed=True, audited=False),
        BOTH: _page(client, sealed=True, audited=True),
    }
    turns = in_turn(cases, replace(size, turns=size.of(size.turns * 2, 2)), warm=3)
    times = [f"{name}: p50 {turns.milliseconds(name):.1f} ms" for name in turns.seconds]
    return [
        Goal(5, "page of 50", [turns.figure("encrypted, times plain", SEALED, PLAIN, 0.90)], times),
        Goal(
            9,
            "page of 50",
            [
                turns.figure("audited, times plain", AUDITED, PLAIN, 0.90),
                turns.figure("encrypted and audited, times plain", BOTH, PLAIN, 0.80),
            ],
        ),
    ]


def _front_desk(patients: int) -> Any:
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from benchmarks.builder import build

    call_command("collectstatic", interactive=False, verbosity=0)
    made: Any = build(patients)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crm_patient, crm_patientcontact, privacy_subject")
    client = Client(SERVER_NAME="127.0.0.1")
    client.cookies["sessionid"] = made["sessions"]["front_desk"]
    return client


def _page(client: Any, *, sealed: bool, audited: bool) -> Case:
    from privacy.audit import services
    from privacy.encryption.fields import Sealed

    def get() -> None:
        answer = client.get("/patients/?size=50")
        if answer.status_code != 200:
            raise RuntimeError(f"the list answered {answer.status_code}")

    def slice_of_it() -> float:
        with ExitStack() as stack:
            if not audited:
                stack.enter_context(mock.patch.object(services, "_insert"))
            if not sealed:
                plain = mock.patch.object(Sealed, "reveal", return_value="王小明")
                stack.enter_context(plain)
            return timed(get)

    return slice_of_it


def main() -> int:
    return run_alone("benchmarks.page_cost")


if __name__ == "__main__":
    sys.exit(main())
