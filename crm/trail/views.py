"""Doors of the audit console."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.staff.guards import StaffRequest, requires
from crm.staff.step_up import with_fresh_factor
from crm.trail import month_exports, retiring, selectors, services
from crm.trail.forms import (
    MINORS,
    RANGES,
    ApprovalForm,
    ExportForm,
    MonthForm,
    RetirementForm,
    TrailFilterForm,
)
from crm.web.idempotency import once
from privacy.access.policy import Permission, can
from privacy.audit.exporting import verifier_sha256
from privacy.audit.selectors import Filter, Mark, seal_status
from privacy.errors import DomainError


@require_GET
@requires(Permission.VIEW_AUDIT)
def trail(request: StaffRequest) -> HttpResponse:
    """The audit log of the clinic with its seal."""
    return _list(request, whole=True)


@require_GET
@requires(Permission.VIEW_OWN_AUDIT)
def own(request: StaffRequest) -> HttpResponse:
    """What the viewer did."""
    return _list(request, whole=False)


def _filter(request: StaffRequest) -> tuple[TrailFilterForm, Filter | None]:
    form = TrailFilterForm(request.GET)
    if not form.is_valid():
        return form, None
    operator = form.cleaned_data["operator"]
    wanted = selectors.narrowed(request.user, form.wanted(), operator)
    if form.cleaned_data["patients"] == MINORS:
        wanted = selectors.of_minors(request.user, wanted)
    return form, wanted


def _list(
    request: StaffRequest, *, whole: bool, export_form: ExportForm | None = None, status: int = 200
) -> HttpResponse:
    form, wanted = _filter(request)
    screen = None
    if wanted is not None:
        before = Mark.parse(request.GET.get("before", ""))
        after = Mark.parse(request.GET.get("after", ""))
        screen = services.open_trail(viewer=request.user, wanted=wanted, before=before, after=after)
    page = {
        "form": form,
        "screen": screen,
        "ranges": RANGES,
        "may_export": whole and can(request.user, Permission.EXPORT_AUDIT),
        "export_form": export_form or ExportForm(),
        "whole": whole,
        **(_seal_context(request) if whole else {}),
    }
    return render(request, "crm/trail/page.html", page, status=status if screen else 422)


def _seal_context(request: StaffRequest) -> dict[str, object]:
    return {
        "status": seal_status(),
        "run": selectors.last_run(),
        "night": selectors.last_night(),
        "may_verify": can(request.user, Permission.VERIFY_AUDIT),
    }


@require_GET
@requires(Permission.VIEW_AUDIT)
def seal(request: StaffRequest) -> HttpResponse:
    """The seal card alone: polled while a verification runs."""
    return render(request, "crm/trail/_seal.html", _seal_context(request))


@require_POST
@requires(Permission.VERIFY_AUDIT)
def verify(request: StaffRequest) -> HttpResponse:
    """Check every seal again; a long trail is left to a worker and watched from the card."""
    services.ask_for_verification(actor=request.user)
    if request.htmx:
        return render(request, "crm/trail/_seal.html", _seal_context(request))
    return redirect("trail:list")


@require_http_methods(["GET", "HEAD"])
@requires(Permission.VIEW_AUDIT, Permission.VIEW_OWN_AUDIT)
def event(request: StaffRequest, event_id: UUID) -> HttpResponse:
    """One event: every fact, and what vouches for it."""
    found = services.open_event(viewer=request.user, event_id=event_id)
    if found is None:
        raise Http404
    row, proof = found
    page = {
        "row": row,
        "event": row.event,
        "proof": proof,
        "whole": can(request.user, Permission.VIEW_AUDIT),
    }
    return render(request, "crm/trail/event.html", page)


@require_POST
@requires(Permission.EXPORT_AUDIT)
@with_fresh_factor()
def export(request: StaffRequest) -> HttpResponseBase:
    """The filtered events as CSV. The filter stands in the address, the reason in the body."""
    reason = ExportForm(request.POST)
    _form, wanted = _filter(request)
    if wanted is None or not reason.is_valid():
        return _list(request, whole=True, export_form=reason, status=422)
    try:
        pieces = services.export(
            viewer=request.user, wanted=wanted, reason=reason.cleaned_data["reason"]
        )
    except DomainError as error:
        reason.add_error(None, str(error))
        return _list(request, whole=True, export_form=reason, status=422)
    name = f"audit-{timezone.localtime():%Y%m%d-%H%M%S}.csv"
    return StreamingHttpResponse(
        pieces,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _months(request: StaffRequest, form: MonthForm | None = None) -> HttpResponse:
    rows = selectors.month_exports(request.user)
    page = {
        "form": form or MonthForm(),
        "rows": rows,
        "running": any(row.is_open for row in rows),
        "may_export": can(request.user, Permission.EXPORT_AUDIT),
        "verifier": verifier_sha256(),
        "may_retire": can(request.user, Permission.ASK_RETIREMENT)
        or can(request.user, Permission.APPROVE_RETIREMENT),
    }
    name = "crm/trail/_month_exports.html" if request.htmx else "crm/trail/months.html"
    return render(request, name, page, status=422 if form else 200)


@require_GET
@requires(Permission.VIEW_AUDIT)
def months(request: StaffRequest) -> HttpResponse:
    """Months for an outside auditor; the list alone while one of them is leaving."""
    return _months(request)


@require_POST
@requires(Permission.EXPORT_AUDIT)
@with_fresh_factor()
def export_month(request: StaffRequest) -> HttpResponseBase:
    """A month of the sealed trail with its offline verifier, as a zip."""
    form = MonthForm(request.POST)
    if not form.is_valid():
        return _months(request, form)
    month = form.cleaned_data["month"]
    try:
        pieces = month_exports.start(
            viewer=request.user, month=month, reason=form.cleaned_data["reason"]
        )
    except DomainError as error:
        form.add_error("month", str(error))
        return _months(request, form)
    return StreamingHttpResponse(
        pieces,
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="audit-{month}.zip"'},
    )


@require_GET
@requires(Permission.VIEW_AUDIT)
def sheet(request: StaffRequest, export_id: UUID) -> HttpResponse:
    """The digest of a month on A4, for two signatures: an anchor on paper."""
    row = month_exports.print_sheet(viewer=request.user, export_id=export_id)
    if row is None:
        raise Http404
    page = {"row": row, "printed_at": timezone.now()}
    return render(request, "crm/trail/sheet.html", page)


def _old_months(
    request: StaffRequest, form: RetirementForm | None = None, error: str = "", status: int = 200
) -> HttpResponse:
    page = {
        "lines": retiring.months(),
        "form": form or RetirementForm(),
        "error": error,
        "may_ask": can(request.user, Permission.ASK_RETIREMENT),
        "may_approve": can(request.user, Permission.APPROVE_RETIREMENT),
    }
    return render(request, "crm/trail/old_months.html", page, status=status)


@require_GET
@requires(Permission.ASK_RETIREMENT, Permission.APPROVE_RETIREMENT)
def old_months(request: StaffRequest) -> HttpResponse:
    """The trail's months: what they hold, and what their next step is."""
    return _old_months(request)


@require_POST
@requires(Permission.ASK_RETIREMENT)
@with_fresh_factor()
@once
def ask_retirement(request: StaffRequest) -> HttpResponse:
    """Ask that an archived month be dropped."""
    form = RetirementForm(request.POST)
    if not form.is_valid():
        return _old_months(request, form, status=422)
    try:
        retiring.ask(actor=request.user, **form.cleaned_data)
    except DomainError as error:
        return _old_months(request, form, error=str(error), status=422)
    messages.success(request, _("Asked for. An auditor has to agree."))
    return redirect("trail:old-months")


@require_POST
@requires(Permission.APPROVE_RETIREMENT)
@with_fresh_factor()
@once
def approve_retirement(request: StaffRequest) -> HttpResponse:
    """Agree, as the second person, that an archived month be dropped."""
    form = ApprovalForm(request.POST)
    if not form.is_valid():
        raise BadRequest("no such month")
    try:
        retiring.approve(actor=request.user, month=form.cleaned_data["month"])
    except DomainError as error:
        return _old_months(request, error=str(error), status=422)
    messages.success(request, _("Agreed. The owner of the database can drop the month now."))
    return redirect("trail:old-months")
