"""Doors: editions, the overview, licences, leaving and coming back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.clearance import leaving, selectors, services
from crm.clearance.forms import EditionForm, LeavingForm, LicenceForm
from crm.clearance.models import Licence
from crm.clearance.views.showing import label_of, rows_of
from crm.staff.finding import not_found
from crm.staff.guards import StaffRequest, requires
from crm.staff.models import User
from crm.staff.selectors import staff_of_clinic
from crm.staff.services import new_password
from crm.staff.step_up import with_fresh_factor
from crm.web.idempotency import once
from privacy.access.policy import Permission, can, is_cleared
from privacy.errors import DomainError
from privacy.exports.attempts import attempts_of


@require_GET
@requires(Permission.VIEW_STAFF)
def overview(request: StaffRequest) -> HttpResponse:
    """Who lacks what, and until when everybody is cleared."""
    documents = selectors.documents_by_slug()
    rows = [
        (person, is_cleared(person), [label_of(line, documents) for line in standing.missing])
        for person, standing in services.open_overview(viewer=request.user)
    ]
    page = {
        "rows": rows,
        "may_manage": can(request.user, Permission.MANAGE_STAFF),
        "clinic_licences": selectors.newest_licences(request.user),
        "today": timezone.localdate(),
    }
    return render(request, "crm/clearance/overview.html", page)


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_STAFF)
@with_fresh_factor()
@once
def licences(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """Somebody's licences, and a form for one more."""
    person = _colleague(request, staff_id)
    form = LicenceForm(request.POST or None)
    if form.is_valid():
        try:
            services.record_licence(staff=person, actor=request.user, **form.facts())
        except DomainError as error:
            form.add_error("expires_on", str(error))
        else:
            messages.success(request, _("The licence was recorded."))
            return redirect("clearance:licences", person.pk)
    page: dict[str, Any] = {
        "person": person,
        "form": form,
        "licences": selectors.licences_of(person),
        "rows": rows_of(selectors.standing_of(person), selectors.documents_by_slug()),
    }
    return render(
        request, "crm/clearance/licences.html", page, status=422 if form.is_bound else 200
    )


@require_POST
@requires(Permission.MANAGE_STAFF)
@with_fresh_factor()
@once
def withdraw(request: StaffRequest, licence_id: UUID) -> HttpResponse:
    """A licence counts no longer."""
    try:
        licence = selectors.licence_in_clinic(request.user, licence_id)
    except Licence.DoesNotExist as error:
        raise not_found(request, f"licence:{licence_id}") from error
    services.withdraw_licence(licence=licence, actor=request.user)
    messages.success(request, _("The licence counts no longer."))
    return redirect("clearance:licences", licence.staff_id)


@require_http_methods(["GET", "POST"])
@requires(Permission.PUBLISH_POLICIES)
@with_fresh_factor()
@once
def publish(request: StaffRequest, slug: str = "") -> HttpResponse:
    """A new edition of a document, or a new policy."""
    newest = selectors.editions_of(slug).first() if slug else None
    if slug and newest is None:
        raise Http404
    texts = ("title_zh", "title_en", "body_zh", "body_en")
    initial = {name: getattr(newest, name) for name in texts} if newest else {}
    form = EditionForm(request.POST or None, is_new=newest is None, initial=initial)
    if form.is_valid():
        name = slug or form.cleaned_data["slug"]
        if not slug and selectors.edition(name) is not None:
            form.add_error("slug", _("There is a document with this short name."))
        else:
            made = services.publish(slug=name, actor=request.user, **form.facts())
            messages.success(request, _("Published: %(title)s") % {"title": made.title})
            return redirect("clearance:library")
    page = {"form": form, "document": newest}
    status = 422 if form.is_bound else 200
    return render(request, "crm/clearance/publish.html", page, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_STAFF)
@with_fresh_factor()
@once
def leave(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """Close the account of somebody who leaves; the answer says what became of their work."""
    person = _colleague(request, staff_id)
    form = LeavingForm(request.POST or None, leaver=person)
    if form.is_valid():
        try:
            handed = leaving.off_board(user=person, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            page = {
                "person": person,
                "handed": handed.values(),
                "attempts": attempts_of(person, now=timezone.now()),
                **form.cleaned_data,
            }
            return render(request, "crm/clearance/left.html", page)
    page = {"form": form, "person": person}
    status = 422 if form.is_bound else 200
    return render(request, "crm/clearance/leave.html", page, status=status)


@require_POST
@requires(Permission.MANAGE_STAFF)
@with_fresh_factor()
@once
def come_back(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """Open a closed account again; its new password is shown this once."""
    person = _colleague(request, staff_id)
    password = new_password()
    leaving.come_back(user=person, password=password, actor=request.user)
    page = {"person": person, "password": password}
    return render(request, "crm/staff/opened.html", page)


def _colleague(request: StaffRequest, staff_id: UUID) -> User:
    """Somebody of the viewer's clinic, the gone included. Raises: Http404."""
    return get_object_or_404(staff_of_clinic(request.user), pk=staff_id)
