"""Doors of the desk's day. Codes only: what stands on this screen may be read over a shoulder."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.patients.models import Patient
from crm.patients.selectors import patient_by_any_code, patients_queued_for
from crm.patients.services.viewing import book_out_of_reach
from crm.patients.services.writing import may_write, refuse_restricted
from crm.patients.views.doors import partial_or_page
from crm.scheduling import services
from crm.scheduling.forms import (
    ArrivalForm,
    CardForm,
    FindForm,
    PurposeForm,
    RoomForm,
    SeenForm,
)
from crm.scheduling.models import Visit
from crm.scheduling.rules import State, may_follow
from crm.scheduling.selectors import board_of, open_visit_today, visits_visible_to
from crm.staff.finding import not_found
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import NothingDone, once
from privacy.access.policy import Permission
from privacy.errors import Conflict, DomainError
from privacy.pseudonyms.rules import parse_code


@require_GET
@requires(Permission.ISSUE_VISIT_CODE)
def board(request: StaffRequest) -> HttpResponseBase:
    """Who is expected, waiting, in a room, done: by today's codes. The poll asks here too."""
    whole = request.GET.get("todo") == "all"
    shown, mark = services.open_board(
        actor=request.user, seen=request.GET.get("seen", ""), all_todos=whole
    )
    page = {
        "board": shown,
        "whole": whole,
        "mark": mark,
        "arrival_form": FindForm(auto_id="arrival_%s"),
        "expected_form": FindForm(auto_id="expected_%s"),
        "here": reverse("desk:home"),
    }
    return partial_or_page(request, "crm/scheduling/_board.html", "crm/scheduling/board.html", page)


@require_POST
@requires(Permission.ISSUE_VISIT_CODE)
def find_arrival(request: StaffRequest) -> HttpResponse:
    """From a code as said or shown to the arrival of that patient."""
    return _find(request, "scheduling:arrive")


@require_POST
@requires(Permission.ISSUE_VISIT_CODE)
def find_expected(request: StaffRequest) -> HttpResponse:
    """From a code as said on the phone to noting that this patient comes today."""
    return _find(request, "scheduling:expect")


def _find(request: StaffRequest, view_name: str) -> HttpResponse:
    form = FindForm(request.POST)
    typed = form.cleaned_data["code"] if form.is_valid() else ""
    patient, code = patient_by_any_code(request.user, typed, queued=True), parse_code(typed)
    if patient is None:
        if code:
            book_out_of_reach(staff=request.user, code=code)
        messages.error(request, _("No patient has this code. Try the search above."))
        return redirect("desk:home")
    if code or may_write(staff=request.user, patient=patient):
        return redirect(view_name, patient.code)
    visit = open_visit_today(request.user, patient)
    if visit and visit.state == State.EXPECTED and view_name == "scheduling:arrive":
        return redirect("scheduling:arrive-by-number", visit.pk)
    messages.error(request, _("This number needs the code of the patient's card. Type that."))
    return redirect("desk:home")


