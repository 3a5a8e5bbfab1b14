"""Finds every sealed field of every model by itself, and the way from its row to its patient."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from privacy.encryption.fields import SealedField

DEEPEST = 4  # foreign keys between a row and its patient


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """One sealed column; ``owner`` is the look-up of its patient's id."""

    model: type[models.Model]
    field: SealedField
    owner: str

    @property
    def table(self) -> str:
        return str(self.model._meta.db_table)  # noqa: SLF001 - Django's public secret

    @property
    def path(self) -> str:
        """``model.field``, as events name it."""
        return f"{self.model._meta.model_name}.{self.field.name}"  # noqa: SLF001 - as above


def sealed_columns(zone: str) -> Iterator[SealedColumn]:
    """Every sealed column of ``zone`` in the installed models.

    Raises: LookupError if a model has no way of required foreign keys to its patient: such a
        value could neither be re-sealed nor counted.
    """
    for model in apps.get_models():
        for field in model._meta.get_fields():  # noqa: SLF001 - Django's public secret
            if isinstance(field, SealedField) and field.zone == zone:
                yield SealedColumn(model, field, way_to_owner(model, field.owner))


def way_to_owner(model: type[models.Model], owner: str) -> str:
    """The shortest look-up from ``model`` to a column ``owner``, along required foreign keys.

    Raises: LookupError if there is none.
    """
    ways: deque[tuple[type[models.Model], tuple[str, ...]]] = deque([(model, ())])
    while ways:
        here, path = ways.popleft()
        if _has_column(here, owner):
            return "__".join((*path, owner))
        if len(path) < DEEPEST:
            ways.extend(
                (key.related_model, (*path, key.name))
                for key in here._meta.concrete_fields  # noqa: SLF001 - as above
                if isinstance(key, models.ForeignKey)
                and not key.null
                and isinstance(key.related_model, type)
            )
    raise LookupError(f"{model.__name__} has no required way to {owner}")


def _has_column(model: type[models.Model], attname: str) -> bool:
    try:
        field = model._meta.get_field(attname.removesuffix("_id"))  # noqa: SLF001 - as above
    except FieldDoesNotExist:
        return False
    return isinstance(field, models.ForeignKey) and field.attname == attname
