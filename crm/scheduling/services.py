"""The day at the desk: arrivals, rooms, and taking a slip back."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from crm.clearance.clinic_licences import refuse_while_lapsed
from crm.patients.models import Patient
from crm.patients.selectors import contact_of
from crm.patients.services.care import keep_team
from crm.patients.services.registration import issue_visit_code
from crm.patients.services.writing import refuse_restricted
from crm.scheduling import rules, selectors
from crm.scheduling.events import VisitEvent
from crm.scheduling.models import Room, Visit
from crm.scheduling.rooms import locked_room
from crm.scheduling.rules import OPEN, State
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.errors import Conflict, DomainError, Unreadable
from privacy.pseudonyms.rules import parse_code

JUST_REGISTERED: Final = timedelta(minutes=15)
_EVENTS: Final = {
    State.WAITING: VisitEvent.ARRIVED,
    State.IN_ROOM: VisitEvent.CALLED,
    State.DONE: VisitEvent.FINISHED,
    State.LEFT: VisitEvent.LEFT,
}


class NotTheSamePerson(DomainError):
    """The second fact did not fit."""


@transaction.atomic
def expect_today(*, patient: Patient, purpose: str, actor: User) -> Visit:
    """Note that somebody will come today; gives them today's code.

    Raises: DomainError while the clinic's practice licence has lapsed (S10); Restricted (booked)
        while the record is; Conflict if they are on the board already.
    """
    refuse_restricted(patient=patient, actor=actor)
    refuse_while_lapsed(clinic_id=actor.clinic_id)
    return _open_visit(patient, purpose, State.EXPECTED, VisitEvent.EXPECTED, actor)


def needs_second_fact(*, patient: Patient, actor: User) -> bool:
    """Not if the same desk registered them minutes ago: they have just said the number."""
    age = timezone.now() - patient.created_at
    return not (patient.registered_by_id == actor.pk and age <= JUST_REGISTERED)


def register_arrival(
    *, patient: Patient, purpose: str, last_digits: str, actor: User, shown_code: bool = False
) -> Visit:
    """Somebody has come: compare the second fact on the server, then let them wait.

    In: ``last_digits`` four digits of the phone; ``shown_code`` if there is no phone on record and
    the patient showed the code card instead.
    Raises: NotTheSamePerson if the digits do not fit (booked); Conflict if they are here already;
        Unreadable if the stored phone does not open; Restricted (booked) before anything is
        compared.
    """
    refuse_restricted(patient=patient, actor=actor)
    if needs_second_fact(patient=patient, actor=actor):
        _check_digits(patient, last_digits, actor, shown_code=shown_code)
    return _arrived(patient, purpose, actor)


def register_arrival_by_code(*, patient: Patient, code: str, actor: User) -> Visit:
    """A patient has come of whom the desk may know the code alone (T1): that is the second fact.

    No digits are compared: whether a number fits would tell who it is. In: ``code`` as typed.
    Raises: NotTheSamePerson if it is another's (booked); Conflict if they are here already;
        Restricted (booked) while the record is.
    """
    if not constant_time_compare(parse_code(code) or "", patient.code):
        audit.record_denial(
            actor=actor, target="arrival", event=VisitEvent.CODE_MISMATCHED, subjects=[patient]
        )
        raise NotTheSamePerson(_("This is not the code that goes with the number. Ask again."))
    refuse_restricted(patient=patient, actor=actor)
    return _arrived(patient, Visit.Purpose.OTHER, actor)


@transaction.atomic
def _arrived(patient: Patient, purpose: str, actor: User) -> Visit:
    keep_team(patient=patient)
    expected = (
        Visit.objects.select_for_update(of=("self",))
        .select_related("patient__subject")
        .filter(patient=patient, day=timezone.localdate(), state__in=OPEN)
        .first()
    )
    if expected is None:
        return _open_visit(patient, purpose, State.WAITING, VisitEvent.ARRIVED, actor)
    if expected.state != State.EXPECTED:
        raise Conflict(_("This patient has been registered as here already."))
    return _move(expected, State.WAITING, actor)


def _check_digits(patient: Patient, given: str, actor: User, *, shown_code: bool) -> None:
    contact = contact_of(patient)
    sealed = contact.phone if contact else None
    if sealed is None:
        if not shown_code:
            raise NotTheSamePerson(
                _("There is no phone on record. Ask for the code card and tick that you saw it.")
            )
        return
    with transaction.atomic():
        receipt = audit.record(
            VisitEvent.CHECKED, process="arrival", subjects=[patient], fields=[sealed.path]
        )
    try:
        fits = rules.digits_fit(sealed.reveal(receipt), given)
    except Unreadable as error:
        audit.record_crypto_failure(path=sealed.path, code=str(error))
        raise
    if not fits:
        audit.record_denial(
            actor=actor, target="arrival", event=VisitEvent.MISMATCHED, subjects=[patient]
        )
        raise NotTheSamePerson(
            _("These are not the last four digits on record. Ask again, or find the right code.")
        )


def _open_visit(
    patient: Patient, purpose: str, state: State, event: VisitEvent, actor: User
) -> Visit:
    now = timezone.now()
    code = issue_visit_code(patient=patient, actor=actor)
    visit = Visit(
        patient=patient,
        clinic=actor.clinic,
        day=code.day,
        visit_code=code,
        purpose=purpose,
        state=state,
        previous=State.EXPECTED if state == State.WAITING else "",
        changed_at=now,
        arrived_at=now if state == State.WAITING else None,
    )
    try:
        with transaction.atomic():
            visit.save()
    except IntegrityError as error:
        raise Conflict(_("This patient is on today's board already.")) from error
    audit.record(event, actor=actor, subjects=[patient], target=f"visit:{visit.pk}")
    return visit


@transaction.atomic
def move(*, visit_id: UUID, to: State, actor: User, room: Room | None = None) -> Visit:
    """Call into a room, end a visit, or note that somebody has gone.

    Raises: Visit.DoesNotExist beyond the actor's reach; Conflict if the state has moved on or
        the room is taken; Restricted (booked) for a call into a room while the record is: whoever
        is here already goes or is done.
    """
    visit = _locked(visit_id, actor)
    if to == State.IN_ROOM:
        refuse_restricted(patient=visit.patient, actor=actor)
    return _move(visit, to, actor, room)


def _locked(visit_id: UUID, actor: User) -> Visit:
    return selectors.visits_visible_to(actor).select_for_update(of=("self",)).get(pk=visit_id)


def _move(visit: Visit, to: State, actor: User, room: Room | None = None) -> Visit:
    before = State(visit.state)
    if not rules.may_follow(before, to):
        raise Conflict(_("Somebody else has moved this visit on. Please look again."))
    now = timezone.now()
    visit.state, visit.previous, visit.changed_at = to, before, now
    if to == State.WAITING:
        visit.arrived_at = now
    if to == State.IN_ROOM and room is not None:
        visit.room = locked_room(room.pk)
    _save(visit)
    audit.record(
        _EVENTS[to],
        actor=actor,
        subjects=[visit.patient],
        target=f"visit:{visit.pk}",
        detail={"room": room.label if room else "", "before": before},
    )
    return visit


@transaction.atomic
def undo(*, visit_id: UUID, actor: User) -> Visit:
    """Take the last step back within 30 seconds; both steps stay in the trail.

    Raises: Conflict when it is too late, or the room was given to somebody else.
    """
    visit = _locked(visit_id, actor)
    now = timezone.now()
    if not rules.may_undo(previous=visit.previous, changed_at=visit.changed_at, now=now):
        raise Conflict(_("This can no longer be taken back. Ask the desk's supervisor."))
    undone, visit.state, visit.previous = visit.state, visit.previous, ""
    visit.changed_at = now
    if visit.state == State.EXPECTED:
        visit.arrived_at = None
    if visit.state in {State.EXPECTED, State.WAITING}:
        visit.room = None
    if visit.state == State.IN_ROOM and visit.room_id:
        visit.room = locked_room(visit.room_id)
    _save(visit)
    audit.record(
        VisitEvent.UNDONE,
        actor=actor,
        subjects=[visit.patient],
        target=f"visit:{visit.pk}",
        detail={"undone": undone, "back_to": visit.state},
    )
    return visit


def _save(visit: Visit) -> None:
    try:
        with transaction.atomic():
            visit.save()
    except IntegrityError as error:
        raise Conflict(_("There is somebody in this room. Choose another one.")) from error


def _seen_mark(board: selectors.Board, actor: User) -> str:
    codes = ",".join(sorted({patient.code for patient in board.patients}))
    return salted_hmac(
        "suian.board", f"{actor.pk}|{timezone.localdate()}|{codes}", algorithm="sha256"
    ).hexdigest()[:32]


@transaction.atomic
def open_board(
    *, actor: User, seen: str = "", all_todos: bool = False
) -> tuple[selectors.Board, str]:
    """Today's board and a mark of the codes on it.

    In: ``seen`` is the mark of the board already on this screen: the poll books a view only when
    it brings a code that was not there before, not twice a minute.
    """
    board = selectors.board_of(actor, all_todos=all_todos)
    mark = _seen_mark(board, actor)
    if not constant_time_compare(mark, seen):
        audit.record(VisitEvent.BOARD_VIEWED, actor=actor, subjects=board.patients)
    return board, mark
