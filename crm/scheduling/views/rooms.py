"""Doors: the rooms of the clinic, for whoever sets it up."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.scheduling import rooms as services
from crm.scheduling.forms import LabelForm
from crm.scheduling.models import Room
from crm.scheduling.selectors import rooms_of
from crm.staff.finding import not_found
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from privacy.access.policy import Permission
from privacy.errors import DomainError


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_ROOMS)
@once
def rooms(request: StaffRequest) -> HttpResponse:
    """The rooms in use, and a form for one more."""
    form = LabelForm(request.POST or None)
    if form.is_valid():
        try:
            room = services.add_room(actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error("label", str(error))
        else:
            messages.success(request, _("%(label)s can be used.") % {"label": room.label})
            return redirect("scheduling:rooms")
    page = {"form": form, "rooms": rooms_of(request.user)}
    status = 422 if form.is_bound else 200
    return render(request, "crm/scheduling/rooms.html", page, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_ROOMS)
@once
def rename(request: StaffRequest, room_id: UUID) -> HttpResponse:
    """Another label for a room."""
    room = _room(request, room_id)
    form = LabelForm(request.POST or None, initial={"label": room.label})
    if form.is_valid():
        try:
            services.rename_room(room=room, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error("label", str(error))
        else:
            messages.success(request, _("The room was renamed."))
            return redirect("scheduling:rooms")
    status = 422 if form.is_bound else 200
    page = {"form": form, "room": room}
    return render(request, "crm/scheduling/room.html", page, status=status)


@require_POST
@requires(Permission.MANAGE_ROOMS)
@once
def retire(request: StaffRequest, room_id: UUID) -> HttpResponse:
    """Take a room out of use; somebody in it is said on the page of the rooms."""
    try:
        room = services.retire_room(room=_room(request, room_id), actor=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(label)s is no longer used.") % {"label": room.label})
    return redirect("scheduling:rooms")


def _room(request: StaffRequest, room_id: UUID) -> Room:
    """Raises: Http404 for a room of another clinic, or one that is gone; booked."""
    try:
        return services.room_of_staff(request.user, room_id)
    except Room.DoesNotExist as error:
        raise not_found(request, f"room:{room_id}") from error
