"""What every stored row has."""

import secrets
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, ClassVar

from django.db import connection, models
from django.utils.translation import gettext_lazy as _
from psycopg import Binary
from uuid_utils.compat import uuid7


class RetentionClass(models.TextChoices):
    """How long a row is kept; the periods themselves are settings (R25, R38, R39)."""

    CLINICAL = "clinical", _("Clinical record: 15 years from the last visit")
    CONSULTATION = "consultation", _("Online consultation process data: 3 years")
    CONTACT_LOG = "contact_log", _("Contact log: 3 years")
    CONSENT = "consent", _("Consent ledger: as long as the record it allows")
    FINANCE = "finance", _("Financial record: 15 years")
    FORMER = "former", _("Former contact data: 180 days after the correction")
    AUDIT = "audit", _("Audit trail: at least 12 months online")
    STAFF = "staff", _("Staff record: employment and 3 years")
    SETTINGS = "settings", _("Configuration: until replaced")


_seeming: ContextVar[datetime | None] = ContextVar("seeming", default=None)


def new_id() -> uuid.UUID:
    """A time-ordered UUIDv7, made in the app so that a sealed box can be bound to its row."""
    seeming = _seeming.get()
    return uuid7() if seeming is None else _id_of(seeming)


@contextmanager
def keys_of(moment: datetime) -> Iterator[None]:
    """Keys made within are those of rows that were made at ``moment`` (aware).

    For invented rows alone: a key tells when it was made, and who reads the tables would compare.
    """
    before = _seeming.set(moment)
    try:
        yield
    finally:
        _seeming.reset(before)


def _id_of(moment: datetime) -> uuid.UUID:
    """RFC 9562, 5.7: 48 bits of milliseconds, the version, 74 random bits around the variant."""
    milliseconds, chance = int(moment.timestamp() * 1000), secrets.randbits(74)
    high, low = chance >> 62, chance & ((1 << 62) - 1)
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


class Record(models.Model):
    """An unguessable key, two stamps (UTC), a retention class."""

    retention: ClassVar[RetentionClass]

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


MANY = 20  # rows from which COPY is worth its two more questions to the database


def store_many(rows: Sequence[Record]) -> None:
    """Store new rows of one model: what ``bulk_create`` does, at a fraction of its work if many.

    In: unsaved rows, all of one model; sealed values are sealed, stamps are set, triggers and
    constraints hold as for any INSERT. Afterwards the rows count as saved.
    Raises: IntegrityError as ``bulk_create`` does; nothing of the rows is stored then.
    """
    if len(rows) < MANY:
        if rows:
            type(rows[0])._default_manager.bulk_create(rows)  # noqa: SLF001 - as Django names it
        return
    _copy(rows)


def _copy(rows: Sequence[Record]) -> None:
    """Store the rows by COPY."""
    meta = type(rows[0])._meta  # noqa: SLF001 - Django's public secret
    fields, name = meta.concrete_fields, connection.ops.quote_name
    columns = ", ".join(name(str(field.column)) for field in fields)
    # No SQL of a caller's: the names are the model's own.
    command = f"COPY {name(meta.db_table)} ({columns}) FROM STDIN (FORMAT BINARY)"
    # Before the COPY: sealing may have to ask for a key, and the connection is taken until its end.
    lines = [[_to_copy(field, row) for field in fields] for row in rows]
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.execute(f"SELECT {columns} FROM {name(meta.db_table)} LIMIT 0")  # noqa: S608 - so too
        types = [column.type_code for column in cursor.description]
        with cursor.copy(command) as copy:
            copy.set_types(types)
            for line in lines:
                copy.write_row(line)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001 - as Django does


def _to_copy(field: "models.Field[Any, Any]", row: Record) -> object:
    value = field.get_db_prep_save(field.pre_save(row, add=True), connection)
    # A mark for SQL that the driver puts together; COPY takes the bytes themselves.
    return value.obj if isinstance(value, Binary) else value
