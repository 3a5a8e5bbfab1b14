"""One database for all tests, used through the app's own role as in the product."""

import os
import sys
from collections.abc import Iterator

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.test import Client, TransactionTestCase
from django.utils import translation

from crm.patients.models import Patient
from crm.staff import failures
from crm.staff.models import Clinic, User
from privacy.access.policy import Role
from privacy.encryption import blind_index
from privacy.encryption.canaries import plant
from privacy.migrations.operations.key_versions import FIRST_VERSIONS
from tests.factories import sizes
from tests.factories.people import ClinicFactory, PatientFactory, UserFactory

pytest_plugins = ["tests.chromium"]
# Speed is no matter of tests: a busy machine must not fail one.
hypothesis.settings.register_profile("suian", deadline=None)
hypothesis.settings.register_profile(sizes.ASSURE, deadline=None, max_examples=sizes.EXAMPLES)
hypothesis.settings.load_profile(os.environ.get(sizes.PROFILE, "suian"))
# What migrations lay down stays between tests, as it does in a clinic.
KEPT = {
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "privacy_consenttext",
}


# In one go: after every test that refused somebody. The fence is up again as it was, in each month.
FORGET_EVENTS = """
    BEGIN;
    ALTER TABLE privacy_auditevent DISABLE TRIGGER audit_no_change;
    DELETE FROM privacy_auditevent;
    ALTER TABLE privacy_auditevent ENABLE ALWAYS TRIGGER audit_no_change;
    COMMIT
"""
_OPENED: list[bool] = []  # connections of a test


def owner_connection() -> psycopg.Connection:
    """A connection as the owner of the test database, for what the app's role may not do."""
    params = connection.get_connection_params()
    allowed = {"dbname", "user", "password", "host", "port"}
    return psycopg.connect(
        **{key: value for key, value in params.items() if key in allowed}, autocommit=True
    )


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """After migrating as the owner, work as ``suian_app``: grants are tested by every test."""
    options = connection.settings_dict.setdefault("OPTIONS", {})
    with django_db_blocker.unblock():
        connection.close()
    options["assume_role"] = settings.DATABASE_APP_ROLE
    yield
    options.pop("assume_role")
    with django_db_blocker.unblock():
        connection.close()


def empty_tables() -> None:
    with owner_connection() as owner:
        tables = owner.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
            "AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        names = sorted({name for (name,) in tables} - KEPT)
        owner.execute("BEGIN")
        fences = owner.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger "
            "WHERE tgname = 'audit_no_truncate' AND NOT tgisinternal"
        ).fetchall()
        for table, fence in fences:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER {fence}")
        owner.execute(f"TRUNCATE {', '.join(names)} RESTART IDENTITY")
        for table, fence in fences:
            owner.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {fence}")
        owner.execute(FIRST_VERSIONS)  # a rotation must not outlive its test
        owner.execute("COMMIT")


@pytest.fixture(scope="session", autouse=True)
def _flush_as_owner() -> Iterator[None]:
    """Tests with real commits are cleaned up by the owner: the app's role cannot truncate."""
    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _self: empty_tables())
    yield
    patch.undo()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """A refusal stays booked, also when a test rolls back all the rest: it is forgotten here.

    It came over a second connection (``privacy.audit.apart``), so the event knows no rollback.
    Before the first test that needs a database there is no table yet.
    """
    yield
    if _OPENED and "transactional_db" not in item.fixturenames:
        with owner_connection() as owner:
            if owner.execute("SELECT to_regclass('privacy_auditevent')").fetchone() != (None,):
                owner.execute(FORGET_EVENTS)
    _OPENED.clear()


@receiver(connection_created)
def _opened(**_: object) -> None:
    _OPENED.append(True)


@pytest.fixture(autouse=True)
def _chinese() -> Iterator[None]:
    with translation.override("zh-hans"):
        yield


@pytest.fixture(autouse=True)
def _no_width_of_another_test() -> None:
    blind_index.forget()


@pytest.fixture(autouse=True)
def _no_minute_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """All tests fail to sign in from the same few addresses; who tests the limit sets one."""
    monkeypatch.setattr(failures, "PER_SOURCE", sys.maxsize)
    monkeypatch.setattr(failures, "IN_ALL", sys.maxsize)


@pytest.fixture
def canaries(db: None) -> None:
    plant()


@pytest.fixture
def clinic(db: None) -> Clinic:
    return ClinicFactory.create()


@pytest.fixture
def patient(clinic: Clinic) -> Patient:
    return PatientFactory.create(clinic=clinic)


@pytest.fixture
def carer(clinic: Clinic, patient: Patient) -> User:
    """Of the care team of ``patient``."""
    user = UserFactory.create(clinic=clinic, role=Role.CONSULTANT)
    patient.care_team.create(staff=user)
    return user


@pytest.fixture
def colleague(clinic: Clinic) -> User:
    """Same clinic and role, not on the care team."""
    return UserFactory.create(clinic=clinic, role=Role.CONSULTANT)


@pytest.fixture
def stranger(db: None) -> User:
    """Another clinic altogether, with the widest role there."""
    return UserFactory.create(clinic=ClinicFactory.create(), role=Role.FRONT_DESK)


@pytest.fixture
def receptionist(clinic: Clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.FRONT_DESK)


@pytest.fixture
def sign_in_as():
    """``sign_in_as(user)`` gives a browser-like client with a started session."""

    def make(user: User) -> Client:
        import time

        from crm.staff.session_store import FACTOR_AT, FULLY_AT, SEEN, STARTED

        client = Client()
        client.force_login(user, backend="crm.staff.backends.StaffBackend")
        session = client.session
        now = int(time.time())
        session.update(dict.fromkeys((STARTED, SEEN, FACTOR_AT, FULLY_AT), now))
        session.save()
        return client

    return make
