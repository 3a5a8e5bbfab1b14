"""Typed readers of the environment: a setting is present and well-formed, or start-up stops."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()


def broker_of(redis_url: str) -> str:
    """The same server in Celery's words, which has its own for a socket (``unix://…?db=0``)."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    named = {"db": "virtual_host"}
    query = urlencode([(named.get(key, key), value) for key, value in parse_qsl(parts.query)])
    return urlunsplit(("redis+socket", parts.netloc, parts.path, query, ""))


def networks(texts: Iterable[str]) -> list[IPv4Network | IPv6Network]:
    """CIDR blocks and single addresses. Raises: ImproperlyConfigured for what is neither."""
    try:
        return [ip_network(text.strip(), strict=False) for text in texts]
    except ValueError as error:
        raise ImproperlyConfigured(f"not a network: {error}") from error


def secret(name: str, default: str | None = None) -> str:
    """The value of ``name``, or the content of the file that ``name_FILE`` points to.

    Raises: ImproperlyConfigured if neither is set and there is no default, or the file cannot be
    read.
    """
    file: str = env.str(f"{name}_FILE", default="")
    if not file:
        value: str = env.str(name) if default is None else env.str(name, default=default)
        return value
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}") from error
