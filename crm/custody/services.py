"""What the security administrator does to keys, in the administrator's own name."""

from typing import Final

from django.db import transaction

from crm.staff.models import User
from privacy.audit import services as audit
from privacy.custody import rewrapping, rotation
from privacy.custody.events import KeyEvent
from privacy.custody.selectors import Overview, overview

AT_ONCE: Final = 2000  # data keys a press of the button: well under a second


@transaction.atomic
def open_keys(*, actor: User) -> Overview:
    """Book the look at the page, and gather what it shows."""
    audit.record(KeyEvent.VIEWED, actor=actor)
    return overview()


def rotate(*, zone: str, actor: User) -> str:
    """A new version of a zone's key; returns its name. Raises: DomainError as in ``rotation``."""
    return str(rotation.rotate(zone=zone, actor=actor))


def rewrap(*, actor: User) -> tuple[int, int]:
    """Wrap up to AT_ONCE data keys anew; (how many, how many are left)."""
    done = sum(one.done for one in rewrapping.rewrap(actor=actor, limit=AT_ONCE))
    return done, rewrapping.waiting()


def retire(*, actor: User) -> int:
    """Retire versions that no data key uses; returns how many."""
    return len(rotation.retire_unused(actor=actor))
