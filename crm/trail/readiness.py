"""Tells the process manager when the sealer has fallen behind."""

from crm.web import readiness
from privacy.audit.selectors import seal_status

LAG_SECONDS = 60  # ADR 0005


class SealerLags(Exception):
    """Events wait for their seal too long: the sealer or beat is down, or a writer hangs."""


def check() -> None:
    """Raises: SealerLags if the oldest unsealed event is older than a minute."""
    status = seal_status()
    if status.lag_seconds > LAG_SECONDS:
        raise SealerLags(f"{status.waiting} events wait, the oldest {status.lag_seconds} s")


readiness.register("sealer", check)
