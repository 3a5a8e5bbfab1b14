"""Ways around models and forms are few and known: set-wise writes, SQL by hand, open keywords.

Row triggers note such writes all the same (ADR 0010); here each place is named, so that a new one
is a decision. Services may write set-wise: there a guard, a transaction and an event are at hand.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source import DOORS, ROOT, Module, modules

WRITES = {"update", "bulk_create", "bulk_update", "store_many"}
BY_HAND = {"raw", "cursor", "extra", "RawSQL", "executemany"}
SQL = {"execute", "executemany", "raw", "extra", "RawSQL", "RunSQL"}
ASKING = {"filter", "exclude", "get", "get_or_create", "update_or_create"}
MARKUP = {"mark_safe", "SafeText"}
DEMO = "crm/embedded/demo/"

# Set-wise writes outside services: what makes them safe.
MAY_WRITE = {
    "privacy/audit/row_sealing.py": "the sealer's own tables, by its own role",
    "privacy/audit/sealing.py": "the sealer's own tables, by its own role",
    "privacy/custody/resealing.py": "compare and swap of a box: an edit in between wins",
    "privacy/records.py": "what store_many does with a few rows",
    "privacy/pseudonyms/models.py": "keys are made with the subjects they belong to",
    "crm/messaging/answers.py": "the company's answers, many at once, under locks",
    "crm/messaging/dispatch.py": "attempts of one round, in its transaction",
    "crm/messaging/reconcile.py": "the next moment to ask, under a lock",
    "crm/messaging/registration.py": "the first who registers a wording wins",
    "crm/staff/session_store.py": "a session that was ended meanwhile stays ended",
    "crm/staff/sessions.py": "all sessions or tokens of a person end at once, with one event",
}
# SQL by hand: what Django's own queries cannot say.
MAY_SPEAK_SQL = {
    "privacy/audit/apart.py": "how long a second connection waits for a lock",
    "privacy/audit/following.py": "reads in the order of commits",
    "privacy/audit/horizon.py": "transaction numbers of the server",
    "privacy/audit/models.py": "SET LOCAL ROLE",
    "privacy/audit/row_changes.py": "the triggers' own table",
    "privacy/audit/row_notes.py": "the triggers' own table, and the events of its transactions",
    "privacy/audit/row_sealing.py": "the triggers' own table",
    "privacy/audit/sealing.py": "advisory lock, partitions",
    "privacy/audit/selectors.py": "the planner's estimate of a count",
    "privacy/audit/unhurried.py": "the session's limit of time",
    "privacy/audit/services.py": "the app may insert events and not read them",
    "privacy/audit/summing.py": "hashes where the events lie",
    "privacy/audit/verification.py": "what the server says of its own tables",
    "privacy/audit/comparing.py": "what became of a transaction, as the server knows it",
    "privacy/consent/models.py": "FOR SHARE",
    "privacy/custody/index_width.py": "a lock: two plans at once would be two rows",
    "privacy/custody/month_archive.py": "the partitions of the trail",
    "privacy/custody/guarding.py": "asks the catalogue about triggers and functions",
    "privacy/custody/reconciling.py": "reads every watched table alike",
    "privacy/custody/resealing.py": "compare and swap of a box",
    "privacy/custody/restoring.py": "looks at a database without the app's models",
    "privacy/custody/rewrapping.py": "many wrapped keys in one statement",
    "privacy/custody/rotation.py": "advisory lock",
    "privacy/pseudonyms/services.py": "advisory lock",
    "privacy/records.py": "COPY of rows whose values Django has prepared",
    "crm/separation/selectors.py": "one person on both sides, out of the trail",
    "crm/staff/checks.py": "which role the pages connect as",
    "crm/staff/services.py": "advisory lock",
    "crm/trail/retiring.py": "the partitions of the trail",
    "crm/web/nav.py": "all counts of the side column in one statement, each compiled by Django",
    "crm/web/readiness.py": "SELECT 1",
    "crm/web/repeats.py": "INSERT ... ON CONFLICT that tells who was first",
    "consult/consultations/services/importing.py": "advisory lock",
}
# Keywords that are made at run time: none of their names comes from a request.
MAY_BE_OPEN = {
    "crm/exports/selectors.py": "the moment's column of a data set, from a table in code",
    "crm/incidents/selectors.py": "the two clocks' columns, written in the line above",
    "crm/separation/selectors.py": "the moment's column of a search, from the table above it",
    "privacy/audit/selectors.py": "five names written in the line above",
    "privacy/custody/holds.py": "the owner column of a sealed field, from the registry",
    "privacy/custody/resealing.py": "the owner column of a sealed field, from the registry",
    "consult/consultations/views/records.py": "names written in the same function",
}
MAY_MAKE_MARKUP = {"crm/templatetags/suian.py": "icons of a package, one constant attribute"}
# Texts that are put together and yet hold no value: names from the catalogue, quoted.
MAY_COMPOSE_SQL = {
    "crm/trail/retiring.py": "names of partitions from the catalogue",
    "privacy/records.py": "the model's own names, quoted by Django",
    "privacy/audit/models.py": "a role's name, quoted by Django",
    "privacy/custody/restoring.py": "names of columns from the catalogue",
    "crm/web/nav.py": "SQL as Django compiled it, its values apart",
    "crm/embedded/roles.py": "psycopg.sql composes and quotes",
}
MAY_SWITCH_ESCAPING_OFF = {"templates/crm/staff/enrol.html": "the QR code that segno draws"}


def calls(module: Module) -> Iterator[tuple[ast.Call, str]]:
    """Every call of a module with the name that is called."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            name = node.func
            yield node, name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")


