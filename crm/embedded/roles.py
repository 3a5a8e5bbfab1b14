"""The database and its roles in an embedded Postgres; the SQL is the same as in containers."""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from crm.embedded.home import PROJECT

ROLES_FILE = PROJECT / "deploy" / "postgres" / "roles.sql"
OWNER = "suian_owner"
APP = "suian_app"


@dataclass(frozen=True)
class Passwords:
    """What the two roles that may sign in sign in with; new at every start."""

    owner: str
    app: str


def ensure_database(superuser_url: str, *, name: str) -> bool:
    """Create the database ``name`` unless it exists; returns whether it is new.

    ``superuser_url`` leads to the server's ``postgres`` database.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        known = "SELECT 1 FROM pg_database WHERE datname = %s"
        if connection.execute(known, [name]).fetchone():
            return False
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return True


def ensure_roles(superuser_url: str, passwords: Passwords, *, may_create: bool = False) -> None:
    """Bring roles, grants and passwords to what roles.sql says; safe to repeat.

    ``superuser_url`` leads to the clinic's database. ``may_create`` lets the owner create
    databases, which tests need and a clinic does not.
    """
    with psycopg.connect(superuser_url) as connection:
        connection.execute("SET log_statement = 'none'")  # passwords follow
        connection.execute(ROLES_FILE.read_bytes())
        for role, password in ((OWNER, passwords.owner), (APP, passwords.app)):
            statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
            connection.execute(statement.format(sql.Identifier(role), sql.Literal(password)))
        right = sql.SQL("CREATEDB" if may_create else "NOCREATEDB")
        connection.execute(sql.SQL("ALTER ROLE {} ").format(sql.Identifier(OWNER)) + right)
        if may_create:  # tests: invented people, and statements by the million
            reset = sql.SQL("ALTER ROLE {} RESET log_statement")
            connection.execute(reset.format(sql.Identifier(OWNER)))