def of_queued(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Hand the view the patient of the address whom the desk may call, the guarded too; or 404.

    Stands where ``of_patient`` stands elsewhere. With it comes ``guarded``: whether the code is
    all that this desk may know of them (T1).
    Raises: Restricted (booked) while the record is: whoever comes is received once it is lifted.
    """

    @wraps(view)
    def found(request: StaffRequest, /, code: str) -> HttpResponseBase:
        patient = patients_queued_for(request.user).filter(subject__code=code).first()
        if patient is None:
            book_out_of_reach(staff=request.user, code=code)
            raise Http404
        refuse_restricted(patient=patient, actor=request.user)
        guarded = not may_write(staff=request.user, patient=patient)
        return view(request, patient, guarded=guarded)

    return found


@require_http_methods(["GET", "POST"])
@requires(Permission.ISSUE_VISIT_CODE)
@of_queued
@once
def arrive(request: StaffRequest, patient: Patient, *, guarded: bool) -> HttpResponse:
    """Register an arrival, after the second fact was compared."""
    if guarded:
        return _arrive_by_code(request, patient, SeenForm(request.POST or None))
    second = services.needs_second_fact(patient=patient, actor=request.user)
    form = ArrivalForm(request.POST or None, second_fact=second)
    if form.is_valid():
        try:
            visit = services.register_arrival(patient=patient, actor=request.user, **form.facts())
        except DomainError as error:
            form.add_error("last_digits" if second else None, str(error))
        else:
            return _back(request, visit, _("%(code)s has arrived."))
    page = {"form": form, "called": patient.spaced_code}
    status = 422 if form.is_bound else 200
    return render(request, "crm/scheduling/arrive.html", page, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.ISSUE_VISIT_CODE)
@once
def arrive_by_number(request: StaffRequest, visit_id: UUID) -> HttpResponse:
    """The arrival of somebody expected whom the desk knows by the number of the day."""
    coming = visits_visible_to(request.user).filter(state=State.EXPECTED, pk=visit_id).first()
    if coming is None:
        raise not_found(request, f"visit:{visit_id}")
    refuse_restricted(patient=coming.patient, actor=request.user)
    if may_write(staff=request.user, patient=coming.patient):
        return redirect("scheduling:arrive", coming.patient.code)
    form = CardForm(request.POST or None)
    return _arrive_by_code(request, coming.patient, form, called=coming.called)


def _arrive_by_code(
    request: StaffRequest, patient: Patient, form: SeenForm | CardForm, *, called: str = ""
) -> HttpResponse:
    if form.is_valid():
        code = form.cleaned_data.get("card_code", patient.code)
        try:
            visit = services.register_arrival_by_code(
                patient=patient, code=code, actor=request.user
            )
        except DomainError as error:
            form.add_error("card_code" if called else None, str(error))
        else:
            return _back(request, visit, _("%(code)s has arrived."))
    page = {"form": form, "called": called or patient.spaced_code, "guarded": True}
    status = 422 if form.is_bound else 200
    return render(request, "crm/scheduling/arrive.html", page, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.ISSUE_VISIT_CODE)
@of_queued
@once
def expect(request: StaffRequest, patient: Patient, *, guarded: bool) -> HttpResponse:
    """Note that a patient comes today, and what for; of a guarded one, that alone."""
    form = PurposeForm(request.POST or None, initial={"purpose": Visit.Purpose.RETURN})
    if guarded:
        del form.fields["purpose"]
    if form.is_valid():
        data = {"purpose": Visit.Purpose.OTHER, **form.cleaned_data}
        try:
            visit = services.expect_today(patient=patient, actor=request.user, **data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return _back(request, visit, _("%(code)s is expected today."), undoable=False)
    page = {"form": form, "patient": patient, "guarded": guarded}
    status = 422 if form.is_bound else 200
    return render(request, "crm/scheduling/expect.html", page, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.ISSUE_VISIT_CODE)
@once
def call(request: StaffRequest, visit_id: UUID) -> HttpResponse:
    """Choose a free room and call the code into it."""
    visit = visits_visible_to(request.user).filter(pk=visit_id).first()
    if visit is None:
        raise not_found(request, f"visit:{visit_id}")
    refuse_restricted(patient=visit.patient, actor=request.user)
    if not may_follow(State(visit.state), State.IN_ROOM):
        return _not_moved(request, _("Somebody else has moved this visit on. Please look again."))
    rooms = board_of(request.user).free
    form = RoomForm(request.POST or None, rooms=rooms)
    if form.is_valid():
        room = form.cleaned_data["room"]
        try:
            visit = services.move(
                visit_id=visit_id, to=State.IN_ROOM, actor=request.user, room=room
            )
        except Conflict as error:
            visit.refresh_from_db()
            if not may_follow(State(visit.state), State.IN_ROOM):
                return _not_moved(request, str(error))
            form.add_error("room", str(error))
            rooms = board_of(request.user).free
        else:
            return _back(request, visit, _("%(code)s was called in."))
    page = {"form": form, "visit": visit, "rooms": rooms}
    status = 422 if form.is_bound else 200
    return render(request, "crm/scheduling/call.html", page, status=status)


@require_POST
@requires(Permission.ISSUE_VISIT_CODE)
@once
def finish(request: StaffRequest, visit_id: UUID) -> HttpResponse:
    """The visit is over; the room is free."""
    return _moved(request, visit_id, State.DONE, _("%(code)s is done."))


@require_POST
@requires(Permission.ISSUE_VISIT_CODE)
@once
def leave(request: StaffRequest, visit_id: UUID) -> HttpResponse:
    """Somebody did not come, or went without being seen."""
    return _moved(request, visit_id, State.LEFT, _("%(code)s has gone."))


def _moved(request: StaffRequest, visit_id: UUID, to: State, text: str) -> HttpResponse:
    try:
        visit = services.move(visit_id=visit_id, to=to, actor=request.user)
    except Visit.DoesNotExist as error:
        raise not_found(request, f"visit:{visit_id}") from error
    except Conflict as error:
        return _not_moved(request, str(error))
    return _back(request, visit, text)


def _not_moved(request: StaffRequest, why: str) -> HttpResponse:
    """To the board, which shows how things stand, with a word why not."""
    messages.error(request, why)
    return NothingDone(reverse("desk:home"))


@require_POST
@requires(Permission.ISSUE_VISIT_CODE)
@once
def undo(request: StaffRequest, visit_id: UUID) -> HttpResponse:
    """Take the last step back, within thirty seconds."""
    try:
        visit = services.undo(visit_id=visit_id, actor=request.user)
    except Visit.DoesNotExist as error:
        raise not_found(request, f"visit:{visit_id}") from error
    except Conflict as error:
        return _not_moved(request, str(error))
    return _back(request, visit, _("%(code)s: the last step was taken back."), undoable=False)


def _back(request: StaffRequest, visit: Visit, text: str, *, undoable: bool = True) -> HttpResponse:
    """To the board, where a toast offers the undo."""
    undo_url = reverse("scheduling:undo", args=[visit.pk]) if undoable else ""
    messages.success(request, text % {"code": visit.called}, extra_tags=undo_url)
    return redirect("desk:home")
