"""Whether this process can serve: checks that other rooms add to."""

import logging
from collections.abc import Callable
from typing import Final

from django.core.cache import cache
from django.db import connection

Check = Callable[[], None]
_checks: dict[str, Check] = {}
logger = logging.getLogger(__name__)


def register(name: str, check: Check) -> None:
    """Add a check: it returns if all is well and raises if not. Later ones replace earlier ones."""
    _checks[name] = check


def failing() -> list[str]:
    """Names of the checks that fail now, the reasons in the log."""
    names = []
    for name, check in _checks.items():
        try:
            check()
        except Exception:  # any failure at all means "not ready"
            logger.exception("readiness check %s failed", name)
            names.append(name)
    return names


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    cache.get("readiness")


BUILT_IN: Final = {"database": _database, "cache": _cache}
for _name, _check in BUILT_IN.items():
    register(_name, _check)
