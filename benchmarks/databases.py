"""Databases that last for one run, on the server that is there."""

from urllib.parse import urlsplit

import psycopg
from psycopg import sql


def with_database(url: str, name: str) -> str:
    """The same server and sign-in, another database."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def drop_database(server: psycopg.Connection, name: str) -> None:
    """Drop it with those of our own roles who are still connected.

    In: ``server`` connected to another database, autocommit. Not WITH (FORCE), which wants to end
    an autovacuum worker too and may not; the plain command has the server end it.
    """
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = %s AND usesysid IS NOT NULL AND pg_has_role(usesysid, 'USAGE')",
        [name],
    )
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def make_anew(server: psycopg.Connection, name: str, *, template: str = "") -> None:
    """An empty database of that name, or a copy of ``template`` as it is now."""
    drop_database(server, name)
    command = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template:
        command += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    server.execute(command)
