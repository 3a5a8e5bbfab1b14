"""Every table says how long it is kept, and every constraint what it is called."""

from django.apps import apps
from django.db import models

from privacy.records import Record, RetentionClass
from tests.architecture.source import PACKAGES


def own_models() -> list[type[models.Model]]:
    return [one for package in PACKAGES for one in apps.get_app_config(package).get_models()]


def test_every_table_has_a_retention_class() -> None:
    found = [
        one.__name__
        for one in own_models()
        if not isinstance(getattr(one, "retention", None), RetentionClass)
    ]
    assert found == []


def test_every_row_has_a_key_made_in_the_app() -> None:
    # Keys of their own: ADR 0005, ADR 0010.
    trail = {"AuditEvent", "AuditSeal", "AuditCheckpoint", "RowChange", "RowSeal"}
    found = [one.__name__ for one in own_models() if not issubclass(one, Record)]
    assert set(found) - trail == set()


def test_constraints_and_indexes_are_named_once() -> None:
    metas = [one._meta for one in own_models()]
    names = [item.name for meta in metas for item in (*meta.constraints, *meta.indexes)]
    assert all(names)
    assert sorted(names) == sorted(set(names))
    assert [meta.label for meta in metas if meta.unique_together] == []


def test_models_are_listed_in_their_packages_index() -> None:
    from importlib import import_module

    for package in PACKAGES:
        listed = set(getattr(import_module(f"{package}.models"), "__all__", ()))
        known = {one.__name__ for one in apps.get_app_config(package).get_models()}
        assert listed == known, package
