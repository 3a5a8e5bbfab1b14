"""Every field, outcome and process that the code records has words; nobody reads codes."""

import ast
import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.urls import reverse

from crm.messaging.events import MessageEvent
from crm.trail.codes import FIELDS, OUTCOMES, PROCESSES, field_label, process_label
from privacy.audit.events import Registry
from privacy.audit.services import record
from privacy.encryption.fields import Zone
from privacy.encryption.registry import sealed_columns
from tests.architecture.source import Module, modules

PATH = re.compile(r"[a-z]+\.[a-z_]+")
MODELS = {model._meta.model_name for model in apps.get_models()}
NO_FIELDS = {"clinic.json", "clinic.name"}  # a file; what a form asks of a clinic
RECORDS = {"record", "record_denial", "_book"}


def constants_of(module: Module) -> dict[str, str]:
    """Texts that a module gives a name, such as PROCESS."""
    found = {}
    for node in module.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named = [one.id for one in targets if isinstance(one, ast.Name)]
            found |= {name: node.value.value for name in named if isinstance(node.value.value, str)}
    return found


def given(keyword: str, *, to: set[str] | None = None) -> Iterator[str]:
    """All texts that are passed as ``keyword``; ``to`` only to calls of these names."""
    for module in modules():
        named = constants_of(module)
        for call in (node for node in ast.walk(module.tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            for argument in call.keywords:
                if argument.arg != keyword or (to and name not in to):
                    continue
                for node in ast.walk(argument.value):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        yield node.value
                    elif isinstance(node, ast.Name) and node.id in named:
                        yield named[node.id]


def test_every_field_that_is_named_in_an_event_has_a_word() -> None:
    sealed = {column.path for zone in Zone for column in sealed_columns(zone)}
    written = {
        node.value
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and PATH.fullmatch(node.value)
        and node.value.partition(".")[0] in MODELS
        and not module.name.endswith(("crm/trail/codes.py", "privacy/access/policy.py"))
    }

    fields = sealed | {path for path in written if path not in Registry.known} - NO_FIELDS

    assert len(sealed) > 15
    assert fields - set(FIELDS) == set()
    assert set(FIELDS) - fields == set()


def test_every_outcome_has_a_word() -> None:
    recorded = {text for text in given("outcome", to=RECORDS) if text.isalpha()}

    assert {"ok", "failed", "denied", "stopped"} <= recorded | {"ok"}
    assert recorded <= set(OUTCOMES)


def test_every_process_has_a_word() -> None:
    recorded = {text for text in given("process") if text}

    assert {"dispatch", "sealer", "seed_demo", "sms-callback"} <= recorded
    assert recorded - set(PROCESSES) == set()
    assert set(PROCESSES) - recorded == set()


def test_a_code_of_another_version_is_shown_as_it_is() -> None:
    assert field_label("older.field") == "older.field"
    assert process_label("older-job") == "older-job"


@pytest.mark.django_db
def test_the_table_and_the_event_show_words(auditor, sign_in_as, patient) -> None:
    record(
        MessageEvent.NOT_SENT,
        process="dispatch",
        clinic=auditor.clinic_id,
        subjects=[patient],
        fields=["turn.label"],
        outcome="stopped",
    )
    client = sign_in_as(auditor)

    table = client.get(reverse("trail:list"), {"action": MessageEvent.NOT_SENT.value})
    row = table.context["screen"].rows[0]
    page = client.get(reverse("trail:event", args=[row.event.pk])).content.decode()

    words = [str(one) for one in (FIELDS["turn.label"], OUTCOMES["stopped"], PROCESSES["dispatch"])]
    for word in words:
        assert word in table.content.decode()
        assert word in page
    for code in ("turn.label", "stopped", "dispatch"):
        assert code not in table.content.decode().split("<tbody>")[1]
        assert code in page
