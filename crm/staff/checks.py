"""Start-up checks: what must not be, stops the start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from crm.staff.password_rules import POLICIES
from crm.web import readiness
from privacy.custody.erasure import refuse_gap
from privacy.pseudonyms.models import key_faults

LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "::1", "testserver"}


@register()
def demo_stays_on_loopback(**_kwargs: Any) -> list[CheckMessage]:
    """The demo clinic answers to this machine's own names only."""
    if settings.DEMO and not set(settings.ALLOWED_HOSTS) <= LOOPBACK:
        return [
            Error(
                "DEMO is on and ALLOWED_HOSTS has a name that is not loopback.",
                hint="Use crm.settings.production, which cannot be a demo.",
                id="suian.E001",
            )
        ]
    return []


@register()
def password_policy_is_known(**_kwargs: Any) -> list[CheckMessage]:
    """A policy that nobody knows would silently be the milder one."""
    if settings.PASSWORD_POLICY in POLICIES:
        return []
    hint = f"One of: {', '.join(POLICIES)}."
    return [Error("PASSWORD_POLICY is unknown.", hint=hint, id="suian.E002")]


def keys_are_this_databases() -> None:
    """Readiness: every zone's canary opens with the roots this process holds (ADR 0003).

    Raises: RuntimeError naming the zones and versions that do not.
    """
    faults = key_faults()
    if faults:
        raise RuntimeError(f"keys that are not this database's: {', '.join(faults)}")


readiness.register("keys", keys_are_this_databases)
readiness.register("erasures", refuse_gap)
