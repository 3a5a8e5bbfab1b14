"""Doors: the own account, and the staff list."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.staff import news, passkeys, recovery, selectors, services, sessions, superiors
from crm.staff.forms import AccountForm, KeysForm, PasswordForm, SuperiorForm
from crm.staff.guards import StaffRequest, requires, signed_in
from crm.staff.middleware import client_ip, current_hash
from crm.staff.password_rules import is_due
from crm.staff.rules import End
from crm.staff.step_up import with_fresh_factor
from crm.web.idempotency import once
from privacy.access.policy import Permission, can
from privacy.errors import DomainError


@signed_in
@require_http_methods(["GET", "POST"])
@once
def account(request: StaffRequest) -> HttpResponse:
    """The own account: a new password."""
    form = PasswordForm(request.POST or None)
    if form.is_valid():
        old, new = form.cleaned_data["old"], form.cleaned_data["new"]
        try:
            services.change_password(user=request.user, old=old, new=new, ip=client_ip(request))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            update_session_auth_hash(request, request.user)  # this session goes on
            keep = current_hash(request)
            sessions.end_others(user=request.user, keep=keep, why=End.PASSWORD)
            messages.success(request, _("The password was changed. Other sessions have ended."))
            return redirect("staff:account")
    page = {
        "form": form,
        "keys": KeysForm({"single_keys": request.user.single_keys}),
        "due": is_due(request.user),
        "passkeys": passkeys.live_of(request.user),
        "codes_left": recovery.codes_left(request.user),
        "news": news.news_of(request.user),
        "sessions": selectors.sessions_shown_to(request.user, current=current_hash(request)),
    }
    return render(request, "crm/staff/account.html", page, status=422 if form.is_bound else 200)


@signed_in
@require_POST
def keys(request: StaffRequest) -> HttpResponse:
    """Single-key shortcuts on or off."""
    form = KeysForm(request.POST)
    on = form.is_valid() and form.cleaned_data["single_keys"]
    services.set_single_keys(user=request.user, on=on)
    return redirect("staff:account")


@require_GET
@requires(Permission.VIEW_STAFF)
def staff_list(request: StaffRequest) -> HttpResponse:
    """Everybody with an account here, and who may what."""
    return render(
        request,
        "crm/staff/list.html",
        {
            "staff": services.open_staff_list(viewer=request.user),
            "may_manage": can(request.user, Permission.MANAGE_STAFF),
            "may_reset": can(request.user, Permission.RESET_FACTORS),
            "may_end": can(request.user, Permission.END_SESSIONS),
            "may_audit": can(request.user, Permission.VIEW_AUDIT),
        },
    )


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_STAFF)
@with_fresh_factor()
@once
def open_account(request: StaffRequest) -> HttpResponse:
    """A new account; its first password is shown this once."""
    colleagues = selectors.colleagues_of(request.user)
    form = AccountForm(request.POST or None, colleagues=colleagues)
    if form.is_valid():
        password = services.new_password()
        try:
            user = services.open_account_of_colleague(
                **form.cleaned_data, password=password, actor=request.user
            )
        except DomainError as error:
            form.add_error("staff_no", str(error))
        else:
            page = {"person": user, "password": password}
            return render(request, "crm/staff/opened.html", page)
    status = 422 if form.is_bound else 200
    return render(request, "crm/staff/open_account.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_STAFF)
@with_fresh_factor()
@once
def superior(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """Who directs a colleague's work from now on."""
    person = get_object_or_404(selectors.staff_of_clinic(request.user), pk=staff_id)
    possible = superiors.possible(person=person, actor=request.user)
    form = SuperiorForm(request.POST or None, possible=possible, person=person)
    if form.is_valid():
        try:
            superiors.set_superior(person=person, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error("superior", str(error))
        else:
            messages.success(request, _("The superior was set."))
            return redirect("staff:list")
    page = {"form": form, "person": person}
    status = 422 if form.is_bound else 200
    return render(request, "crm/staff/superior.html", page, status=status)


@require_POST
@requires(Permission.MANAGE_STAFF)
@with_fresh_factor()
@once
def reset_password(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """A new password for somebody who forgot theirs, shown this once."""
    open_accounts = selectors.staff_of_clinic(request.user).filter(is_active=True)
    person = get_object_or_404(open_accounts, pk=staff_id)
    password = services.reset_password(user=person, actor=request.user)
    page = {"person": person, "password": password, "again": True}
    return render(request, "crm/staff/opened.html", page)


@require_POST
@requires(Permission.MANAGE_STAFF)
@with_fresh_factor()
def suspend(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """Close an account at once."""
    person = get_object_or_404(selectors.staff_of_clinic(request.user), pk=staff_id)
    services.suspend_account(user=person, actor=request.user)
    messages.success(request, _("The account was suspended. Its sessions and tokens have ended."))
    return redirect("staff:list")
