"""Doors: stopping the use of a patient's record, and letting it go on."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.custody import restricting, selectors, showing
from crm.custody.forms import AskLiftForm, ConfirmErasureForm, KeepForm, RestrictForm
from crm.custody.models import Restriction
from crm.staff.finding import of_record
from crm.staff.guards import StaffRequest, requires
from crm.staff.models import User
from crm.staff.step_up import FULL_MINUTES, with_fresh_factor
from crm.web.idempotency import once
from privacy.access.policy import Permission
from privacy.errors import DomainError


def _shown(staff: User, restriction_id: UUID) -> Restriction:
    return selectors.restrictions_shown_to(staff).get(pk=restriction_id)


of_restriction = of_record(_shown, "restriction_id", "restriction")


@require_http_methods(["GET", "POST"])
@requires(Permission.ASK_ERASURE)
@with_fresh_factor()
@once
def restrict(request: StaffRequest) -> HttpResponse:
    """One patient, on a written wish, at once."""
    form = RestrictForm(request.POST or None)
    if form.is_valid():
        try:
            made = restricting.restrict(**form.cleaned_data, actor=request.user)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Restricted. The record is kept and not used from now on."))
            return redirect("custody:restriction", made.pk)
    status = 422 if form.is_bound else 200
    return render(request, "crm/custody/restrict.html", {"form": form}, status=status)


@require_GET
@requires(Permission.VIEW_ERASURES)
@of_restriction
def restriction(request: StaffRequest, held: Restriction) -> HttpResponse:
    """Who restricted it and why, and whether it is to be lifted."""
    return _page(request, held)


def _page(request: StaffRequest, held: Restriction, **bound: forms.Form) -> HttpResponse:
    page = {
        "opened": showing.open_restriction(held=held, staff=request.user),
        "asking": AskLiftForm(auto_id="ask_%s"),
        "lifting": ConfirmErasureForm(auto_id="lift_%s"),
        "keeping": KeepForm(auto_id="keep_%s"),
    } | bound
    status = 422 if bound else 200
    return render(request, "crm/custody/restriction.html", page, status=status)


@require_POST
@requires(Permission.ASK_ERASURE)
@of_restriction
@with_fresh_factor()
@once
def ask_lift(request: StaffRequest, held: Restriction) -> HttpResponse:
    """Why the record may be used again; the second person answers."""
    form = AskLiftForm(request.POST, auto_id="ask_%s")
    if form.is_valid():
        try:
            restricting.ask_to_lift(held=held, why=form.cleaned_data["why"], actor=request.user)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Asked for. It stays restricted until quality control."))
            return redirect("custody:restriction", held.pk)
    return _page(request, held, asking=form)


@require_POST
@requires(Permission.CONFIRM_ERASURE)
@of_restriction
@with_fresh_factor(minutes=FULL_MINUTES)
@once
def lift(request: StaffRequest, held: Restriction) -> HttpResponse:
    """The second person's yes; the record may be used from now on."""
    form = ConfirmErasureForm(request.POST, auto_id="lift_%s")
    if form.is_valid():
        try:
            restricting.lift(held=held, code=form.cleaned_data["code"], actor=request.user)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Lifted. The record may be used again."))
            return redirect("custody:restriction", held.pk)
    return _page(request, held, lifting=form)


@require_POST
@requires(Permission.ASK_ERASURE, Permission.CONFIRM_ERASURE)
@of_restriction
@once
def keep(request: StaffRequest, held: Restriction) -> HttpResponse:
    """Either side's no to lifting it."""
    form = KeepForm(request.POST, auto_id="keep_%s")
    if form.is_valid():
        try:
            restricting.keep(held=held, why=form.cleaned_data["why"], actor=request.user)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("It stays restricted."))
            return redirect("custody:restriction", held.pk)
    return _page(request, held, keeping=form)
