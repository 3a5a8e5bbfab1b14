"""Every event of the product is judged: looked at whole, or named as light with a reason (S60)."""

import importlib
import pkgutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

import consult
import crm
import followup
import privacy
from crm.joint_review import rules, weight
from privacy.audit.events import Event, Kind, Registry

for _package in (consult, crm, followup, privacy):
    for _found in pkgutil.walk_packages(_package.__path__, f"{_package.__name__}."):
        if _found.name.endswith(".events"):
            importlib.import_module(_found.name)


def known() -> dict[str, Event]:
    """Those of the product: tests make some of their own."""
    own = ("consult.", "crm.", "followup.", "privacy.")
    return {
        name: one for name, one in Registry.known.items() if type(one).__module__.startswith(own)
    }


def test_each_event_is_weighty_or_light_and_not_both() -> None:
    both, neither = [], []
    for name, event in known().items():
        whole, light = bool(rules.grounds_of(event.kind, name)), _named(event)
        both += [name] if whole and light else []
        neither += [] if whole or weight.is_light(event.kind, name) else [name]
    assert (both, neither) == ([], [])


def _named(event: Event) -> bool:
    """Named by the table of light acts; kinds do not count, weighty acts may be of any."""
    return event.kind not in weight.LIGHT_KINDS and weight.is_light(event.kind, event.value)


def test_every_action_the_tables_name_exists() -> None:
    names = {one for of_reason in weight.LIGHT.values() for one in of_reason}
    starts = {one for one in names if one.endswith(".")}
    assert set(known()) >= weight.RIGHTS | weight.GRANTS | weight.ROWS | (names - starts)
    assert all(any(name.startswith(one) for name in known()) for one in starts)


@pytest.mark.parametrize(
    "name",
    [
        *("staff.superior_changed", "patient.guard_lifted", "honey.retired", "keys.given_up"),
        *("keys.ledger_begun", "staff.passkey_added", "staff.factor_enrolled"),
        *("staff.recovery_made", "staff.recovery_used", "audit.retirement_asked"),
        *("audit.retirement_approved", "audit.month_retired"),
    ],
)
def test_what_changes_rights_or_ends_a_protection_is_looked_at_whole(name) -> None:
    assert rules.grounds_of(known()[name].kind, name) == ["rights"]


@given(st.sampled_from(Kind), st.text(max_size=20))
def test_an_event_nobody_named_is_not_light_unless_its_kind_is(kind, name) -> None:
    assert weight.is_light(kind, f"unheard_of.{name}") == (kind in weight.LIGHT_KINDS)
