"""Which patients somebody reaches, as conditions in SQL on the key of a patient.

Nearly every page asks this, some three times in a statement. Written out it is one text and its
values; by the ORM the same sub-queries took longer to build than Postgres takes to answer them
(ADR 0035). Every alias is one that Django never makes, so a condition can stand at any depth.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

from crm.staff.models import User
from privacy.access.policy import BY_REQUEST_ONLY, CLINIC_WIDE, REVEALS_TODAY_ONLY


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL on one patient, whose key is written ``{key}``, with its values in order."""

    sql: str
    values: tuple[Any, ...] = ()

    def __or__(self, other: "Condition") -> "Condition":
        return Condition(f"({self.sql} OR {other.sql})", self.values + other.values)

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(f"({self.sql} AND {other.sql})", self.values + other.values)

    def __invert__(self) -> "Condition":
        return Condition(f"NOT {self.sql}", self.values)


NOBODY: Final = Condition("FALSE")
# From one member of staff to what opens a patient to them beside the care team.
WayIn = Callable[[User], Condition]


class Holds(models.Expression):
    """A condition as the ORM takes it: in ``filter()`` or as a column, true or false.

    ``key`` is the path from the query's model to the patient's key.
    """

    output_field: ClassVar[models.Field[Any, Any]] = models.BooleanField()
    conditional = True

    def __init__(self, condition: Condition, key: str = "pk") -> None:
        super().__init__()
        self.condition = condition
        self.key: Any = models.F(key)  # and the column, once the query has resolved it

    def get_source_expressions(self) -> list[Any]:
        return [self.key]

    def set_source_expressions(self, exprs: Any) -> None:
        (self.key,) = exprs

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        """Every ``{key}`` becomes the column; a column has no values of its own."""
        del connection
        key, _values = compiler.compile(self.key)
        return f"({self.condition.sql.replace('{key}', key)})", self.condition.values


GUARDED: Final = (
    "{key} IN (SELECT guard.patient_id FROM crm_patientguard guard WHERE guard.until IS NULL)"
)
GUARDED_BUT_A_CHILD_OF_TODAY: Final = (
    "{key} IN (SELECT guard.patient_id FROM crm_patientguard guard"
    " WHERE guard.until IS NULL AND (guard.kind <> 'minor' OR NOT EXISTS ("
    "SELECT FROM privacy_visitcode visit WHERE visit.subject_id = guard.patient_id"
    " AND visit.site = %s AND visit.day = %s)))"
)
OF_TODAY: Final = (
    "EXISTS (SELECT FROM privacy_visitcode come"
    " WHERE come.subject_id = {key} AND come.site = %s AND come.day = %s)"
)
ONESELF: Final = (
    "{key} = ANY (ARRAY(SELECT own.patient_id FROM crm_patientguard own"
    " WHERE own.until IS NULL AND own.person_mark = %s))"
)
ON_TEAM: Final = (
    "EXISTS (SELECT FROM crm_careteammember team"
    " WHERE team.patient_id = {key} AND team.staff_id = %s"
    " AND team.until > statement_timestamp())"
)
# Whose data are stored and guarded, and nothing else (ADR 0040). Few, and read as one hashed set.
RESTRICTED: Final = Condition(
    "{key} IN (SELECT stopped.id FROM crm_patient stopped WHERE stopped.status = 'restricted')"
)


def oneself(mark: bytes) -> Condition:
    """The record of a member of staff as a patient here, by their mark: nobody looks at their own
    (T1)."""
    return Condition(ONESELF, (mark,))


def on_team(staff: User) -> Condition:
    """Patients for whom ``staff`` cares now; a place that has run out opens nothing, nor one of a
    role that cares for nobody."""
    if staff.role in BY_REQUEST_ONLY:
        return NOBODY
    return Condition(ON_TEAM, (staff.pk,))


def guarded_against(staff: User) -> Condition:
    """Patients whom no role sees for its work (R18, T1).

    Whoever registers patients and receives them keeps today's children (clinic time): they are
    booked.
    """
    if staff.role not in REVEALS_TODAY_ONLY:
        return Condition(GUARDED)
    today: date = timezone.localdate()
    return Condition(GUARDED_BUT_A_CHILD_OF_TODAY, (staff.clinic_id, today))


def of_today(staff: User) -> Condition:
    """Today's patients (clinic time) at the viewer's site: registered, expected or arrived."""
    return Condition(OF_TODAY, (staff.clinic_id, timezone.localdate()))


def by_role(staff: User, work: Iterable[WayIn]) -> Condition:
    """Patients whom the role works with and nobody guards: the whole clinic's, or those on whom one
    of ``work`` finds a record that the role is there for; else none."""
    if staff.role in CLINIC_WIDE:
        return ~guarded_against(staff)
    about = NOBODY
    for each in work:
        about |= each(staff)
    return about if about is NOBODY else about & ~guarded_against(staff)


def beyond(staff: User, ways: Iterable[WayIn], work: Iterable[WayIn]) -> Condition:
    """Patients whom ``staff`` does not reach: ``ways`` open beside the team, ``work`` as in
    ``by_role``."""
    seen = on_team(staff)
    for way in ways:
        seen |= way(staff)
    return ~(seen | by_role(staff, work))


def shut_to(staff: User, beyond_them: Condition, emergencies: Iterable[WayIn]) -> Condition:
    """Patients of whom ``staff`` may know no more than the code: who is beyond them, and whose
    record is restricted, but for ``emergencies`` (R15)."""
    stopped = RESTRICTED
    for way in emergencies:
        stopped &= ~way(staff)
    return beyond_them | stopped
