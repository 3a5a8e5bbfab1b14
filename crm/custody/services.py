"""What the security administrator does to keys, in the administrator's own name."""

from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.custody import rewrapping, rotation
from privacy.custody.events import KeyEvent
from privacy.custody.selectors import Overview, overview
from privacy.errors import AccessDenied

AT_ONCE: Final = 2000  # data keys a press of the button: well under a second


@transaction.atomic
def open_keys(*, actor: User) -> Overview:
    """Book the look at the page, and gather what it shows."""
    audit.record(KeyEvent.VIEWED, actor=actor)
    return overview()


def rotate(*, zone: str, actor: User) -> str:
    """A new version of a zone's key; returns its name.

    Raises: AccessDenied for who keeps no keys; DomainError as in ``rotation``.
    """
    _check_keeper(actor)
    return str(rotation.rotate(zone=zone, actor=actor))


def rewrap(*, actor: User) -> tuple[int, int]:
    """Wrap up to AT_ONCE data keys anew; (how many, how many are left). Raises: AccessDenied."""
    _check_keeper(actor)
    done = sum(one.done for one in rewrapping.rewrap(actor=actor, limit=AT_ONCE))
    return done, rewrapping.waiting()


def retire(*, actor: User) -> int:
    """Retire versions that no data key uses; returns how many. Raises: AccessDenied."""
    _check_keeper(actor)
    return len(rotation.retire_unused(actor=actor))


def _check_keeper(actor: User) -> None:
    """The door asks too; whoever keeps accounts keeps no keys, whichever way they come."""
    if not can(actor, Permission.MANAGE_KEYS):
        raise AccessDenied(_("Your role keeps no keys."))
