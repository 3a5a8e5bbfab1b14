"""The data inventory: what each stored field is for, by what right, how sensitive, how long (R1).

A feature says it beside its models, in ``inventory.py``, a line for fields with one purpose. A
field nobody spoke for, or a line without its field, is a fault that fails a test.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from privacy.records import Record, RetentionClass

Words = str | Promise  # text translated when it is shown


class DataClass(models.TextChoices):
    """How much harm a value does in wrong hands (DSL 21)."""

    C0 = "C0", _("C0 public")
    C1 = "C1", _("C1 internal, by code")
    C2 = "C2", _("C2 contact")
    C3 = "C3", _("C3 identity, secrets")
    C4 = "C4", _("C4 health and reproduction")


HIGH = frozenset({DataClass.C3, DataClass.C4})


class Basis(models.TextChoices):
    """What allows the field to be held: articles of the law, with the reason in a word."""

    SERVICE = "service", _("PIPL 13(1) no. 2: the service the patient asked for")
    HEALTH = "health", _("PIPL 28, 29: separate consent to health data, for care")
    CONSENT = "consent", _("PIPL 13(1) no. 1, 14: consent to this purpose")
    RECORD = "record", _("PIPL 13(1) no. 3: the duty to keep records")
    SECURITY = "security", _("PIPL 51, 54 and CSL 23: security, logs and proof")
    STAFF = "staff", _("PIPL 13(1) no. 2: management of staff")
    NONE = "none", _("No personal data")


# What many tables have in common.
LINK = _("Which record or patient the row belongs to")
WHO = _("Who on the staff did it")
WHEN = _("When it happened or is due")
STATE = _("Where the work stands")
ORDER = _("Numbers, order and versions of rows")
PROOF = _("Proves that nothing was changed since")
COMMON = _("Key of the row and when it was written")


@dataclass(frozen=True, slots=True)
class Line:
    """Fields with one purpose. ``plain``: why a value of class C3 or C4 is not sealed."""

    data_class: DataClass
    purpose: Words
    fields: tuple[str, ...]
    basis: Basis | None = None  # None: that of the table
    retention: RetentionClass | None = None  # None: that of the model
    plain: Words = ""


def _line(
    data_class: DataClass,
    purpose: Words,
    *fields: str,
    basis: Basis | None = None,
    retention: RetentionClass | None = None,
    plain: Words = "",
) -> Line:
    return Line(data_class, purpose, fields, basis, retention, plain)


# c1(_("To what end"), "field", "other_field"), and so on for each class.
c0, c1, c2, c3, c4 = (partial(_line, one) for one in DataClass)


@dataclass(frozen=True, slots=True)
class Table:
    """All lines of one model, with the basis that holds where a line names no other."""

    model: type[models.Model]
    basis: Basis
    lines: tuple[Line, ...]

    @property
    def all_lines(self) -> tuple[Line, ...]:
        """With the columns every record has."""
        if not issubclass(self.model, Record):
            return self.lines
        common = tuple(field.name for field in Record._meta.fields)  # noqa: SLF001 - Django's public secret
        return (*self.lines, c1(COMMON, *common))


def of(model: type[models.Model], basis: Basis, *lines: Line) -> Table:
    """What is held in one table."""
    return Table(model, basis, lines)


@dataclass(frozen=True, slots=True)
class Entry:
    """One field as the inventory shows it."""

    package: str
    model: str
    field: str
    data_class: DataClass
    purpose: Words
    basis: Basis
    retention: RetentionClass
    sealed: bool
    plain: Words


def own_models() -> list[type[models.Model]]:
    """The product's own tables: those that say how long they are kept."""
    return [one for one in apps.get_models() if hasattr(one, "retention")]


def tables() -> Iterator[Table]:
    """What the features of the installed models say, each feature once."""
    rooms = sorted({one.__module__.rpartition(".")[0] for one in own_models()})
    for room in rooms:
        if find_spec(f"{room}.inventory"):
            yield from import_module(f"{room}.inventory").TABLES


def entries() -> list[Entry]:
    """Every field spoken for, in the order of packages, models and lines."""
    return [
        _entry(table, line, name)
        for table in tables()
        for line in table.all_lines
        for name in line.fields
        if name in _columns(table.model)
    ]


def faults() -> list[str]:
    """Where inventory and models disagree; empty when all is told once and well."""
    spoken = [
        (table.model.__name__, name)
        for table in tables()
        for line in table.all_lines
        for name in line.fields
    ]
    stored = {(model.__name__, name) for model in own_models() for name in _columns(model)}
    told = set(spoken)
    return [
        *(f"{model}.{name}: no line" for model, name in sorted(stored - told)),
        *(f"{model}.{name}: no such field" for model, name in sorted(told - stored)),
        *(f"{model}.{name}: told twice" for (model, name), n in Counter(spoken).items() if n > 1),
        *(f"{one.model}.{one.field}: {fault}" for one in entries() if (fault := _fault(one))),
    ]


def _fault(entry: Entry) -> str:
    high = entry.data_class in HIGH
    if entry.sealed and not high:
        return "sealed, so C3 or C4"
    if high and entry.sealed == bool(entry.plain):
        return "sealed, or a reason why not"
    return "" if entry.purpose else "no purpose"


def _columns(model: type[models.Model]) -> dict[str, models.Field]:  # type: ignore[type-arg]  # of any kind
    return {field.name: field for field in model._meta.concrete_fields}  # noqa: SLF001 - Django's public secret


def _entry(table: Table, line: Line, name: str) -> Entry:
    model = table.model
    kept: RetentionClass = model.retention  # type: ignore[attr-defined]  # every own model has one
    return Entry(
        package=model._meta.app_label,  # noqa: SLF001 - Django's public secret
        model=model.__name__,
        field=name,
        data_class=line.data_class,
        purpose=line.purpose,
        basis=line.basis or table.basis,
        retention=line.retention or kept,
        sealed=bool(getattr(_columns(model)[name], "is_sealed", False)),
        plain=line.plain,
    )
