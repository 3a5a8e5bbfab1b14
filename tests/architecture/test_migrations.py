"""Migrations are one line a package, complete and in step with the models."""

import io

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from tests.architecture.source import PACKAGES, ROOT


@pytest.mark.parametrize("package", PACKAGES)
def test_migrations_are_linear(package: str) -> None:
    known = MigrationLoader(None).disk_migrations
    names = sorted(name for app, name in known if app == package)
    if not names:
        return
    newest = (ROOT / package / "migrations" / "max_migration.txt").read_text().strip()
    assert newest == names[-1]
    for number, name in enumerate(names):
        assert name.startswith(f"{number + 1:04d}_"), name
        before = [one for app, one in known[package, name].dependencies if app == package]
        assert before == names[max(0, number - 1) : number], name


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    out = io.StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=out)
    assert "No changes" in out.getvalue()
