"""Doors: ending the own sessions, and those of a member of staff."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.staff import selectors, sessions
from crm.staff.guards import StaffRequest, requires, signed_in
from crm.staff.middleware import current_hash
from crm.staff.step_up import with_fresh_factor
from privacy.access.policy import Permission


@signed_in
@require_POST
@with_fresh_factor()
def end(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """End one of the own sessions; one that is over already is no error."""
    sessions.end_own(user=request.user, session_id=session_id)
    messages.success(request, _("The session was ended."))
    return redirect("staff:account")


@signed_in
@require_POST
@with_fresh_factor()
def end_others(request: StaffRequest) -> HttpResponse:
    """End all own sessions but this one."""
    ended = sessions.end_others(user=request.user, keep=current_hash(request))
    text = ngettext(
        "%(count)d other session was ended.", "%(count)d other sessions were ended.", ended
    )
    messages.success(request, text % {"count": ended})
    return redirect("staff:account")


@require_POST
@requires(Permission.END_SESSIONS)
def end_all(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """End whatever a member of staff is signed in with; holds from their next request."""
    person = get_object_or_404(selectors.staff_of_clinic(request.user), pk=staff_id)
    ended, tokens = sessions.end_everything(user=person, actor=request.user)
    text = _("Ended for %(name)s: %(sessions)d sessions, %(tokens)d API tokens.")
    messages.success(
        request, text % {"name": person.display_name, "sessions": ended, "tokens": tokens}
    )
    return redirect("staff:list")
