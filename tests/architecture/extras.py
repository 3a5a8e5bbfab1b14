"""Names that a call may bring and has no business to: every column of every model.

A call that is accepted is made twice as it is, and again with further names and values that fit
their columns. Rows and status have to be those of the plain call; where they are not, it is tried
in halves, down to the one name that was heard. A call that is refused whole is as good.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import uuid4

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from crm.patients.models import Patient
from crm.staff.models import Clinic, User
from privacy.pseudonyms.models import Subject
from tests.architecture.bodies import Body, Door
from tests.architecture.samples import World
from tests.architecture.test_permissions import undone, written

# The trail tells of each call in its own words; it takes nothing from a body.
TRAIL: Final = frozenset({"privacy_auditevent", "privacy_rowchange"})
CHANGES_ALWAYS: Final = "※"
Rows = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Extra:
    """One further name at one place of a body, and what it tries to set."""

    place: str
    name: str
    value: Any

    def put(self, body: Body) -> Body:
        """The body with it."""
        more = deepcopy(body)
        for one in more[self.place] if self.place else [more]:
            one[self.name] = self.value
        return more


@cache
def columns() -> Mapping[str, tuple[Any, ...]]:
    """By the name of a column of any of the product's models: values that such columns take.

    A relation, under its name and its column's, is to somebody else's row (``foreign_row``).
    """
    found: dict[str, dict[str, Any]] = {}
    for model in apps.get_models():
        if model._meta.app_label not in settings.FIRST_PARTY_APPS:
            continue
        for one in model._meta.concrete_fields:
            for value in _values(one):
                for name in {one.name, one.attname}:
                    found.setdefault(name, {})[repr(value)] = value
    return {name: tuple(values.values()) for name, values in found.items()}


def _values(field: models.Field[Any, Any]) -> list[Any]:
    if isinstance(field, models.ForeignKey):
        return [field.related_model]
    if field.choices:
        return [list(field.flatchoices)[-1][0]]
    fitting: dict[type[models.Field[Any, Any]], list[Any]] = {
        models.BooleanField: [True, False],
        models.IntegerField: [999],
        models.DateTimeField: ["2001-01-01T00:00:00Z"],
        models.DateField: ["2001-01-01"],
        models.UUIDField: ["00000000-0000-4000-8000-000000000001"],
        models.JSONField: [{"x": 1}],
    }
    return next((values for kind, values in fitting.items() if isinstance(field, kind)), ["hacked"])


def foreign_row(model: type[models.Model], elsewhere: Patient) -> str:
    """The key of a row that is not the caller's."""
    known: dict[Any, Any] = {
        Clinic: elsewhere.clinic_id,
        Patient: elsewhere.pk,
        Subject: elsewhere.pk,
        User: User.objects.filter(clinic=elsewhere.clinic_id).values_list("pk", flat=True).first(),
    }
    return str(known.get(model) or uuid4())


def rounds(door: Door, elsewhere: Patient) -> list[list[Extra]]:
    """Every column that this door does not say it takes, at every place of its body.

    Each round has a name once at most: a further value of the same name is for the next round.
    """
    made: list[list[Extra]] = []
    for place, taken in door.takes.items():
        for name in columns().keys() - taken:
            for number, value in enumerate(columns()[name]):
                given = foreign_row(value, elsewhere) if isinstance(value, type) else value
                made += [[]] if number == len(made) else []
                made[number].append(Extra(place, name, given))
    return made


@dataclass(frozen=True)
class Effect:
    """What a call came to: its status and the tables it touched, as they stand afterwards."""

    status: int
    rows: Rows

    @property
    def refused(self) -> bool:
        return 400 <= self.status < 500 and not self.rows


class Caller:
    """Makes the same call again and again; each is undone before the next."""

    def __init__(self, door: Door, client: Client, world: World) -> None:
        self._door, self._client = door, client
        kwargs = {name: world.kept[name] for name in door.route.kwargs}
        self._address = reverse(door.route.name, kwargs=kwargs)
        self.body = door.body(world)
        first, second = self.call(self.body), self.call(self.body)
        self._plain, self._fixed = first, _same_columns(first.rows, second.rows)

    @property
    def is_accepted(self) -> bool:
        """Whether the plain call does anything; otherwise nothing is shown."""
        return self._plain.status < 300 and bool(self._plain.rows)

    def call(self, body: Body) -> Effect:
        return self.send(json.dumps(body))

    def send(self, text: str) -> Effect:
        """Any text where a body belongs."""
        with undone():
            before = written()
            response = self._client.generic(
                self._door.method, self._address, text, "application/json"
            )
            now = written()
            touched = {table for table, rows in now.items() if rows != before.get(table, 0)}
            rows = {table: _rows(table) for table in touched - TRAIL}
        return Effect(response.status_code, rows)

    def heard(self, more: Sequence[Extra]) -> list[Extra]:
        """Those that set something: all at once, and in halves where anything is different."""
        effect = self._with(more)
        if self._is_plain(effect):
            return []
        if len(more) == 1:
            return [] if effect.refused else list(more)
        half = len(more) // 2
        return self.heard(more[:half]) + self.heard(more[half:])

    def _with(self, more: Sequence[Extra]) -> Effect:
        body = self.body
        for one in more:
            body = one.put(body)
        return self.call(body)

    def _is_plain(self, effect: Effect) -> bool:
        return effect.status == self._plain.status and self._told(effect) == self._told(self._plain)

    def _told(self, effect: Effect) -> dict[str, Counter[str]]:
        return {
            table: Counter(_plain(row, self._fixed.get(table, set())) for row in rows)
            for table, rows in effect.rows.items()
        }


def _rows(table: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT to_jsonb(one) FROM "{table}" AS one')
        return [json.loads(row) if isinstance(row, str) else row for (row,) in cursor.fetchall()]


def _same_columns(first: Rows, second: Rows) -> dict[str, set[str]]:
    """By table, the columns that two equal calls leave equal: no keys, moments, sealed boxes."""
    fixed: dict[str, set[str]] = {}
    for table, rows in first.items():
        names = rows[0].keys() if rows else ()
        fixed[table] = {
            name
            for name in names
            if Counter(str(row[name]) for row in rows)
            == Counter(str(row[name]) for row in second.get(table, []))
        }
    return fixed


def _plain(row: Mapping[str, Any], fixed: set[str]) -> str:
    """A row as text; of a column that is never the same, whether it is empty."""
    told = {
        name: value if name in fixed or value is None or value == "" else CHANGES_ALWAYS
        for name, value in row.items()
    }
    return json.dumps(told, sort_keys=True)
