"""Doors: incidents, for the security administrator; the auditor reads along."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.alerts.models import Alert
from crm.alerts.selectors import alert_of
from crm.incidents import selectors, services
from crm.incidents.forms import (
    A_DAY,
    CloseForm,
    DeclareForm,
    DescriptionForm,
    ScopeForm,
    StepForm,
)
from crm.incidents.models import Incident
from crm.incidents.services import Description, Scope
from crm.staff.finding import not_found
from crm.staff.guards import StaffRequest, requires
from crm.staff.step_up import with_fresh_factor
from crm.web.idempotency import once
from crm.web.paging import page_of
from privacy.access.policy import Permission, can
from privacy.errors import DomainError
from privacy.pseudonyms.rules import display_code

# By the word in the address: the shipped text, and its language.
NOTICES: Final = {
    f"{text}-{code}": (f"crm/incidents/notice_{text}.html", code)
    for text in ("authority", "person")
    for code in ("zh-hans", "en")
}


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
    """One incident: clocks, steps, the affected patients by code, the notices."""
    return _page(request, incident_id)


@require_POST
@requires(Permission.HANDLE_ALERTS)
@once
def add_step(request: StaffRequest, incident_id: UUID) -> HttpResponse:
    """One step more."""

    def act(data: dict[str, Any]) -> None:
        services.add_step(incident_id=incident_id, actor=request.user, **data)

    return _done(request, incident_id, StepForm(request.POST), act, _("The step is noted."))


@require_POST
@requires(Permission.HANDLE_ALERTS)
@once
def scope(request: StaffRequest, incident_id: UUID) -> HttpResponse:
    """How the affected patients are found."""

    def act(data: dict[str, Any]) -> None:
        services.choose_scope(incident_id=incident_id, scope=Scope(**data), actor=request.user)

    form = ScopeForm(request.POST, **_choices(request))
    return _done(request, incident_id, form, act, _("The patients affected are counted anew."))


@require_POST
@requires(Permission.HANDLE_ALERTS)
@once
def describe(request: StaffRequest, incident_id: UUID) -> HttpResponse:
    """What the notices tell besides the steps."""

    def act(data: dict[str, Any]) -> None:
        services.describe(incident_id=incident_id, told=Description(**data), actor=request.user)

    return _done(request, incident_id, DescriptionForm(request.POST), act, _("It is noted."))


@require_POST
@requires(Permission.HANDLE_ALERTS)
@once
def close(request: StaffRequest, incident_id: UUID) -> HttpResponse:
    """The end, with a summary."""

    def act(data: dict[str, Any]) -> None:
        services.close(incident_id=incident_id, actor=request.user, **data)

    return _done(request, incident_id, CloseForm(request.POST), act, _("The incident is closed."))


@require_GET
@requires(Permission.VIEW_ALERTS)
def notice(request: StaffRequest, incident_id: UUID, notice: str) -> HttpResponse:
    """A shipped text with the incident's facts, on paper, in the language of the address."""
    if notice not in NOTICES:
        raise Http404
    template, language = NOTICES[notice]
    try:
        with translation.override(language):
            found = services.open_notice(
                viewer=request.user, incident_id=incident_id, notice=notice
            )
            page = {"notice": found, "printed_at": timezone.now()}
            return render(request, template, page)
    except Incident.DoesNotExist as error:
        raise not_found(request, f"incident:{incident_id}") from error


@require_POST
@requires(Permission.VIEW_ALERTS)
@with_fresh_factor()
def codes(request: StaffRequest, incident_id: UUID) -> HttpResponse:
    """The affected patients' codes as CSV."""
    try:
        text = services.export_codes(viewer=request.user, incident_id=incident_id)
    except Incident.DoesNotExist as error:
        raise not_found(request, f"incident:{incident_id}") from error
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="affected-codes.csv"'},
    )


def _done(
    request: StaffRequest,
    incident_id: UUID,
    form: forms.Form,
    act: Callable[[dict[str, Any]], None],
    words: str,
) -> HttpResponse:
    """Carry out what a form of the page asks; refused, it is shown again as it was typed."""
    if not form.is_valid():
        return _page(request, incident_id, form)
    try:
        act(form.cleaned_data)
    except Incident.DoesNotExist as error:
        raise not_found(request, f"incident:{incident_id}") from error
    except DomainError as error:
        form.add_error(None, str(error))
        return _page(request, incident_id, form)
    messages.success(request, words)
    return redirect("incidents:page", incident_id)


def _page(
    request: StaffRequest, incident_id: UUID, bound: forms.Form | None = None
) -> HttpResponse:
    try:
        opened = services.open_incident(viewer=request.user, incident_id=incident_id)
    except Incident.DoesNotExist as error:
        raise not_found(request, f"incident:{incident_id}") from error
    page = {
        "opened": opened,
        "incident": opened.row.incident,
        "form": bound,
        "may_handle": can(request.user, Permission.HANDLE_ALERTS),
        **_forms(request, opened.row.incident, bound),
    }
    return render(request, "crm/incidents/page.html", page, status=422 if bound else 200)


def _forms(
    request: StaffRequest, incident: Incident, bound: forms.Form | None
) -> dict[str, forms.Form]:
    """The page's forms by name; the one that was sent stands as it was typed."""
    stored = {**vars(incident), "listed": "\n".join(map(display_code, incident.listed)),
              "export": incident.export_id, "span_person": incident.span_person_id}  # fmt: skip
    fresh = {
        "step_form": StepForm(),
        "close_form": CloseForm(),
        "scope_form": ScopeForm(initial=stored, **_choices(request)),
        "told_form": DescriptionForm(initial=stored),
    }
    return {name: bound if isinstance(bound, type(one)) else one for name, one in fresh.items()}


def _choices(request: StaffRequest) -> dict[str, Any]:
    staff, exports = selectors.colleagues(request.user), selectors.exports_of(request.user)
    return {"staff": staff, "exports": exports}


def _alert(request: StaffRequest) -> Alert | None:
    text = request.GET.get("alert", "")
    if not text:
        return None
    try:
        return alert_of(request.user, UUID(text))
    except ValueError as error:
        raise Http404 from error
    except Alert.DoesNotExist as error:
        raise not_found(request, f"alert:{UUID(text)}") from error


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
