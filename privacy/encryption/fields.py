"""Model fields whose plain text never reaches the database, nor a template by accident."""

from typing import Any, ClassVar, cast
from uuid import UUID

from django.db import models
from typing_extensions import override

from privacy.encryption import keyring
from privacy.encryption.algorithms import DataKey
from privacy.encryption.boxes import Place, key_version_of, seal, unseal
from privacy.encryption.keys import Zone, derive
from privacy.errors import DomainError
from privacy.receipts import Receipt

__all__ = ["NotCovered", "Sealed", "SealedField", "SystemSealedField", "Zone"]

SYSTEM_OWNER = b"suian"
SHORT, TEXT = 32, 256  # padding steps in bytes: names leak by length otherwise


class NotCovered(DomainError):
    """A value was to be opened without an audit event that names its patient and field."""


class Sealed:
    """A value at rest. ``str()`` and templates see a mask; only ``reveal`` gives the text."""

    MASK: ClassVar[str] = "※※※"
    __slots__ = ("_box", "_owner_id", "_place", "_plain")

    def __init__(
        self, *, place: Place, owner_id: UUID | None, box: bytes | None, plain: str | None = None
    ) -> None:
        self._place, self._owner_id, self._box, self._plain = place, owner_id, box, plain

    def __str__(self) -> str:
        return self.MASK

    def __repr__(self) -> str:
        return f"<Sealed {self._place.path}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError("a sealed value does not leave the process")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and (self._place, self._box, self._plain) == (
            other._place,
            other._box,
            other._plain,
        )

    __hash__ = None  # type: ignore[assignment]  # mutable in spirit: never a dictionary key

    @property
    def path(self) -> str:
        """``model.field``: what an audit event must name for this value to be opened."""
        return self._place.path

    @property
    def place(self) -> Place:
        """Where the value belongs."""
        return self._place

    @property
    def box(self) -> bytes | None:
        """The stored bytes; None while a new value waits for its save."""
        return self._box

    @property
    def pending(self) -> str | None:
        """A value set in this process and not yet saved."""
        return self._plain

    def reveal(self, receipt: Receipt) -> str:
        """The text.

        Raises: NotCovered without a matching audit event; Unreadable if the box does not open.
        """
        if self._owner_id is None or not receipt.covers(self._owner_id, self.path):
            raise NotCovered(f"no audit event covers {self.path}")
        if self._plain is not None:
            return self._plain
        if self._box is None:
            raise TypeError("a sealed value is either stored or pending")
        version = key_version_of(self._box)
        key = keyring.reading_key(receipt, self._owner_id, self._place.zone, version)
        return unseal(self._box, place=self._place, key=key)


class _Attribute:
    """Reads as ``Sealed`` or None; takes text, None or a ``Sealed`` of the same place."""

    def __init__(self, field: "BoxField") -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        if self.field.attname not in instance.__dict__:
            instance.refresh_from_db(fields=[self.field.attname])
        held = instance.__dict__[self.field.attname]
        if isinstance(held, bytes | memoryview):
            return self.field.wrap(instance, box=bytes(held))
        if isinstance(held, str):
            return self.field.wrap(instance, plain=held)
        return held

    def __set__(self, instance: models.Model, value: object) -> None:
        if isinstance(value, Sealed):
            # Bound to its place: in another row, field or patient the box would never open again.
            if value.place != self.field.place(instance):
                raise ValueError(f"{value!r} belongs to another place than {self.field}")
            value = value.pending if value.pending is not None else value.box
        if not isinstance(value, str | bytes | memoryview | None):
            raise TypeError(f"{self.field} takes text, not {type(value).__name__}")
        # An emptied column stays an unreadable box: as "no value" a form would save over it.
        instance.__dict__[self.field.attname] = None if value == "" else value


