"""Doors: the follow-up board, a patient's plans, and what is done to them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.patients.models import Patient
from crm.patients.views.doors import of_patient, partial_or_page
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from crm.web.paging import page_of
from followup.plans.doors import of_record
from followup.plans.models import Plan
from followup.plans.selectors import plan_of_staff
from followup.reminders import selectors, services, viewing
from followup.reminders.forms import BoardFilter, PauseForm, StopForm, VersionForm
from followup.schedules.models import Step
from followup.schedules.selectors import step_of_staff
from followup.schedules.services import activate_plan
from privacy.access.policy import Permission, can
from privacy.errors import DomainError

_of_plan = of_record(plan_of_staff, "plan")
_of_step = of_record(step_of_staff, "step")


@require_GET
@requires(Permission.VIEW_PLANS)
def board(request: StaffRequest) -> HttpResponse:
    """Four lanes and the strip of the plans on them; ``?lane=`` opens one lane alone."""
    filters = BoardFilter(request.GET).filters()
    page: dict[str, Any] = {
        "filters": filters,
        "may_manage": can(request.user, Permission.MANAGE_PLANS),
        "words": _lane_words(),
    }
    lane = request.GET.get("lane", "")
    if lane not in selectors.LANES:
        page["board"] = viewing.open_board(staff=request.user, filters=filters)
        return render(request, "followup/reminders/board.html", page)
    now = timezone.now()
    if lane == "paused":
        rows: Any = selectors.resting_plans(request.user, filters, now)
    else:
        rows = selectors.lane_of(lane, request.user, filters, now)
    page |= {"lane": lane, "label": _lane_words()[lane], "page": page_of(request, rows), "now": now}
    viewing.book_lane(staff=request.user, shown=page["page"].object_list, lane=lane)
    return render(request, "followup/reminders/lane.html", page)


def _lane_words() -> dict[str, str]:
    return {
        "overdue": _("Overdue"),
        "today": _("Due today"),
        "next7d": _("Next 7 days"),
        "paused": _("Resting"),
    }


@require_GET
@requires(Permission.VIEW_PLANS)
@of_patient
def patient_plans(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """The panel of the patient's page: plans with their steps, and what the patient allows."""
    shown = viewing.open_plans_of(
        patient=patient, staff=request.user, language=get_language() or "zh-hans"
    )
    page = {
        "patient": patient,
        "shown": shown,
        "may_manage": can(request.user, Permission.MANAGE_PLANS),
        "may_consent": can(request.user, Permission.VIEW_CONSENTS),
        "pause_form": PauseForm(auto_id=False),
        "stop_form": StopForm(auto_id=False),
    }
    return partial_or_page(
        request, "followup/reminders/_plans.html", "followup/reminders/plans.html", page
    )


@require_POST
@requires(Permission.MANAGE_PLANS)
@_of_plan
@once
def pause(request: StaffRequest, plan: Plan) -> HttpResponse:
    """Let the plan rest."""
    form = PauseForm(request.POST)
    services.pause_plan(plan=plan, actor=request.user, **_data(form))
    messages.success(request, _("The plan rests. What was queued has been taken out."))
    return redirect("followup:patient-plans", plan.patient.code)


@require_POST
@requires(Permission.MANAGE_PLANS)
@_of_plan
@once
def resume(request: StaffRequest, plan: Plan) -> HttpResponse:
    """Let the plan go on."""
    services.resume_plan(plan=plan, actor=request.user, **_data(VersionForm(request.POST)))
    messages.success(request, _("The plan goes on."))
    return redirect("followup:patient-plans", plan.patient.code)


@require_POST
@requires(Permission.MANAGE_PLANS)
@_of_plan
@once
def stop(request: StaffRequest, plan: Plan) -> HttpResponse:
    """End the plan."""
    form = StopForm(request.POST)
    services.stop_plan(plan=plan, actor=request.user, **_data(form))
    messages.success(request, _("The plan was stopped. Nothing more of it is sent."))
    return redirect("followup:patient-plans", plan.patient.code)


@require_POST
@requires(Permission.MANAGE_PLANS)
@_of_plan
@once
def activate(request: StaffRequest, plan: Plan) -> HttpResponse:
    """Start a plan that was waiting for consent; what has passed meanwhile is skipped."""
    data = _data(VersionForm(request.POST))
    activate_plan(plan=plan, actor=request.user, skip_past=True, **data)
    messages.success(request, _("The plan has started."))
    return redirect("followup:patient-plans", plan.patient.code)


def _data(form: VersionForm) -> dict[str, Any]:
    if not form.is_valid():
        raise DomainError(_("Choose a reason first."))
    return form.cleaned_data


@require_POST
@requires(Permission.MANAGE_PLANS)
@_of_step
@once
def skip(request: StaffRequest, step: Step) -> HttpResponse:
    """Leave a step out."""
    services.skip_step(step=step, actor=request.user)
    messages.success(request, _("The step was skipped."))
    return redirect("followup:plans")


@require_POST
@requires(Permission.MANAGE_PLANS)
@_of_step
@once
def resend(request: StaffRequest, step: Step) -> HttpResponse:
    """Queue a message that did not go out once more."""
    services.resend_step(step=step, actor=request.user)
    messages.success(request, _("Queued again. It goes out if the patient still agrees."))
    return redirect("followup:plans")
