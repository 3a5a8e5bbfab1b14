"""New versions of the zones' keys, and what becomes of the old ones (ADR 0011)."""

from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.custody.events import KeyEvent
from privacy.custody.restoring import refuse_overdue
from privacy.custody.rules import may_be_given_up
from privacy.encryption import canaries
from privacy.encryption.keys import Zone
from privacy.encryption.models import KeyCanary, KeyState, KeyVersion, SubjectKey
from privacy.errors import DomainError
from privacy.minimisation.reasons import refuse_numbers

LOCK = "suian key versions"
ZONES: Final = tuple(Zone.values)


@dataclass(frozen=True, slots=True)
class Census:
    """How many data keys one version of a zone's key wraps."""

    version: KeyVersion
    data_keys: int


def census() -> list[Census]:
    """Every version, newest first, with the number of data keys under it."""
    counted = {
        (row["zone"], row["kek_version"]): row["keys"]
        for row in SubjectKey.objects.values("zone", "kek_version")
        .annotate(keys=Count("pk"))
        .order_by()
    }
    versions = KeyVersion.objects.order_by("zone", "-version")
    return [Census(one, counted.get((one.zone, one.version), 0)) for one in versions]


@transaction.atomic
def rotate(*, zone: str, actor: Actor | None = None, process: str = "") -> KeyVersion:
    """A new active version of one zone's key; the old one only opens from now on.

    Data keys keep their wrap until ``rewrap_keys`` has passed; both versions open meanwhile.
    Raises: DomainError if the keys in use are not those of this database, or no restore was
        proved for 190 days;
        ImproperlyConfigured if this process does not hold the zone's root.
    """
    _in_line()
    refuse_overdue()
    _refuse_with_faults()
    old = KeyVersion.objects.get(zone=zone, state=KeyState.ACTIVE)
    _move(old, KeyState.DECRYPT_ONLY)
    new = KeyVersion.objects.create(zone=zone, version=old.version + 1)
    canaries.lay(new)
    _book(KeyEvent.ROTATED, new, actor, process)
    return new


@transaction.atomic
def retire_unused(*, actor: Actor | None = None, process: str = "") -> list[KeyVersion]:
    """Retire every decrypt-only version that no data key uses any more; returns them."""
    _in_line()
    idle = _idle(KeyState.DECRYPT_ONLY)
    for version in idle:
        _move(version, KeyState.RETIRED)
        _book(KeyEvent.RETIRED, version, actor, process)
    return idle


@transaction.atomic
def give_up_retired(
    *, actor: Actor | None = None, process: str = "", at_once: str = ""
) -> list[KeyVersion]:
    """Give up versions that were retired 35 days ago, and their canaries; returns them.

    By then the last backup that holds data keys under them is gone: the product refuses to use a
    version that was given up, also in a restored copy. ``at_once`` is the reason, which is booked,
    why younger ones go too: their copies were destroyed before.
    Raises: DomainError for numbers of people in the reason.
    """
    refuse_numbers(at_once)
    _in_line()
    retired = _idle(KeyState.RETIRED)
    if not at_once:
        now = timezone.now()  # nothing touches a retired version: updated when it was retired
        retired = [one for one in retired if may_be_given_up(one.updated_at, now)]
    for version in retired:
        _move(version, KeyState.DESTROYED)
        KeyCanary.objects.filter(zone=version.zone, kek_version=version.version).delete()
        _book(KeyEvent.GIVEN_UP, version, actor, process, reason=at_once)
    return retired


def _idle(state: KeyState) -> list[KeyVersion]:
    return [one.version for one in census() if one.version.state == state and not one.data_keys]


def _move(version: KeyVersion, state: KeyState) -> None:
    version.state = state
    version.save(update_fields=["state", "updated_at"])


def _book(
    event: KeyEvent, version: KeyVersion, actor: Actor | None, process: str, reason: str = ""
) -> None:
    detail: dict[str, str | int] = {"zone": version.zone, "version": version.version}
    audit.record(event, actor=actor, process=process, reason=reason, detail=detail)


def _in_line() -> None:
    """Two rotations at once would be two active versions: the second waits here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [LOCK])


def _refuse_with_faults() -> None:
    faults = canaries.faults()
    if faults:
        raise DomainError(
            _("These keys do not open with the roots of this process: %(keys)s.")
            % {"keys": ", ".join(faults)}
        )