class BoxField(models.BinaryField[Any, Any]):
    """Common ground of the sealed fields: text in, box in the column, ``Sealed`` out."""

    is_sealed: ClassVar[bool] = True  # for the data inventory, which knows no cipher

    def __init__(self, *, pad: int = SHORT, **kwargs: Any) -> None:
        self.pad = pad
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        if self.pad != SHORT:
            kwargs["pad"] = self.pad
        return name, path, args, kwargs

    @override
    def contribute_to_class(
        self, cls: type[models.Model], name: str, private_only: bool = False
    ) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, name, _Attribute(self))

    def place(self, instance: models.Model) -> Place:
        """Where a value of this row belongs."""
        return self._at(instance, self.owner_id(instance))

    def _at(self, instance: models.Model, owner: UUID | None) -> Place:
        raise NotImplementedError

    def owner_id(self, instance: models.Model) -> UUID | None:
        raise NotImplementedError

    def seal_for(self, instance: models.Model, text: str) -> bytes:
        raise NotImplementedError

    def wrap(
        self, instance: models.Model, *, box: bytes | None = None, plain: str | None = None
    ) -> Sealed:
        owner = self.owner_id(instance)
        return Sealed(place=self._at(instance, owner), owner_id=owner, box=box, plain=plain)

    @override
    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:
        held = model_instance.__dict__.get(self.attname)
        if isinstance(held, str):
            held = self.seal_for(model_instance, held)
            model_instance.__dict__[self.attname] = held
        return cast("bytes | None", held)

    @override
    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Only boxes pass: ``update(name="…")`` or a filter would carry the plain text to SQL."""
        if not isinstance(value, bytes | memoryview | None):
            raise TypeError(f"{self} is set on an instance and saved, never by update or filter")
        return super().get_db_prep_value(value, connection, prepared)

    def value_from_object(self, obj: models.Model) -> Any:
        return None  # a form never starts from a sealed value by itself

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError("sealed values are not serialised")


class SealedField(BoxField):
    """A patient's value, sealed with the patient's own key of ``zone``.

    ``owner`` names the attribute that holds the patient's id on the model. ``pad``: 32 bytes for
    short values (names leak by length otherwise), 256 for free text.
    """

    def __init__(
        self, *, zone: str = Zone.CLINICAL, owner: str = "patient_id", **kwargs: Any
    ) -> None:
        self.zone, self.owner = str(zone), owner
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "zone": self.zone, "owner": self.owner}

    def owner_id(self, instance: models.Model) -> UUID | None:
        found: UUID | None = getattr(instance, self.owner)
        return found

    def _at(self, instance: models.Model, owner: UUID | None) -> Place:
        return Place(
            self.zone,
            str(instance._meta.model_name),  # noqa: SLF001 - Django's public secret
            self.name,
            instance.pk.bytes,
            owner.bytes if owner else b"",
        )

    def seal_for(self, instance: models.Model, text: str) -> bytes:
        owner = self.owner_id(instance)
        if owner is None:
            raise ValueError(f"{self.name} has no patient yet")
        version, key = keyring.writing_key(owner, self.zone)
        place = self._at(instance, owner)
        return seal(text, place=place, key=key, key_version=version, step=self.pad)


class SystemSealedField(BoxField):
    """A secret of the installation itself (a TOTP seed), sealed under the audit+auth root."""

    def owner_id(self, instance: models.Model) -> UUID | None:
        return None

    def _at(self, instance: models.Model, owner: UUID | None) -> Place:
        return Place(
            zone="auth",
            model=str(instance._meta.model_name),  # noqa: SLF001 - Django's public secret
            field=self.name,
            row=instance.pk.bytes,
            owner=SYSTEM_OWNER,
        )

    def seal_for(self, instance: models.Model, text: str) -> bytes:
        return seal(
            text, place=self.place(instance), key=_system_key(), key_version=1, step=self.pad
        )

    def open(self, instance: models.Model) -> str:
        """The secret, for the room that owns it; not a patient's value, so no receipt.

        Raises: Unreadable if the box does not open.
        """
        held = instance.__dict__.get(self.attname)
        if isinstance(held, str):
            return held
        if held is None:
            return ""
        return unseal(bytes(held), place=self.place(instance), key=_system_key())


def _system_key() -> DataKey:
    return DataKey(derive("audit", "auth/secrets"))
