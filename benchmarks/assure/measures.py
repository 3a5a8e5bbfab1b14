"""The table of figures: rows of the security test plan, what each has to reach, and how."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.assure.slices import Slice, alone, bench, tests

SEED: Final = 20261122


@dataclass(frozen=True)
class Measure:
    """One figure. ``full`` and ``quick`` are slices; every slice has a name of its own."""

    key: str
    row: int
    title: str
    figure: str
    full: tuple[Slice, ...]
    quick: tuple[Slice, ...]

    def slices(self, size: str) -> tuple[Slice, ...]:
        return self.full if size == "full" else self.quick


def _only(one: Slice) -> dict[str, tuple[Slice, ...]]:
    """Small enough to be the same in both sizes."""
    return {"full": (one,), "quick": (one,)}


MEASURES: Final = (
    Measure(
        "1-permissions", 1, "Every route x role x scope", "0 undeclared, 0 unexpected 2xx",
        **_only(tests("tests/architecture/test_permissions.py")),
    ),
    Measure(
        "2-foreign", 2, "Every address that names an object, for foreign ones",
        "each keyword x 50 foreign ids, 0 answered",
        full=tuple(
            bench("foreign_ids", "--ids=50", f"--part={n}", "--parts=3") for n in range(1, 4)
        ),
        quick=(tests("tests/architecture/test_foreign_ids.py"),),
    ),
    Measure(
        "2-extras", 2, "Every door that writes, with every model's columns",
        "only named keys change",
        **_only(bench("mass_assignment")),
    ),
    *(
        Measure(
            f"3-api-{role.replace('_', '-')}", 3, f"Odd calls of the API as {role}",
            "10,000 calls: 0 crashes, 0 answers beside the schema, 0 ways in",
            full=tuple(
                bench("api_fuzz", f"--role={role}", "--cases=1000", f"--seed={SEED + n}")
                for n in range(10)
            ),
            quick=(bench("api_fuzz", f"--role={role}", "--cases=100", f"--seed={SEED}"),),
        )
        for role in ("front_desk", "consultant", "nurse")
    ),
    Measure(
        "4-properties", 4, "Properties with 500 examples each", "25 or more, all hold",
        full=tuple(bench("properties", f"--part={n}", "--parts=6") for n in range(1, 7)),
        quick=(),
    ),
    Measure(
        "4-consents", 4, "Consents against a model", "2,000 runs x 30 steps of each machine",
        full=tuple(
            bench("consent_machine", "--runs=2000", "--steps=30", f"--seed={SEED}",
                  f"--first={n}", f"--last={n + 1}")
            for n in range(1, 11, 2)
        ),
        quick=(bench("consent_machine", "--runs=10", "--steps=15", f"--seed={SEED}"),),
    ),
    Measure(
        "5-boxes", 5, "Changed boxes in the database", "1,200 refused, 0 blanks saved",
        full=(bench("field_tamper"),), quick=(bench("field_tamper", "--patients=1"),),
    ),
    Measure(
        "5-rollback", 5, "Old copies put back", "100, each found by the night's comparison",
        full=(bench("old_copies"),), quick=(bench("old_copies", "--patients=1"),),
    ),
    Measure(
        "5-comparison", 5, "Kinds of findings of that comparison", "each told, work is none",
        **_only(tests("tests/privacy/custody/test_reconcile_rows.py")),
    ),
    Measure(
        "6-trail", 6, "Tampered trail", "200 found, the first bad number exact",
        full=(bench("log_tamper"),), quick=(tests("tests/privacy/audit/test_verify_trail.py"),),
    ),
    Measure(
        "7-bypasses", 7, "Ways around the services", "59 ways: refused, or told of each",
        **_only(bench("bypasses")),
    ),
    Measure(
        "7-down", 7, "Addresses that leave an event, with and without a trail",
        "exactly one event each; without a trail 100 % refused",
        **_only(tests("tests/architecture/test_audit_down.py")),
    ),
    Measure(
        "8-withdrawal", 8, "Withdrawals and switches against sending",
        "1,000 races and 200 switches, 0 late hand-overs",
        full=tuple(
            bench("withdrawal_races", "--races=200", "--switches=40", f"--seed={SEED + n}")
            for n in range(5)
        ),
        quick=(bench("withdrawal_races", "--races=40", "--switches=16", f"--seed={SEED}"),),
    ),
    Measure(
        "9-worker", 9, "kill -9 of the sending worker", "500 kills: 0 doubled, 0 lost",
        full=tuple(
            bench("kill_worker", "--runs=50", "--reminders=200", f"--seed={SEED + n}")
            for n in range(10)
        ),
        quick=(bench("kill_worker", "--runs=5", "--reminders=60", f"--seed={SEED}"),),
    ),
    Measure(
        "9-web", 9, "kill -9 of a worker of the pages", "200 kills: each call one patient",
        full=tuple(alone("kill_web", "--kills=50", f"--seed={SEED + n}") for n in range(4)),
        quick=(alone("kill_web", "--kills=4", f"--seed={SEED}"),),
    ),
    Measure(
        "9-postgres", 9, "kill -9 of the database", "100 kills: 0 lost, each change its event",
        full=tuple(alone("kill_postgres", "--kills=25", f"--seed={SEED + n}") for n in range(4)),
        quick=(alone("kill_postgres", "--kills=4", f"--seed={SEED}"),),
    ),
    Measure(
        "9-redis", 9, "kill -9 of the queue, emptied", "100 kills: 0 doubled, 0 lost",
        full=tuple(alone("kill_redis", "--kills=25", f"--seed={SEED + n}") for n in range(4)),
        quick=(alone("kill_redis", "--kills=3", f"--seed={SEED}"),),
    ),
    Measure(
        "9-sealer", 9, "kill -9 of the sealer", "50 kills: the trail verifies",
        full=(alone("kill_sealer", "--kills=50", f"--seed={SEED}"),),
        quick=(alone("kill_sealer", "--kills=5", f"--seed={SEED}"),),
    ),
    Measure(
        "9-rewrap", 9, "kill -9 in the middle of a rotation", "20 kills: 0 left, 0 unreadable",
        full=(bench("rewrap"),), quick=(bench("rewrap", "--keys=2000", "--kills=3"),),
    ),
    Measure(
        "11-canaries", 11, "24 texts x 14 places on disk after a journey", "0 hits, planted found",
        **_only(alone("canaries", f"--seed={SEED}")),
    ),
    Measure(
        "12-dump", 12, "A dump of database and queue without keys",
        "0 names, phones, seeds, sessions; no guess without the key beats chance",
        full=(bench("stolen_dump", "--patients=2000"),),
        quick=(bench("stolen_dump", "--patients=100", "--guesses=500"),),
    ),
    Measure(
        "13-rotation", 13, "100,000 data keys wrapped anew under load", "in 60 s, 0 errors",
        full=(bench("rewrap"),), quick=(bench("rewrap", "--keys=2000", "--kills=3"),),
    ),
    Measure(
        "13-erasure", 13, "An old backup restored after erasures", "500 erased, 0 readable",
        full=(bench("shred_restore"),), quick=(bench("shred_restore", "--patients=20"),),
    ),
    Measure(
        "15-guesses", 15, "Guesses at the door; its clock", "40,000 guesses, 0 pass; abs(t) < 4.5",
        full=(
            *(bench("guesses", f"--way={n}", "--samples=0") for n in range(1, 5)),
            bench("guesses", "--way=1", "--guesses=0"),  # the clock alone
        ),
        quick=(bench("guesses", "--guesses=300", "--samples=60"),),
    ),
    Measure(
        "15-codes", 15, "Codes replayed, early, late", "all refused",
        **_only(tests("tests/crm/staff/test_sign_in.py", "tests/crm/staff/test_enrol_factor.py")),
    ),
    Measure(
        "16-headers", 16, "Headers of every route and error", "all there, cookies bound",
        **_only(tests("tests/architecture/test_headers.py")),
    ),
    Measure(
        "18-regex", 18, "Every regular expression x 50,000 characters", "each within 50 ms",
        **_only(alone("regex_attacks")),
    ),
    Measure(
        "18-files", 18, "Files that mean harm at every door", "30 or more, all refused",
        **_only(bench("bad_files")),
    ),
    Measure(
        "20-exports", 20, "Exports: collusion, caps, formulas, one download", "all refused",
        **_only(tests("tests/crm/exports", "tests/privacy/exports", "tests/crm/web/test_cells.py",
                      "-m", "not browser")),
    ),
    Measure(
        "21-pages", 21, "Lists and searches at 100,000 patients", "p95 of 300 and 150 ms",
        full=(bench("patient_list"),), quick=(),
    ),
    Measure(
        "22-supply", 22, "Bill of materials, advisories, secrets, bandit", "each package, 0 bad",
        **_only(alone("supply")),
    ),
    Measure(
        "22-ways", 22, "Ways around models and forms in the source", "each named with its reason",
        **_only(tests("tests/architecture/test_data_access.py")),
    ),
    Measure(
        "23-mutants", 23, "Small wrong changes of four packages", "85 % noticed, by lot of 150",
        full=(bench("mutation", "--sample=150", f"--seed={SEED}", "--minutes=18"),), quick=(),
    ),
    Measure(
        "24-duties", 24, "Duties apart, clearances, break-glass", "every forbidden pair refused",
        **_only(
            tests("tests/crm/access_requests", "tests/crm/clearance", "tests/privacy/access",
                  "tests/crm/separation", "tests/crm/joint_review", "-m", "not browser")
        ),
    ),
)  # fmt: skip

# Rows of the plan without a measure here, and why: an honest list, shown by every report.
NOT_HERE: Final[Mapping[int, str]] = {
    10: "behaviours of the SMS company are part of `make test` (tests/crm/messaging)",
    14: "a restore drill of a whole clinic is done by hand (docs/going-to-production.md)",
    17: "journeys in a browser are part of `make test`",
    19: "the lint of messages is part of `make test` (tests/crm/messaging/test_lint_neutrality.py)",
}
