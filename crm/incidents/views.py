"""Doors: incidents, for the security administrator; the auditor reads along."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.alerts.models import Alert
from crm.alerts.selectors import alert_of
from crm.incidents import selectors, services
from crm.incidents.forms import A_DAY, CloseForm, DeclareForm, StepForm
from crm.incidents.models import Incident
from crm.staff.guards import StaffRequest, requires
from crm.staff.step_up import with_fresh_factor
from crm.web.idempotency import once
from crm.web.paging import page_of
from privacy.access.policy import Permission, can
from privacy.audit.events import AccessEvent
from privacy.audit.services import record_denial
from privacy.errors import DomainError


@require_GET
@requires(Permission.VIEW_ALERTS)
def incidents(request: StaffRequest) -> HttpResponse:
    """The clinic's incidents with their clocks, newest first."""
    page = page_of(request, selectors.incidents_visible_to(request.user))
    services.book_list(viewer=request.user)
    context = {
        "page": page,
        "rows": [selectors.row_of(one) for one in page.object_list],
        "may_handle": can(request.user, Permission.HANDLE_ALERTS),
    }
    return render(request, "crm/incidents/list.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.HANDLE_ALERTS)
@once
def declare(request: StaffRequest) -> HttpResponse:
    """A new incident; ``?alert=`` says from which alert."""
    alert = _alert(request)
    form = DeclareForm(
        request.POST or None, initial=_known(alert), staff=selectors.colleagues(request.user)
    )
    if form.is_valid():
        try:
            made = services.declare(
                actor=request.user, alert_id=alert.pk if alert else None, **form.cleaned_data
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The incident is open, and its clocks run."))
            return redirect("incidents:page", made.pk)
    page = {"form": form, "alert": alert}
    status = 422 if form.is_bound else 200
    return render(request, "crm/incidents/declare.html", page, status=status)


@require_GET
@requires(Permission.VIEW_ALERTS)
def incident(request: StaffRequest, incident_id: UUID) -> HttpResponse:
    """One incident: clocks, steps, the affected patients by code."""
    return _page(request, incident_id, step_form=StepForm(), close_form=CloseForm())


@require_POST
@requires(Permission.HANDLE_ALERTS)
@once
def add_step(request: StaffRequest, incident_id: UUID) -> HttpResponse:
    """One step more."""
    form = StepForm(request.POST)
    if not form.is_valid():
        return _page(request, incident_id, step_form=form, close_form=CloseForm())
    try:
        services.add_step(incident_id=incident_id, actor=request.user, **form.cleaned_data)
    except Incident.DoesNotExist as error:
        raise _not_found(request, f"incident:{incident_id}") from error
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The step is noted."))
    return redirect("incidents:page", incident_id)


@require_POST
@requires(Permission.HANDLE_ALERTS)
@once
def close(request: StaffRequest, incident_id: UUID) -> HttpResponse:
    """The end, with a summary."""
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _page(request, incident_id, step_form=StepForm(), close_form=form)
    try:
        services.close(incident_id=incident_id, actor=request.user, **form.cleaned_data)
    except Incident.DoesNotExist as error:
        raise _not_found(request, f"incident:{incident_id}") from error
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The incident is closed."))
    return redirect("incidents:page", incident_id)


@require_POST
@requires(Permission.VIEW_ALERTS)
@with_fresh_factor()
def codes(request: StaffRequest, incident_id: UUID) -> HttpResponse:
    """The affected patients' codes as CSV."""
    try:
        text = services.export_codes(viewer=request.user, incident_id=incident_id)
    except Incident.DoesNotExist as error:
        raise _not_found(request, f"incident:{incident_id}") from error
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="affected-codes.csv"'},
    )


def _page(
    request: StaffRequest, incident_id: UUID, *, step_form: forms.Form, close_form: forms.Form
) -> HttpResponse:
    try:
        opened = services.open_incident(viewer=request.user, incident_id=incident_id)
    except Incident.DoesNotExist as error:
        raise _not_found(request, f"incident:{incident_id}") from error
    bound = [form for form in (step_form, close_form) if form.is_bound]
    page = {
        "opened": opened,
        "incident": opened.row.incident,
        "step_form": step_form,
        "close_form": close_form,
        "form": bound[0] if bound else None,
        "may_handle": can(request.user, Permission.HANDLE_ALERTS),
    }
    return render(request, "crm/incidents/page.html", page, status=422 if bound else 200)


def _alert(request: StaffRequest) -> Alert | None:
    text = request.GET.get("alert", "")
    if not text:
        return None
    try:
        return alert_of(request.user, UUID(text))
    except ValueError as error:
        raise Http404 from error
    except Alert.DoesNotExist as error:
        raise _not_found(request, f"alert:{UUID(text)}") from error


def _known(alert: Alert | None) -> dict[str, Any]:
    """What an alert says already, for the form."""
    now = timezone.now()
    if alert is None:
        return {"known_at": now, "since": now - A_DAY}
    return {
        "title": alert.get_kind_display(),
        "known_at": alert.created_at,
        "suspect": alert.staff_id,
        "since": alert.created_at - A_DAY,
    }


def _not_found(request: StaffRequest, target: str) -> Http404:
    record_denial(actor=request.user, target=target, event=AccessEvent.NOT_FOUND)
    return Http404()
