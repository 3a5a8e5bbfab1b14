"""Doors: the follow-up board, a patient's plans, and what is done to them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.patients.models import Patient
from crm.patients.views.doors import of_patient, partial_or_page
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import NothingDone, once
from crm.web.paging import page_of
from crm.web.refusals import refusal_of
from followup.plans.doors import of_work
from followup.plans.models import Plan
from followup.plans.selectors import plan_of_staff
from followup.reminders import selectors, services, viewing
from followup.reminders.forms import BoardFilter, PauseForm, StopForm, VersionForm
from followup.schedules.models import Step
from followup.schedules.selectors import step_of_staff
from followup.schedules.services import activate_plan
from privacy.access.policy import Permission, can
from privacy.errors import AccessDenied, DomainError, Unreadable

ViewFunc = Callable[..., HttpResponseBase]


@dataclass(slots=True)
class Refused:
    """What was not done to which plan, with the form that says why."""

    plan: UUID
    verb: str
    form: VersionForm
    status: int = 422


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
    return _plans_of(request, patient)


def _plans_of(
    request: StaffRequest, patient: Patient, refused: Refused | None = None
) -> HttpResponseBase:
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
        "refused": refused,
    }
    status = refused.status if refused else 200
    return partial_or_page(
        request,
        "followup/reminders/_plans.html",
        "followup/reminders/plans.html",
        page,
        status=status,
    )


def _plan_door(
    verb: str, form: type[VersionForm], act: Callable[..., Plan], done: str | Promise
) -> ViewFunc:
    """A door through which a plan is moved on: what is asked, what is done, what is said then.

    What is refused stays on the page of the plans, beside its plan, with what was chosen.
    """

    @require_POST
    @requires(Permission.MANAGE_PLANS)
    @of_work(plan_of_staff, "plan")
    @once
    def door(request: StaffRequest, plan: Plan) -> HttpResponseBase:
        asked = form(request.POST, auto_id=f"{verb}-{plan.pk}-%s")
        refused = Refused(plan.pk, verb, asked)
        if not asked.is_valid():
            return _plans_of(request, plan.patient, refused)
        try:
            act(plan=plan, actor=request.user, **asked.cleaned_data)
        except (AccessDenied, Unreadable):
            raise  # not a matter of this plan: answered and booked as everywhere
        except DomainError as error:
            refusal = refusal_of(error)
            asked.add_error(None, refusal.detail)
            refused.status = refusal.status
            return _plans_of(request, plan.patient, refused)
        messages.success(request, str(done))
        return redirect("followup:patient-plans", plan.patient.code)

    return door


def _step_door(act: Callable[..., Step], done: str | Promise) -> ViewFunc:
    """A door through which one step on the board is dealt with."""

    @require_POST
    @requires(Permission.MANAGE_PLANS)
    @of_work(step_of_staff, "step")
    @once
    def door(request: StaffRequest, step: Step) -> HttpResponse:
        try:
            act(step=step, actor=request.user)
        except (AccessDenied, Unreadable):
            raise
        except DomainError as error:
            messages.error(request, refusal_of(error).detail)
            return NothingDone(reverse("followup:plans"))
        messages.success(request, str(done))
        return redirect("followup:plans")

    return door


pause = _plan_door(
    "pause",
    PauseForm,
    services.pause_plan,
    gettext_lazy("The plan rests. What was queued has been taken out."),
)
resume = _plan_door("resume", VersionForm, services.resume_plan, gettext_lazy("The plan goes on."))
stop = _plan_door(
    "stop",
    StopForm,
    services.stop_plan,
    gettext_lazy("The plan was stopped. Nothing more of it is sent."),
)
# A plan that waited for consent; what has passed meanwhile is skipped.
activate = _plan_door(
    "start",
    VersionForm,
    partial(activate_plan, skip_past=True),
    gettext_lazy("The plan has started."),
)
skip = _step_door(services.skip_step, gettext_lazy("The step was skipped."))
resend = _step_door(
    services.resend_step,
    gettext_lazy("Queued again. It goes out if the patient still agrees."),
)
