"""Start-up checks: what must not be, stops the start."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from crm.staff.password_rules import POLICIES
from crm.web import readiness
from privacy.audit.syslog import Syslog
from privacy.custody.erasure import refuse_gap
from privacy.custody.selectors import known_algorithms
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


@register()
def breached_passwords_are_there(**_kwargs: Any) -> list[CheckMessage]:
    """A list that is named and missing would be found by whoever changes a password."""
    file = settings.BREACHED_PASSWORDS_FILE
    if not file or Path(file).is_file():
        return []
    return [Error("BREACHED_PASSWORDS_FILE is not there.", id="suian.E006")]


@register()
def seal_algorithm_is_known(**_kwargs: Any) -> list[CheckMessage]:
    """Nothing could be sealed by an algorithm that nobody knows."""
    if settings.SEAL_ALGORITHM in known_algorithms():
        return []
    hint = f"One of: {', '.join(known_algorithms())}."
    return [Error("SEAL_ALGORITHM is unknown.", hint=hint, id="suian.E004")]


@register()
def roots_are_not_in_the_environment(**_kwargs: Any) -> list[CheckMessage]:
    """It is read by whoever may look at a container, and inherited by every child (ADR 0013)."""
    if settings.ROOTS_FROM_ENVIRONMENT or not settings.ROOT_PROVIDER.endswith(".EnvRoots"):
        return []
    hint = "Use privacy.encryption.providers.FileRoots or privacy.encryption.vault.VaultRoots."
    return [Error("ROOT_PROVIDER is EnvRoots, which is for tests.", hint=hint, id="suian.E007")]


@register()
def second_sink_has_an_address(**_kwargs: Any) -> list[CheckMessage]:
    """A wrong one would be found by the first commit, which it stops (ADR 0024)."""
    try:
        if settings.AUDIT_SINK_SYSLOG:
            Syslog(settings.AUDIT_SINK_SYSLOG)
    except ImproperlyConfigured as error:
        return [Error(str(error), id="suian.E005")]
    return []


@register(deploy=True)
def second_sink_is_kept(**_kwargs: Any) -> list[CheckMessage]:
    """Without it nothing outside the database shows that an event went missing (ADR 0024)."""
    if settings.AUDIT_SINK_DIR:
        return []
    words = "AUDIT_SINK_DIR is empty: no second record of the trail is kept."
    if settings.AUDIT_SINK_SYSLOG:
        words = "AUDIT_SINK_DIR is empty: verify_audit cannot compare what syslog keeps elsewhere."
    hint = "Name a folder on another disk or volume than the database's, for every process."
    return [CheckWarning(words, hint=hint, id="suian.W001")]


@register(deploy=True)
def consoles_open_somewhere(**_kwargs: Any) -> list[CheckMessage]:
    """Without a list, a stolen administrator's session is good from anywhere (R36)."""
    if settings.ADMIN_NETWORKS:
        return []
    words = "ADMIN_NETWORKS is empty: the administrators' consoles open from every address."
    hint = "List the networks of their workplaces, such as 10.1.4.0/24."
    return [CheckWarning(words, hint=hint, id="suian.W002")]


@register()
def nobody_is_a_superuser(**_kwargs: Any) -> list[CheckMessage]:
    """Accounts have no such flag, and no ready-made console or rights that one would open (R30)."""
    meta = get_user_model()._meta  # noqa: SLF001 - Django's public secret
    fields = {field.name for field in meta.get_fields()}
    flags = sorted(fields & {"is_superuser", "is_staff", "user_permissions", "groups"})
    if not flags and "django.contrib.admin" not in settings.INSTALLED_APPS:
        return []
    words = f"Accounts must not have superusers: {', '.join(flags) or 'django.contrib.admin'}."
    return [Error(words, id="suian.E003")]


def database_role_is_bound() -> None:
    """Readiness: the role that this process works as is no superuser and passes no row rule.

    Raises: RuntimeError if it is.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles "
            "WHERE rolname = current_user"
        )
        if cursor.fetchone()[0]:
            raise RuntimeError("the database role of the pages is a superuser")


def keys_are_this_databases() -> None:
    """Readiness: every zone's canary opens with the roots this process holds (ADR 0003).

    Raises: RuntimeError naming the zones and versions that do not.
    """
    faults = key_faults()
    if faults:
        raise RuntimeError(f"keys that are not this database's: {', '.join(faults)}")


readiness.register("database-role", database_role_is_bound)
readiness.register("keys", keys_are_this_databases)
readiness.register("erasures", refuse_gap)
