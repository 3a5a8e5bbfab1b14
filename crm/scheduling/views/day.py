"""Doors of the desk's day. Codes only: what stands on this screen may be read over a shoulder."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.patients.models import Patient
from crm.patients.selectors import patient_by_any_code
from crm.patients.services.viewing import book_out_of_reach
from crm.patients.views.doors import of_patient, partial_or_page
from crm.scheduling import services
from crm.scheduling.forms import ArrivalForm, FindForm, PurposeForm, RoomForm
from crm.scheduling.models import Visit
from crm.scheduling.rules import State
from crm.scheduling.selectors import board_of, visits_visible_to
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from privacy.access.policy import Permission
from privacy.audit.events import AccessEvent
from privacy.audit.services import record_denial
from privacy.errors import DomainError
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
    patient = patient_by_any_code(request.user, typed)
    if patient is None:
        if code := parse_code(typed):
            book_out_of_reach(staff=request.user, code=code)
        messages.error(request, _("No patient has this code. Try the search above."))
        return redirect("desk:home")
    return redirect(view_name, patient.code)


@require_http_methods(["GET", "POST"])
@requires(Permission.ISSUE_VISIT_CODE)
@of_patient
@once
def arrive(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Register an arrival, after the second fact was compared."""
    second = services.needs_second_fact(patient=patient, actor=request.user)
    form = ArrivalForm(request.POST or None, second_fact=second)
    if form.is_valid():
        try:
            visit = services.register_arrival(patient=patient, actor=request.user, **form.facts())
        except DomainError as error:
            form.add_error("last_digits" if second else None, str(error))
        else:
            return _back(request, visit, _("%(code)s has arrived."))
    page = {"form": form, "patient": patient}
    status = 422 if form.is_bound else 200
    return render(request, "crm/scheduling/arrive.html", page, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.ISSUE_VISIT_CODE)
@of_patient
@once
def expect(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Note that a patient comes today, and what for."""
    form = PurposeForm(request.POST or None, initial={"purpose": Visit.Purpose.RETURN})
    if form.is_valid():
        try:
            visit = services.expect_today(patient=patient, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return _back(request, visit, _("%(code)s is expected today."), undoable=False)
    page = {"form": form, "patient": patient}
    status = 422 if form.is_bound else 200
    return render(request, "crm/scheduling/expect.html", page, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.ISSUE_VISIT_CODE)
@once
def call(request: StaffRequest, visit_id: UUID) -> HttpResponse:
    """Choose a free room and call the code into it."""
    visit = visits_visible_to(request.user).filter(pk=visit_id).first()
    if visit is None:
        raise _out_of_reach(request, visit_id)
    rooms = board_of(request.user).free
    form = RoomForm(request.POST or None, rooms=rooms)
    if form.is_valid():
        visit = services.move(
            visit_id=visit_id,
            to=State.IN_ROOM,
            actor=request.user,
            room=form.cleaned_data["room"],
        )
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
        raise _out_of_reach(request, visit_id) from error
    return _back(request, visit, text)


def _out_of_reach(request: StaffRequest, visit_id: UUID) -> Http404:
    """The answer to somebody who asked in vain, once it is booked."""
    record_denial(actor=request.user, target=f"visit:{visit_id}", event=AccessEvent.NOT_FOUND)
    return Http404()


@require_POST
@requires(Permission.ISSUE_VISIT_CODE)
@once
def undo(request: StaffRequest, visit_id: UUID) -> HttpResponse:
    """Take the last step back, within thirty seconds."""
    try:
        visit = services.undo(visit_id=visit_id, actor=request.user)
    except Visit.DoesNotExist as error:
        raise _out_of_reach(request, visit_id) from error
    return _back(request, visit, _("%(code)s: the last step was taken back."), undoable=False)


def _back(request: StaffRequest, visit: Visit, text: str, *, undoable: bool = True) -> HttpResponse:
    """To the board, where a toast offers the undo."""
    undo_url = reverse("scheduling:undo", args=[visit.pk]) if undoable else ""
    messages.success(request, text % {"code": visit.called}, extra_tags=undo_url)
    return redirect("desk:home")
