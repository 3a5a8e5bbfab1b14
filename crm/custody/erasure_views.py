"""Doors: asking that a patient's keys be destroyed, confirming it, calling it off."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.custody import erasing, selectors, showing
from crm.custody.forms import AskErasureForm, CallOffForm, ConfirmErasureForm
from crm.custody.models import ErasureRequest
from crm.staff.finding import of_record
from crm.staff.guards import StaffRequest, requires
from crm.staff.models import User
from crm.staff.step_up import FULL_MINUTES, with_fresh_factor
from crm.web.idempotency import once
from privacy.access.policy import Permission, can
from privacy.errors import DomainError


def _shown(staff: User, erasure_id: UUID) -> ErasureRequest:
    return selectors.erasures_shown_to(staff).get(pk=erasure_id)


of_erasure = of_record(_shown, "erasure_id", "erasure")


@require_GET
@requires(Permission.VIEW_ERASURES)
def erasures(request: StaffRequest) -> HttpResponse:
    """What waits and what is over, by code."""
    page = {
        "shown": showing.open_erasures(staff=request.user),
        "may_ask": can(request.user, Permission.ASK_ERASURE),
        "may_confirm": can(request.user, Permission.CONFIRM_ERASURE),
    }
    return render(request, "crm/custody/erasures.html", page)


@require_http_methods(["GET", "POST"])
@requires(Permission.ASK_ERASURE)
@with_fresh_factor()
@once
def ask(request: StaffRequest) -> HttpResponse:
    """For one patient and one zone, on a written wish."""
    form = AskErasureForm(request.POST or None)
    if form.is_valid():
        try:
            made = erasing.ask(**form.cleaned_data, actor=request.user)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Asked for. Nothing is erased before quality control."))
            return redirect("custody:erasure", made.pk)
    status = 422 if form.is_bound else 200
    return render(request, "crm/custody/ask_erasure.html", {"form": form}, status=status)


@require_GET
@requires(Permission.VIEW_ERASURES)
@of_erasure
def erasure(request: StaffRequest, asked: ErasureRequest) -> HttpResponse:
    """Who asked for what and why, who confirmed it, what became of it."""
    return _page(request, asked)


def _page(
    request: StaffRequest,
    asked: ErasureRequest,
    confirming: forms.Form | None = None,
    calling_off: forms.Form | None = None,
) -> HttpResponse:
    page = {
        "opened": showing.open_erasure(asked=asked, staff=request.user),
        "confirming": confirming or ConfirmErasureForm(auto_id="confirm_%s"),
        "calling_off": calling_off or CallOffForm(auto_id="off_%s"),
    }
    status = 422 if confirming or calling_off else 200
    return render(request, "crm/custody/erasure.html", page, status=status)


@require_POST
@requires(Permission.CONFIRM_ERASURE)
@of_erasure
@with_fresh_factor(minutes=FULL_MINUTES)
@once
def confirm(request: StaffRequest, asked: ErasureRequest) -> HttpResponse:
    """The second person's yes; then the keys are destroyed."""
    form = ConfirmErasureForm(request.POST, auto_id="confirm_%s")
    if form.is_valid():
        try:
            code = form.cleaned_data["code"]
            confirmed = erasing.confirm(asked=asked, code=code, actor=request.user)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return _carry_out(request, confirmed)
    return _page(request, asked, confirming=form)


@require_POST
@requires(Permission.ASK_ERASURE, Permission.CONFIRM_ERASURE)
@of_erasure
@with_fresh_factor(minutes=FULL_MINUTES)
@once
def carry_out(request: StaffRequest, asked: ErasureRequest) -> HttpResponse:
    """Once more, where the keys could not be destroyed when it was confirmed."""
    return _carry_out(request, asked)


def _carry_out(request: StaffRequest, asked: ErasureRequest) -> HttpResponse:
    try:
        erasing.carry_out(asked=asked, actor=request.user)
    except DomainError as error:
        words = _("Not erased yet: %(why)s") % {"why": error}
        messages.error(request, words)
    else:
        messages.success(request, _("Erased. The keys are destroyed."))
    return redirect("custody:erasure", asked.pk)


@require_POST
@requires(Permission.ASK_ERASURE, Permission.CONFIRM_ERASURE)
@of_erasure
@once
def call_off(request: StaffRequest, asked: ErasureRequest) -> HttpResponse:
    """Either side stops it; nothing is lost by that."""
    form = CallOffForm(request.POST, auto_id="off_%s")
    if form.is_valid():
        try:
            erasing.call_off(asked=asked, why=form.cleaned_data["why"], actor=request.user)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Called off. Nothing was erased."))
            return redirect("custody:erasure", asked.pk)
    return _page(request, asked, calling_off=form)
