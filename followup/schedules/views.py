"""Doors: arranging follow-up for a patient."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.patients.models import Patient
from crm.patients.views.doors import of_patient
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from followup.plans.models import Kind
from followup.plans.selectors import channels_allowed
from followup.schedules.forms import PlanForm
from followup.schedules.rules import DatedStep, Outcome
from followup.schedules.services import StepsInPast, preview, start_plan
from privacy.access.policy import Permission, can
from privacy.errors import ConsentMissing, DomainError


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_PLANS)
@of_patient
@once
def new_plan(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Choose a template and a date, see the steps, start the plan.

    ``?template=&anchor_on=`` shows the steps before anything is stored; htmx asks for them alone.
    """
    asked = request.GET if "anchor_on" in request.GET else None
    form = PlanForm(request.POST or asked, initial={"anchor_on": timezone.localdate()})
    page: dict[str, Any] = {"patient": patient, "form": form, "allowed": channels_allowed(patient)}
    page["may_consent"] = can(request.user, Permission.VIEW_CONSENTS)
    status = 200
    if form.is_valid():
        page["steps"] = _preview(form)
        if request.method == "POST":
            if _start(request, patient, form, page):
                return redirect("followup:patient-plans", patient.code)
            status = 422
    elif request.method == "POST":
        status = 422
    name = "_preview.html" if request.htmx and request.method == "GET" else "new.html"
    return render(request, f"followup/schedules/{name}", page, status=status)


def _preview(form: PlanForm) -> list[tuple[DatedStep, Kind, bool]]:
    data = form.cleaned_data
    dated = preview(data["template"], data["anchor_on"], now=timezone.now())
    return [(one, Kind(one.step.kind.value), one.outcome is Outcome.SKIPPED_PAST) for one in dated]


def _start(request: StaffRequest, patient: Patient, form: PlanForm, page: dict[str, Any]) -> bool:
    """Whether the plan was made; if not, the form and the page say why."""
    try:
        plan = start_plan(patient=patient, actor=request.user, **form.cleaned_data)
    except StepsInPast as error:
        form.add_error("skip_past", str(error))
        return False
    except ConsentMissing as error:
        page["consent_missing"] = True
        form.add_error(None, str(error))
        return False
    except DomainError as error:
        form.add_error("anchor_on", str(error))
        return False
    text = (
        _("The plan has started.") if plan.state == "active" else _("Noted. It waits for consent.")
    )
    messages.success(request, text)
    return True
