"""Doors: writing a draft. The server makes the sums; nothing is stored until it is saved."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consult.fees import selectors, services
from consult.fees.forms import (
    DraftForm,
    RowData,
    empty_row,
    is_blank,
    posted_rows,
    row_from_price,
    row_of,
)
from consult.fees.models import Category, EstimateVersion, PriceItem
from consult.fees.sheets import sheet_of
from consult.fees.views.finding import for_patient, for_version
from crm.patients.models import Patient
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from crm.web.numbers import natural
from privacy.access.policy import Permission

SAVE, RECALCULATE = "save", "recalculate"


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_ESTIMATE)
@for_patient
def create(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Draw up a new estimate. It has no number and is not stored until it is saved."""
    page = {"patient": patient}
    if request.method == "GET":
        return _draft(request, DraftForm({}, []), page)
    if _wanted(request) != SAVE:
        return _reworked(request, page, number=1)
    return _save_new(request, patient)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_ESTIMATE)
@for_version
def edit(request: StaffRequest, held: EstimateVersion) -> HttpResponseBase:
    """Go on with a draft; an issued version leads back to its page."""
    if not held.is_draft and request.method == "GET":
        return redirect("consult:estimate-version", held.estimate.number, held.number)
    page = {"patient": held.estimate.patient, "version": held, "estimate": held.estimate}
    if request.method == "GET":
        opened = selectors.open_version(version=held, staff=request.user)
        now = opened.current
        texts = {"title": now.title, "reason": now.reason, "revision": now.version.revision}
        form = DraftForm(texts, [row_of(line) for line in now.lines], number=held.number)
        return _draft(request, form, page)
    if _wanted(request) != SAVE:
        return _reworked(request, page, number=held.number)
    return _save_draft(request, held, page)


def _wanted(request: StaffRequest) -> str:
    return request.POST.get("do", SAVE)


def _filled_rows(request: StaffRequest) -> list[RowData]:
    return [row for row in posted_rows(request.POST) if not is_blank(row)]


@once
def _save_new(request: StaffRequest, patient: Patient) -> HttpResponse:
    form = DraftForm(request.POST, _filled_rows(request), judged=True)
    if not form.is_valid():
        return _draft(request, form, {"patient": patient}, status=422)
    version = services.create_estimate(
        patient=patient, title=form.cleaned_data["title"], lines=form.lines, actor=request.user
    )
    return _saved(request, version)


@once
def _save_draft(
    request: StaffRequest, held: EstimateVersion, page: Mapping[str, Any]
) -> HttpResponse:
    form = DraftForm(request.POST, _filled_rows(request), judged=True, number=held.number)
    if not form.is_valid():
        return _draft(request, form, page, status=422)
    try:
        version = services.save_draft(
            version=held,
            revision=form.cleaned_data["revision"] or 0,
            title=form.cleaned_data.get("title"),
            reason=form.cleaned_data.get("reason", ""),
            lines=form.lines,
            actor=request.user,
        )
    except (services.StaleDraft, services.NotADraft) as error:
        return _conflict(request, held, form, page, str(error))
    return _saved(request, version)


def _conflict(
    request: StaffRequest,
    held: EstimateVersion,
    form: DraftForm,
    page: Mapping[str, Any],
    words: str,
) -> HttpResponse:
    """Both wordings on one page: what is stored now, and in the form what was typed here."""
    opened = selectors.open_version(version=held, staff=request.user, against=0)
    theirs = opened.current
    texts = {
        "title": form.cleaned_data.get("title", ""),
        "reason": form.cleaned_data.get("reason", ""),
        "revision": theirs.version.revision,  # saving again replaces theirs, knowingly
    }
    kept = DraftForm(texts, [row.row for row in form.rows], number=held.number)
    context = {
        **page,
        "version": theirs.version,
        "theirs": theirs,
        "conflict": words,
        "sheet": sheet_of(form.lines, theirs.lines),
    }
    return _draft(request, kept, context, status=409)


def _saved(request: StaffRequest, version: EstimateVersion) -> HttpResponse:
    messages.success(request, _("Draft saved."))
    where = ("consult:estimate-version", version.estimate.number, version.number)
    return redirect(reverse(where[0], args=where[1:]))


def _reworked(request: StaffRequest, page: Mapping[str, Any], *, number: int) -> HttpResponse:
    """The form as it was typed, with new sums, one line more or one less; nothing is stored."""
    do = _wanted(request)
    rows = posted_rows(request.POST)
    prices = _prices(request)
    form = DraftForm(
        request.POST.dict(), _after(request, do, rows, prices), number=number, prices=prices
    )
    if len(form.rows) > len(rows):
        form.rows[-1].take_focus()
    if not request.htmx:
        return _draft(request, form, page)
    name = "_sums.html" if do == RECALCULATE else "_lines.html"
    return render(request, f"consult/fees/{name}", {**page, "form": form})


def _after(
    request: StaffRequest, do: str, rows: list[RowData], prices: Sequence[PriceItem]
) -> list[RowData]:
    verb, _colon, what = do.partition(":")
    if verb == "add" and what in Category.values:
        return [*rows, empty_row(what)]
    if verb == "remove":
        gone = natural(what, otherwise=-1)
        return [row for index, row in enumerate(rows) if index != gone]
    if verb == "pick":
        code = request.POST.get(f"pick-{what}", "")
        return [*rows, *(row_from_price(price) for price in prices if price.code == code)]
    return rows


def _prices(request: StaffRequest) -> list[PriceItem]:
    return list(selectors.prices_in_force(request.user, timezone.localdate()))


def _draft(
    request: StaffRequest, form: DraftForm, page: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    form.prices = form.prices or _prices(request)
    return render(request, "consult/fees/draft.html", {**page, "form": form}, status=status)
