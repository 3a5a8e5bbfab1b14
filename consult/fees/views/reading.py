"""Doors: the list, a patient's estimates, one version, its steps, its print."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from consult.fees import selectors, services
from consult.fees.forms import EstimateFilter
from consult.fees.lifecycle import State, may_become
from consult.fees.models import EstimateVersion
from consult.fees.problems import NotAnEstimate
from consult.fees.sheets import progress_of, sheet_of
from consult.fees.views.finding import for_patient, for_version
from crm.patients.models import Patient
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from crm.web.numbers import natural
from crm.web.paging import page_of
from crm.web.refusals import refusal_of
from privacy.access.policy import Permission, can
from privacy.errors import Conflict, DomainError

ROWS = 50
DIGITS = 3  # of a version in the address


@require_GET
@requires(Permission.VIEW_ESTIMATES)
def estimates(request: StaffRequest) -> HttpResponse:
    """All estimates in the viewer's reach; the address is the whole state of the list."""
    form = EstimateFilter(request.GET or None)
    rows = selectors.with_totals(selectors.estimates_visible_to(request.user))
    if form.is_valid():
        chosen = {**form.cleaned_data, "mine": request.user if form.cleaned_data["mine"] else None}
        rows = selectors.matching(rows, **chosen)
    page = page_of(request, rows, size=ROWS)
    selectors.show_list(staff=request.user, estimates=list(page.object_list))
    context = {
        "form": form,
        "page": page,
        "filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "consult/fees/estimates.html", context)


@require_GET
@requires(Permission.VIEW_ESTIMATES)
@for_patient
def patient_estimates(request: StaffRequest, patient: Patient) -> HttpResponse:
    """One patient's estimates: a panel of the patient page, or a page of its own."""
    rows = list(selectors.estimates_of(patient))
    receipt = selectors.show_list(staff=request.user, estimates=rows, titles=True)
    context = {
        "patient": patient,
        "estimates": rows,
        "receipt": receipt,
        "may_edit": can(request.user, Permission.EDIT_ESTIMATE),
    }
    name = "_patient_estimates.html" if request.htmx else "patient_estimates.html"
    return render(request, f"consult/fees/{name}", context)


@require_GET
@requires(Permission.VIEW_ESTIMATES)
@for_version
def version(request: StaffRequest, held: EstimateVersion) -> HttpResponse:
    """One version, beside the one before it; ``?against=1`` chooses another, 0 none."""
    against = _asked(request)
    opened = selectors.open_version(version=held, staff=request.user, against=against)
    return render(request, "consult/fees/version.html", _page(request, opened))


def _asked(request: HttpRequest) -> int | None:
    text = request.GET.get("against", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else None


def _page(request: StaffRequest, opened: selectors.OpenedEstimate) -> dict[str, Any]:
    held = opened.current.version
    newest = opened.versions[-1]
    may_edit = can(request.user, Permission.EDIT_ESTIMATE)
    return {
        "opened": opened,
        "version": held,
        "estimate": opened.estimate,
        "patient": opened.estimate.patient,
        "sheet": sheet_of(opened.current.lines, opened.older.lines if opened.older else None),
        "progress": progress_of(held),
        "newest": newest,
        "may_edit": may_edit,
        "may_revise": may_edit and not newest.is_draft,
        "steps": [
            step
            for step in (State.EXPLAINED, State.ACCEPTED, State.DECLINED)
            if may_edit and may_become(held.state, step)
        ],
    }


@require_POST
@requires(Permission.EDIT_ESTIMATE)
@for_version
@once
def issue(request: StaffRequest, held: EstimateVersion) -> HttpResponse:
    """Fix the draft that was on the screen and offer it to the patient."""
    revision = natural(request.POST.get("revision", ""))
    try:
        services.issue_version(version=held, revision=revision, actor=request.user)
    except (NotAnEstimate, Conflict) as error:
        return _refused(request, held, error)
    return _back(held)


def _refused(request: StaffRequest, held: EstimateVersion, error: DomainError) -> HttpResponse:
    """The version as it is stored now, above it why not: from here it is put right."""
    held.refresh_from_db()
    opened = selectors.open_version(version=held, staff=request.user, against=None)
    refused = refusal_of(error)
    page = {**_page(request, opened), "refused": refused}
    return render(request, "consult/fees/version.html", page, status=refused.status)


@require_POST
@requires(Permission.EDIT_ESTIMATE)
@for_version
@once
def step(request: StaffRequest, held: EstimateVersion) -> HttpResponse:
    """Record what happened with an issued version: explained, accepted or declined."""
    try:
        wanted = State(request.POST.get("step", ""))
    except ValueError:
        return _refused(request, held, DomainError(_("Choose what happened.")))
    try:
        services.record_step(version=held, step=wanted, actor=request.user)
    except services.NoSuchStep as error:
        return _refused(request, held, error)
    return _back(held)


@require_POST
@requires(Permission.EDIT_ESTIMATE)
@for_version
@once
def revise(request: StaffRequest, held: EstimateVersion) -> HttpResponse:
    """Start the next version from the newest and open it for editing."""
    try:
        following = services.revise_estimate(estimate=held.estimate, actor=request.user)
    except services.DraftInTheWay as error:
        return _refused(request, held, error)
    return redirect("consult:estimate-edit", held.estimate.number, following.number)


@require_http_methods(["GET"])
@requires(Permission.VIEW_ESTIMATES)
@for_version
def print_sheet(request: StaffRequest, held: EstimateVersion) -> HttpResponse:
    """The A4 sheet. Opening it is the print: it is booked and the copy counted."""
    opened, copy, printed_at = services.print_version(version=held, actor=request.user)
    context = {**_page(request, opened), "copy": copy, "printed_at": printed_at}
    return render(request, "consult/fees/print.html", context)


def _back(held: EstimateVersion) -> HttpResponse:
    return redirect(reverse("consult:estimate-version", args=(held.estimate.number, held.number)))
