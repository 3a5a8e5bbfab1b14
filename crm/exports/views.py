"""Doors: asking for an export, deciding, following it, taking it once, tracing a leaked row."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.exports import datasets, showing
from crm.exports.forms import AskForm, DecisionForm, TraceForm, dataset_named
from crm.exports.services import asking
from crm.staff.finding import of_record
from crm.staff.guards import StaffRequest, requires
from crm.staff.models import User
from crm.staff.step_up import with_fresh_factor
from crm.web.idempotency import once
from crm.web.refusals import Refusal, answer
from privacy.access.policy import Permission, can
from privacy.errors import DomainError
from privacy.exports import rules, selectors
from privacy.exports.models import Export
from privacy.exports.services import deciding, handing_over
from privacy.exports.services.handing_over import Gone


def _shown(staff: User, outgoing_id: UUID) -> Export:
    return selectors.shown_to(staff).get(pk=outgoing_id)


of_export = of_record(_shown, "outgoing_id", "export")


@require_GET
@requires(Permission.VIEW_EXPORTS)
def overview(request: StaffRequest) -> HttpResponse:
    """One's own exports, what waits for one's word, and for approvers the clinic's others."""
    page = {
        "shown": showing.open_overview(staff=request.user),
        "may_ask": can(request.user, Permission.REQUEST_EXPORT),
        "may_decide": can(request.user, Permission.APPROVE_EXPORT),
        "may_trace": can(request.user, Permission.TRACE_EXPORT),
        "cap": rules.CAP_ROWS,
    }
    return render(request, "crm/exports/overview.html", page)


@require_http_methods(["GET", "POST"])
@requires(Permission.REQUEST_EXPORT)
@once
def ask(request: StaffRequest) -> HttpResponse:
    """First which kind of data; then fields, days, purpose and recipient; counted, then asked."""
    dataset = dataset_named(request.GET.get("data", ""), request.user)
    if dataset is None:
        choice = {"datasets": list(datasets.open_to(request.user))}
        return render(request, "crm/exports/choose.html", choice, status=_status(request.POST))
    form = AskForm(request.POST or None, dataset=dataset, staff=request.user)
    counted = None
    if form.is_valid():
        try:
            if "count" in request.POST:
                counted = asking.count(order=form.order(), actor=request.user)
            else:
                made = asking.ask(order=form.order(), actor=request.user)
                messages.success(request, _("Asked for. Two sides decide; you see here who has."))
                return redirect("exports:page", made.pk)
        except DomainError as error:
            form.add_error(None, str(error))
    page = {"form": form, "dataset": dataset, "counted": counted, "cap": rules.CAP_ROWS}
    status = 422 if form.is_bound and counted is None else 200
    return render(request, "crm/exports/ask.html", page, status=status)


def _status(posted: object) -> int:
    return HTTPStatus.UNPROCESSABLE_ENTITY if posted else HTTPStatus.OK


@require_GET
@requires(Permission.VIEW_EXPORTS)
@of_export
def page(request: StaffRequest, export: Export) -> HttpResponse:
    """What leaves, for whom, who has agreed, how far it is; the state alone while it moves."""
    if request.htmx:
        opened = showing.opened(export, request.user)
        return render(request, "crm/exports/_state.html", {"opened": opened, "again": True})
    return _page(request, export, DecisionForm())


def _page(request: StaffRequest, export: Export, form: DecisionForm) -> HttpResponse:
    opened = showing.open_export(export=export, staff=request.user)
    context = {"opened": opened, "form": form, "cap": rules.CAP_ROWS}
    status = 422 if form.is_bound else 200
    return render(request, "crm/exports/page.html", context, status=status)


@require_POST
@requires(Permission.APPROVE_EXPORT)
@of_export
@with_fresh_factor()
@once
def decide(request: StaffRequest, export: Export) -> HttpResponse:
    """Yes for one's side, or no with a reason."""
    form = DecisionForm(request.POST)
    if form.is_valid():
        try:
            return _decided(request, export, form)
        except DomainError as error:
            form.add_error(None, str(error))
    return _page(request, export, form)


def _decided(request: StaffRequest, export: Export, form: DecisionForm) -> HttpResponse:
    if form.cleaned_data["decision"] == "refuse":
        deciding.refuse(export=export, actor=request.user, reason=form.cleaned_data["refusal"])
        messages.success(request, _("Refused. Who asked reads your reason."))
    elif deciding.approve(export=export, actor=request.user).approved_at:
        messages.success(request, _("Approved. The file is built now."))
    else:
        messages.success(request, _("Noted. Another side has to agree as well."))
    return redirect("exports:list")


@require_POST
@requires(Permission.REQUEST_EXPORT)
@of_export
@once
def withdraw(request: StaffRequest, export: Export) -> HttpResponse:
    """Take one's own back; what was built is destroyed."""
    deciding.withdraw(export=export, actor=request.user)
    messages.success(request, _("The export was withdrawn. Nothing of it is left."))
    return redirect("exports:list")


@never_cache
@require_POST
@requires(Permission.REQUEST_EXPORT)
@of_export
@with_fresh_factor()
def download(request: StaffRequest, export: Export) -> HttpResponse:
    """The file, once: booked and destroyed here before its first byte leaves; then 410."""
    try:
        handed = handing_over.download(export=export, actor=request.user)
    except Gone as error:
        return _gone(request, error)
    return HttpResponse(
        handed.content,
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{handed.name}"'},
    )


@never_cache
@require_POST
@requires(Permission.REQUEST_EXPORT)
@of_export
@with_fresh_factor()
def password(request: StaffRequest, export: Export) -> HttpResponse:
    """The password, this once; with the showing it is destroyed here."""
    try:
        shown = handing_over.show_password(export=export, actor=request.user)
    except Gone as error:
        return _gone(request, error)
    return render(request, "crm/exports/password.html", {"export": export, "password": shown})


def _gone(request: StaffRequest, error: Gone) -> HttpResponse:
    refusal = Refusal(HTTPStatus.GONE, "gone", _("This is over"), str(error))
    return answer(request, refusal)


@require_http_methods(["GET", "POST"])
@requires(Permission.TRACE_EXPORT)
@with_fresh_factor()
def trace(request: StaffRequest) -> HttpResponse:
    """Which export does this row come from? What is typed is neither kept nor in the address."""
    form, traced = TraceForm(request.POST or None), None
    if form.is_valid():
        traced = showing.open_traced(text=form.cleaned_data["text"], staff=request.user)
    status = 422 if form.is_bound and traced is None else 200
    return render(
        request, "crm/exports/trace.html", {"form": form, "traced": traced}, status=status
    )
