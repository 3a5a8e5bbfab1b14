"""The table of pairs: what refuses each, and that nobody stands above it."""

import re

import pytest
from django.db import connection
from django.utils.module_loading import import_string

from crm.staff import checks as staff_checks
from crm.staff.models import User
from privacy.access import separation
from privacy.access.policy import ROLE_PERMISSIONS, Permission, roles_with
from privacy.access.separation import PAIRS

pytestmark = pytest.mark.django_db(transaction=True)


class TestPolicy:
    def test_no_role_carries_both(self) -> None:
        assert separation.roles_in_conflict() == []

    def test_a_policy_that_did_would_be_seen(self, monkeypatch) -> None:
        both = {
            **ROLE_PERMISSIONS,
            "x": frozenset({Permission.MANAGE_STAFF, Permission.VIEW_AUDIT}),
        }
        monkeypatch.setattr(separation, "ROLE_PERMISSIONS", both)
        assert separation.roles_in_conflict() == [
            ("x", Permission.MANAGE_STAFF, Permission.VIEW_AUDIT)
        ]

    def test_every_pair_has_its_own_code_and_a_ground(self) -> None:
        assert len({pair.code for pair in PAIRS}) == len(PAIRS)
        assert all(pair.ground and str(pair.one) and str(pair.other) for pair in PAIRS)

    def test_every_fence_is_there(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT conname::text FROM pg_constraint "
                "UNION SELECT proname || prosrc FROM pg_proc "
                "WHERE pronamespace = 'public'::regnamespace"
            )
            known = " ".join(name for (name,) in cursor.fetchall())
        fences = {fence for pair in PAIRS for fence in pair.fences}
        assert [fence for fence in fences if fence not in known] == []

    def test_every_service_is_there(self) -> None:
        assert all(callable(import_string(name)) for pair in PAIRS for name in pair.services)

    def test_every_pair_is_refused_searched_or_says_why_not(self) -> None:
        for pair in PAIRS:
            assert separation.is_searched(pair), pair.code
            assert (pair.fences and pair.services) or pair.note or pair.fences == (
                "user_has_known_role", "user_role_stays",
            ), pair.code  # fmt: skip

    def test_the_database_knows_who_audits(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT prosrc FROM pg_proc WHERE proname = 'consent_recorder_audits_nothing'"
            )
            (source,) = cursor.fetchone()
        assert set(re.findall("'([a-z_]+)'", source.partition("role IN")[2].partition(")")[0])) == (
            roles_with(Permission.VIEW_AUDIT)
        )

    def test_what_is_searched_is_in_the_table(self) -> None:
        codes = {pair.code for pair in PAIRS}
        assert {name.partition(":")[0] for name in separation.checks()} <= codes


class TestSuperusers:
    def test_nobody_can_be_one(self, monkeypatch, settings) -> None:
        names = {field.name for field in User._meta.get_fields()}
        assert not names & {"is_superuser", "is_staff", "groups", "user_permissions"}
        assert not hasattr(User, "has_perm")
        assert staff_checks.nobody_is_a_superuser() == []
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "django.contrib.admin"]
        (fault,) = staff_checks.nobody_is_a_superuser()
        assert fault.id == "suian.E003"

    def test_nor_the_role_of_the_pages(self) -> None:
        staff_checks.database_role_is_bound()
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone()[0] == "suian_app"

    def test_a_superuser_at_the_pages_is_not_ready(self, monkeypatch) -> None:
        class Cursor:
            def __enter__(self):
                return self

            def __exit__(self, *_args):
                return None

            def execute(self, _statement) -> None: ...

            def fetchone(self):
                return (True,)

        class Connection:
            cursor = Cursor

        monkeypatch.setattr(staff_checks, "connection", Connection())
        with pytest.raises(RuntimeError):
            staff_checks.database_role_is_bound()
