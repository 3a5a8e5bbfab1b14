"""Today at one clinic."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from crm.patients.models import Patient
from crm.patients.selectors import patients_queued_for, patients_visible_to
from crm.scheduling.models import Room, Visit
from crm.scheduling.rules import LONG_WAIT, OPEN, State
from crm.staff.models import User
from privacy.consent.models import ConsentEntry

ORDER = {State.IN_ROOM: 0, State.WAITING: 1, State.EXPECTED: 2, State.DONE: 3, State.LEFT: 3}
MOST_OF_A_KIND = 5
MOST_AT_ALL = 100  # of a kind, where all of them are asked for


def visits_visible_to(staff: User) -> QuerySet[Visit]:
    """Visits of patients that ``staff`` may see, with codes and rooms.

    The desk calls guarded patients by their number like all others; ``opens`` says whose page it
    may open (T1).
    """
    seen = patients_visible_to(staff).filter(pk=OuterRef("patient_id"))
    queue = Visit.objects.filter(patient__in=patients_queued_for(staff).values("pk"))
    return (
        queue.filter(clinic_id=staff.clinic_id)
        .annotate(opens=Exists(seen))
        .select_related("patient__subject", "visit_code", "clinic", "room")
    )


def open_visit_today(staff: User, patient: Patient) -> Visit | None:
    """The patient's visit of today that has not ended, clinic time; there is one at most."""
    today = visits_visible_to(staff).filter(day=timezone.localdate(), state__in=OPEN)
    return today.filter(patient=patient).first()


def last_visit(patient_id: UUID) -> datetime | None:
    """When anything last happened to a visit of the patient: records are kept from then (R38)."""
    last: datetime | None = Visit.objects.filter(patient_id=patient_id).aggregate(
        last=Max("changed_at")
    )["last"]
    return last


def rooms_of(staff: User) -> QuerySet[Room]:
    """The rooms in use at the viewer's clinic, by label."""
    return Room.objects.filter(clinic_id=staff.clinic_id, retired_at__isnull=True).order_by("label")


@dataclass(frozen=True, slots=True)
class Seat:
    """A room and who is in it."""

    room: Room
    visit: Visit | None


@dataclass(frozen=True, slots=True)
class Todo:
    """Something the desk should do, and why."""

    kind: str
    patient: Patient
    called: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Board:
    """Everything on the desk's screen today."""

    day: date
    visits: list[Visit]
    seats: list[Seat]
    todos: list[Todo]
    todos_in_all: int

    def count(self, *states: State) -> int:
        return sum(visit.state in states for visit in self.visits)

    @property
    def expected(self) -> int:
        return self.count(State.EXPECTED)

    @property
    def arrived(self) -> int:
        return self.count(State.WAITING, State.IN_ROOM, State.DONE)

    @property
    def waiting(self) -> int:
        return self.count(State.WAITING)

    @property
    def free(self) -> list[Room]:
        return [seat.room for seat in self.seats if seat.visit is None]

    @property
    def patients(self) -> list[Patient]:
        """All whose codes stand on the screen."""
        return [visit.patient for visit in self.visits] + [todo.patient for todo in self.todos]


def board_of(staff: User, *, all_todos: bool = False) -> Board:
    """Today's visits: in a room first, then by arrival; the rooms; what is left to do.

    In: ``all_todos`` for every task of the day instead of the first few of each kind.
    """
    visits = sorted(
        visits_visible_to(staff).filter(day=timezone.localdate()),
        key=lambda visit: (ORDER[State(visit.state)], visit.arrived_at or visit.created_at),
    )
    inside = {visit.room_id: visit for visit in visits if visit.state == State.IN_ROOM}
    seats = [Seat(room, inside.get(room.pk)) for room in rooms_of(staff)]
    todos, in_all = _todos(staff, visits, MOST_AT_ALL if all_todos else MOST_OF_A_KIND)
    return Board(timezone.localdate(), visits, seats, todos, in_all)


def _todos(staff: User, visits: list[Visit], most: int) -> tuple[list[Todo], int]:
    """What the desk should do, at most ``most`` of a kind that may be many; and how much in all."""
    now = timezone.now()
    long_waits = [
        Todo("long-wait", visit.patient, visit.called, visit.arrived_at)
        for visit in visits
        if visit.state == State.WAITING and visit.arrived_at and now - visit.arrived_at > LONG_WAIT
    ]
    called = {visit.patient_id: visit.called for visit in visits}
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    fresh = patients_visible_to(staff).filter(
        created_at__gte=midnight, created_at__lt=midnight + timedelta(days=1)
    )
    unasked = fresh.exclude(Exists(ConsentEntry.objects.filter(subject_id=OuterRef("pk"))))
    todos, total = long_waits, len(long_waits)
    for kind, patients in (
        ("ask-consents", unasked),
        ("ask-phone", fresh.filter(status=Patient.Status.PROVISIONAL)),
    ):
        found = patients.order_by("created_at")[:most]
        some = [Todo(kind, one, called.get(one.pk, ""), one.created_at) for one in found]
        todos, total = todos + some, total + (patients.count() if len(some) == most else len(some))
    return todos, total
