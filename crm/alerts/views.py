"""Doors: alerts, for the security administrator; the auditor reads along."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.alerts import selectors, services
from crm.alerts.forms import CloseForm
from crm.alerts.models import Alert
from crm.staff.finding import not_found
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from crm.web.paging import page_of
from privacy.access.policy import Permission, can
from privacy.errors import DomainError


@require_GET
@requires(Permission.VIEW_ALERTS)
def alerts(request: StaffRequest) -> HttpResponse:
    """Alerts, newest first; ``?state=`` narrows them."""
    asked = request.GET.get("state", "")
    state = asked if asked in Alert.State.values else ""
    rows = selectors.alerts_visible_to(request.user, state)
    page: dict[str, Any] = {
        "page": page_of(request, rows),
        "states": Alert.State.choices,
        "state": state,
    }
    services.book_list(viewer=request.user, state=state)
    return render(request, "crm/alerts/list.html", page)


@require_GET
@requires(Permission.VIEW_ALERTS)
def alert(request: StaffRequest, alert_id: UUID) -> HttpResponse:
    """One alert, and what can be done about it."""
    return _page(request, alert_id, CloseForm())


@require_POST
@requires(Permission.HANDLE_ALERTS)
@once
def acknowledge(request: StaffRequest, alert_id: UUID) -> HttpResponse:
    """Take the alert on."""
    try:
        services.acknowledge(alert_id=alert_id, actor=request.user)
    except Alert.DoesNotExist as error:
        raise not_found(request, f"alert:{alert_id}") from error
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The alert is yours."))
    return redirect("alerts:page", alert_id)


@require_POST
@requires(Permission.HANDLE_ALERTS)
@once
def close(request: StaffRequest, alert_id: UUID) -> HttpResponse:
    """Close the alert with what was found."""
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _page(request, alert_id, form)
    try:
        services.close(alert_id=alert_id, note=form.cleaned_data["note"], actor=request.user)
    except Alert.DoesNotExist as error:
        raise not_found(request, f"alert:{alert_id}") from error
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The alert is closed."))
    return redirect("alerts:page", alert_id)


def _page(request: StaffRequest, alert_id: UUID, form: CloseForm) -> HttpResponse:
    try:
        opened = services.open_alert(viewer=request.user, alert_id=alert_id)
    except Alert.DoesNotExist as error:
        raise not_found(request, f"alert:{alert_id}") from error
    page = {
        "opened": opened,
        "alert": opened.alert,
        "form": form,
        "may_handle": can(request.user, Permission.HANDLE_ALERTS),
    }
    return render(request, "crm/alerts/page.html", page, status=422 if form.is_bound else 200)
