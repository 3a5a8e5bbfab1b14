"""How long a patient's clinical records have to be kept (R38)."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from privacy.custody.rules import kept_until
from privacy.encryption.keys import Zone
from privacy.encryption.registry import sealed_columns
from privacy.pseudonyms.models import Subject

LastUse = Callable[[UUID], datetime | None]
_last_uses: dict[str, LastUse] = {}


def register(name: str, last_use: LastUse) -> None:
    """Let an upper floor say when it last dealt with a patient (aware, or None); in ``ready()``."""
    _last_uses[name] = last_use


def records_kept_until(subject_id: UUID) -> datetime:
    """Until when the patient's clinical records must be kept: 15 years from their last use (R38).

    Every table with a clinical sealed field counts by itself; others by ``register``.
    """
    moments: list[datetime | None] = [Subject.objects.get(pk=subject_id).created_at]
    owners = {(column.model, column.owner) for column in sealed_columns(Zone.CLINICAL)}
    for model, owner in owners:
        rows = model._default_manager.filter(**{owner: subject_id})  # noqa: SLF001 - Django's public secret
        moments.append(rows.aggregate(last=Max("created_at"))["last"])
    moments += [last_use(subject_id) for last_use in _last_uses.values()]
    return kept_until(max(moment for moment in moments if moment is not None))
