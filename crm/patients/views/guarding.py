"""Doors: guarding a patient, ending it by two, and likely doubles of guarded patients."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest, ObjectDoesNotExist
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.patients import guards
from crm.patients.guard_forms import AnswerLiftForm, GuardForm, LiftForm
from crm.patients.models import Patient, PatientGuard
from crm.patients.services import guarding, viewing
from crm.patients.views.doors import of_patient
from crm.staff.finding import not_found
from crm.staff.guards import StaffRequest, requires
from crm.staff.step_up import with_fresh_factor
from crm.web.idempotency import once
from privacy.access.policy import Permission
from privacy.errors import DomainError


def of_mark(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Hand the view the mark that its viewer keeps, or answer 404 and book the attempt.

    Stands below the guard and above what asks for a factor or keeps a form: who has no business
    with the mark is told nothing, whatever the session. Who sends a form about a mark that has
    ended meanwhile gets it as well, to be told so with what was typed.
    """

    @wraps(view)
    def found(request: StaffRequest, /, guard_id: UUID) -> HttpResponseBase:
        mark = guards.guards_shown_to(request.user).filter(pk=guard_id).first()
        if mark is None and request.method == "POST":
            mark = guards.ended_guard(request.user, guard_id)
        if mark is None:
            raise not_found(request, f"guard:{guard_id}")
        return view(request, mark)

    return found


@require_GET
@requires(Permission.GUARD_PATIENT)
def guarded(request: StaffRequest) -> HttpResponse:
    """Who is guarded, on what ground, since when; what waits for a second person."""
    page = {"shown": viewing.list_guarded(staff=request.user)}
    return render(request, "crm/patients/guarded.html", page)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@requires(Permission.GUARD_PATIENT)
@of_patient
@once
def guard(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Keep a patient to their care team."""
    form = GuardForm(request.POST or None, staff=request.user)
    if form.is_valid():
        try:
            guarding.guard(patient=patient, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Guarded. Only the care team sees more than the code."))
            return redirect("patients:guarded")
    page = {"form": form, "patient": patient}
    status = 422 if form.is_bound else 200
    return render(request, "crm/patients/guard.html", page, status=status)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@requires(Permission.GUARD_PATIENT)
@of_mark
@with_fresh_factor()
@once
def lift(request: StaffRequest, mark: PatientGuard) -> HttpResponse:
    """Propose to end a guard, or answer somebody else's proposal."""
    asked, ended = mark.lift_asked_at is not None, mark.until is not None
    typed = request.POST.get("reason", "") if asked or ended else ""
    late = ended or bool(typed)  # a proposal, or the end, was there before this one
    form = (AnswerLiftForm if asked else LiftForm)(None if late else request.POST or None)
    own = asked and mark.lift_asked_by_id == request.user.pk
    if form.is_valid():
        try:
            return _lifted(request, mark, form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
    page = {"form": form, "own": own, "asked": asked, "typed": typed, "ended": ended}
    page |= viewing.open_guard(staff=request.user, mark=mark)
    status = 409 if late else 422 if form.is_bound else 200
    return render(request, "crm/patients/lift_guard.html", page, status=status)


def _lifted(request: StaffRequest, mark: PatientGuard, data: dict[str, str]) -> HttpResponse:
    if "decision" in data:
        agree = data["decision"] == "lift"
        held = guarding.decide_lift(mark=mark, agree=agree, actor=request.user)
    else:
        agree = True
        held = guarding.ask_to_lift(mark=mark, reason=data["reason"], actor=request.user)
    if held.until:
        words = _("The guard has ended.")
    elif agree:
        words = _("Noted. A second person has to agree.")
    else:
        words = _("The guard stays.")
    messages.success(request, words)
    return redirect("patients:guarded")


@require_POST
@requires(Permission.GUARD_PATIENT)
@once
def settle(request: StaffRequest, double_id: UUID) -> HttpResponse:
    """Say whether a registration is the guarded patient again."""
    try:
        double = guards.doubles_shown_to(request.user).get(pk=double_id)
    except ObjectDoesNotExist as error:
        raise not_found(request, f"double:{double_id}") from error
    answer = request.POST.get("same", "")
    if answer not in {"yes", "no"}:  # it is given once: nothing is taken for a no
        raise BadRequest("neither yes nor no")
    guarding.settle_double(double=double, same=answer == "yes", actor=request.user)
    messages.success(request, _("The answer is kept."))
    return redirect("patients:guarded")
