"""Doors: one call and its outcome."""

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.patients.reason_forms import RevealForm
from crm.patients.services.revealing import SECONDS_SHOWN, phrases_for
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from followup.calls import services
from followup.calls.forms import CallForm
from followup.calls.models import CallResult
from followup.plans.doors import of_work
from followup.plans.models import Kind
from followup.schedules.models import Step
from followup.schedules.selectors import step_of_staff
from privacy.access.policy import Permission
from privacy.errors import DomainError


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_PLANS)
@of_work(step_of_staff, "step")
@once
def call(request: StaffRequest, step: Step) -> HttpResponseBase:
    """What to say, what not to ask, and the outcome, which is mandatory."""
    if step.kind != Kind.CALL or not step.is_open:
        raise Http404
    form = CallForm(request.POST or None)
    if form.is_valid() and _recorded(request, step, form):
        return redirect("followup:plans")
    sheet = services.open_call(step=step, actor=request.user)
    page = {"step": step, "form": form, "sheet": sheet, "number": step.tries + 1}
    if sheet.sees_number and sheet.phone:
        asked_for = {"field": "phone", "purpose": "call"}
        phrases = phrases_for(request.user, step.plan.patient)
        page["reveal_form"] = RevealForm(staff=request.user, initial=asked_for, phrases=phrases)
        page["seconds"] = SECONDS_SHOWN
    return render(request, "followup/calls/call.html", page, status=422 if form.is_bound else 200)


def _recorded(request: StaffRequest, step: Step, form: CallForm) -> bool:
    outcome = CallResult.Outcome(form.cleaned_data["outcome"])
    try:
        services.record_call(
            step=step,
            outcome=outcome,
            actor=request.user,
            call_again_at=form.cleaned_data["call_again_at"],
        )
    except DomainError as error:
        form.add_error(None, str(error))
        return False
    if outcome == CallResult.Outcome.EMERGENCY:
        messages.error(request, _("Recorded. Tell the doctor on duty now; the plan rests."))
    else:
        messages.success(request, _("The outcome was recorded."))
    return True
