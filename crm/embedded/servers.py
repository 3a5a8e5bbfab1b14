"""Bringing up Postgres and Valkey, or taking the ones that the environment names."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from crm.embedded.discovery import SETTINGS
from crm.embedded.home import Home
from crm.embedded.keys import GATEWAY_SECRET, SEALER_KEY, SECRET_KEY, ensure_keys, path_of
from crm.embedded.parts import GATEWAY_KEY_ID, has_gateway
from crm.embedded.postgres import Postgres
from crm.embedded.processes import free_ports
from crm.embedded.roles import APP, OWNER, Passwords, ensure_database, ensure_roles
from crm.embedded.supervisor import Supervisor
from crm.embedded.valkey import Valkey

DATABASE = "suian"


@dataclass(frozen=True)
class Addresses:
    """Where the clinic's servers are, with the sign-ins to them."""

    app_database: str
    owner_database: str
    redis: str
    is_new: bool = False  # the database was made just now


def start_servers(home: Home, supervisor: Supervisor, *, throw_away: bool = False) -> Addresses:
    """Start what the environment does not name, and wait until it answers.

    DATABASE_URL and REDIS_URL from outside win: then nothing is started in their place, and
    DATABASE_OWNER_URL (if set) is where migrations go. ``throw_away`` servers are for tests: fast,
    not durable, their database owner may create databases.
    Raises: PostgresError, ValkeyError, KeysMissingError.
    """
    ensure_keys(home)
    postgres_port, valkey_port = free_ports(2)
    outside_redis = os.environ.get("REDIS_URL")
    valkey = Valkey(home, port=valkey_port, throw_away=throw_away)
    if not outside_redis:
        valkey.prepare()
        supervisor.start(valkey.program())
    database = os.environ.get("DATABASE_URL")
    if database:
        owner, is_new = os.environ.get("DATABASE_OWNER_URL") or database, False
    else:
        postgres = Postgres(home, port=postgres_port, throw_away=throw_away)
        database, owner, is_new = _start_postgres(postgres, supervisor, throw_away=throw_away)
    if not outside_redis:
        valkey.wait_until_it_answers()
    return Addresses(database, owner, outside_redis or valkey.url, is_new)


def _start_postgres(
    postgres: Postgres, supervisor: Supervisor, *, throw_away: bool
) -> tuple[str, str, bool]:
    """Returns the app's address, the owner's, and whether the database is new."""
    postgres.prepare()
    supervisor.start(postgres.program())
    postgres.wait_until_it_answers()
    passwords = Passwords(owner=secrets.token_urlsafe(24), app=secrets.token_urlsafe(24))
    is_new = ensure_database(postgres.url(database="postgres"), name=DATABASE)
    ensure_roles(postgres.url(database=DATABASE), passwords, may_create=throw_away)
    app = postgres.url(user=APP, password=passwords.app, database=DATABASE)
    owner = postgres.url(user=OWNER, password=passwords.owner, database=DATABASE)
    return app, owner, is_new


def clinic_environment(home: Home, addresses: Addresses, *, gateway_port: int) -> dict[str, str]:
    """The variables that make a Django process part of this clinic, and no others."""
    variables = {
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", SETTINGS),
        "DATABASE_URL": addresses.app_database,
        "REDIS_URL": addresses.redis,
        "SECRET_KEY_FILE": str(path_of(home, SECRET_KEY)),
        "ROOT_PROVIDER": "privacy.encryption.providers.FileRoots",
        "ROOT_FILES_DIR": str(home.keys),
        "SUIAN_SEALER_KEY_FILE": str(path_of(home, SEALER_KEY)),
        "AUDIT_ANCHOR_FILE": str(home.state / "audit-anchors.log"),
        "AUDIT_SINK_DIR": str(home.witness),
        "ERASURE_LEDGER_FILE": str(home.erasures),
        "EXPORTS_DIR": str(home.exports),
        "STATIC_ROOT": str(home.static),
        "SUIAN_DEMO": os.environ.get("SUIAN_DEMO", "1"),
    }
    if has_gateway():
        variables |= {
            "SMS_GATEWAY_URL": f"http://127.0.0.1:{gateway_port}",
            "SMS_GATEWAY_KEY_ID": GATEWAY_KEY_ID,
            "SMS_GATEWAY_SECRET_FILE": str(path_of(home, GATEWAY_SECRET)),
        }
    return variables


def with_own(variables: Mapping[str, str]) -> dict[str, str]:
    """A process's whole environment: ours and ``variables``, without the owner's sign-in."""
    environment = {**os.environ, **variables}
    environment.pop("DATABASE_OWNER_URL", None)
    return environment


def as_owner(environment: Mapping[str, str], addresses: Addresses) -> dict[str, str]:
    """The same environment for a process that changes the database's shape."""
    owner = addresses.owner_database
    return {**environment, "DATABASE_URL": owner, "DATABASE_OWNER_URL": owner}
