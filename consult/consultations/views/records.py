"""Doors: the list, a patient's own list, a submitted record and what is added to it."""

from datetime import date, datetime, time
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from consult.consultations import selectors, services
from consult.consultations.forms import AddendumForm, FilterForm
from consult.consultations.models import Consultation
from consult.consultations.views.finding import one_of, patient_of
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from crm.web.numbers import day_after
from crm.web.paging import Page, page_of
from privacy.access.policy import Permission, can
from privacy.consent.models import Purpose
from privacy.consent.selectors import channels_agreed
from privacy.errors import DomainError

PAGE_ROWS = 50
CODES = ("channel", "source", "disposition", "status")


@requires(Permission.VIEW_CONSULTATIONS)
@require_GET
def consultations(request: StaffRequest) -> HttpResponse:
    """All that the viewer may see, filtered by the address; codes only, nothing is opened."""
    writes = can(request.user, Permission.WRITE_CONSULTATION)
    form = FilterForm(request.GET)
    form.is_valid()  # a filter that makes no sense is left out, and shown in red
    scope = form.cleaned_data.get("scope") or ("mine" if writes else "all")
    if scope == "due" and not writes:
        scope = "all"
    rows = _filtered(request, form, scope)
    page = page_of(request, rows, size=PAGE_ROWS)
    services.book_listing(rows=list(page), actor=request.user)
    context = {
        "form": form,
        "page": page,
        "scope": scope,
        "scopes": FilterForm.SCOPES if writes else FilterForm.SCOPES[-1:],
        "filtered": any(form.cleaned_data.get(name) for name in (*CODES, "since", "until")),
    }
    if scope == "due":
        context["now"] = timezone.now()
        _tell_channels(page)
    return render(request, "consult/consultations/list.html", context)


def _tell_channels(page: "Page[Consultation]") -> None:
    """Over what each patient agrees to be contacted now; nothing is sent from here."""
    agreed = channels_agreed([row.patient_id for row in page], Purpose.FOLLOW_UP)
    for row in page:
        vars(row)["agreed"] = [one.label for one in agreed.get(row.patient_id, [])]


def _filtered(request: StaffRequest, form: FilterForm, scope: str) -> QuerySet[Consultation]:
    given = form.cleaned_data
    if scope == "due":
        rows = selectors.call_backs_due(request.user)
    else:
        rows = selectors.consultations_visible_to(request.user)
    if scope == "mine":
        rows = rows.filter(consultant=request.user)
    if scope == "drafts":
        rows = rows.filter(status=Consultation.Status.DRAFT)
    wanted = {name: given[name] for name in CODES if given.get(name)}
    if given.get("since"):
        wanted["started_at__gte"] = _midnight(given["since"])
    if given.get("until"):
        wanted["started_at__lt"] = _midnight(day_after(given["until"]))
    return rows.filter(**wanted)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@requires(Permission.VIEW_CONSULTATIONS)
@require_GET
def of_patient(request: StaffRequest, code: str) -> HttpResponse:
    """One patient's talks: a panel of the patient's page, or a page of its own."""
    patient = patient_of(request, code)
    rows, receipt = services.open_patient_consultations(patient=patient, actor=request.user)
    page = {
        "patient": patient,
        "rows": rows,
        "receipt": receipt,
        "may_write": can(request.user, Permission.WRITE_CONSULTATION),
    }
    name = "_of_patient.html" if request.htmx else "of_patient.html"
    return render(request, f"consult/consultations/{name}", page)


@requires(Permission.VIEW_CONSULTATIONS)
@require_GET
def consultation(request: StaffRequest, consultation_id: UUID) -> HttpResponse:
    """A submitted record with its addenda; a draft leads to its own page."""
    record = one_of(request, selectors.opened_by(request.user), consultation_id)
    if record.is_draft:
        return redirect("consult:draft", record.pk)
    return _page(request, record, AddendumForm())


def _page(
    request: StaffRequest, record: Consultation, form: AddendumForm, *, status: int = 200
) -> HttpResponse:
    opened = services.open_consultation(consultation=record, actor=request.user)
    page = {
        "opened": opened,
        "record": record,
        "patient": record.patient,
        "receipt": opened.receipt,
        "form": form,
        "may_add": can(request.user, Permission.WRITE_CONSULTATION),
    }
    return render(request, "consult/consultations/record.html", page, status=status)


@requires(Permission.WRITE_CONSULTATION)
@sensitive_post_parameters("text")
@require_POST
@once
def add_to(request: StaffRequest, consultation_id: UUID) -> HttpResponse:
    """Put an addendum below a submitted record."""
    record = one_of(request, selectors.opened_by(request.user), consultation_id)
    form = AddendumForm(request.POST)
    if form.is_valid():
        try:
            services.add_to(consultation=record, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error("text", str(error))
        else:
            messages.success(request, _("Added to the record."))
            return redirect(reverse("consult:consultation", args=[record.pk]) + "#addenda")
    return _page(request, record, form, status=422)