def is_of_services(module: Module) -> bool:
    return "services" in module.layers


def writes(module: Module) -> bool:
    """``rows.update(a=1)``, never ``hash.update(data)`` or ``{}.update(other)``."""
    return any(
        name in WRITES and not (name == "update" and call.args) for call, name in calls(module)
    )


def speaks_sql(module: Module) -> bool:
    return any(name in BY_HAND for _call, name in calls(module))


def asks_openly(module: Module) -> bool:
    return any(
        name in ASKING and any(one.arg is None for one in call.keywords)
        for call, name in calls(module)
    )


def makes_markup(module: Module) -> bool:
    return any(name in MARKUP for _call, name in calls(module))


def composes_sql(module: Module) -> bool:
    """A text put together at the place where it is sent: f"", +, %, .format()."""
    return any(
        name in SQL and call.args and _composed(call.args[0]) for call, name in calls(module)
    )


def _composed(text: ast.expr) -> bool:
    if isinstance(text, ast.Call):
        return isinstance(text.func, ast.Attribute) and text.func.attr in {"format", "join"}
    return isinstance(text, ast.JoinedStr | ast.BinOp)


RULES = {
    "writes set-wise": (writes, MAY_WRITE),
    "speaks SQL": (speaks_sql, MAY_SPEAK_SQL),
    "asks with open keywords": (asks_openly, MAY_BE_OPEN),
    "makes markup": (makes_markup, MAY_MAKE_MARKUP),
    "composes SQL": (composes_sql, MAY_COMPOSE_SQL),
}


@pytest.mark.parametrize("rule", RULES)
def test_only_the_known_places_do_it(rule: str) -> None:
    does, known = RULES[rule]
    found = {module.name for module in modules() if does(module)}
    free = {
        module.name
        for module in modules()
        if (rule == "writes set-wise" and is_of_services(module)) or module.name.startswith(DEMO)
    }
    assert sorted(found - known.keys() - free) == []
    assert sorted(known.keys() - found) == []  # a reason without a place is an old one


@pytest.mark.parametrize("rule", ["writes set-wise", "speaks SQL", "composes SQL"])
def test_no_door_does_it_at_all(rule: str) -> None:
    does, _known = RULES[rule]
    doors = [module for module in modules() if module.layers & DOORS]
    assert [module.name for module in doors if does(module)] == []


def test_no_template_switches_escaping_off() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "templates").rglob("*"))
        if path.is_file()
        for text in [path.read_text(encoding="utf-8")]
        if "|safe" in text or "autoescape off" in text or "safeseq" in text
    }
    assert found == set(MAY_SWITCH_ESCAPING_OFF)
