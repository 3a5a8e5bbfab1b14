"""Doors: the outbox, what stayed unknown, the embedded clinic's ledger, the provider's push."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from crm.messaging import inbound, selectors, services, viewing
from crm.messaging.models import Message
from crm.patients.views.doors import hold_back_writing
from crm.staff.finding import not_found
from crm.staff.guards import StaffRequest, public, requires
from crm.web.idempotency import once
from crm.web.paging import page_of
from privacy.access.policy import Permission, can

LEDGER_ROWS = 50


@require_GET
@requires(Permission.VIEW_MESSAGES)
def message_list(request: StaffRequest) -> HttpResponse:
    """The outbox by code, with states and reasons; ``?state=`` narrows it."""
    states = [(selectors.PERSON, _("Waiting for a person")), *Message.STATES]
    asked = request.GET.get("state", "")
    state = asked if asked in dict(states) else ""
    page: dict[str, Any] = {
        "page": page_of(request, selectors.messages_visible_to(request.user, state=state)),
        "states": states,
        "state": state,
        "may_settle": can(request.user, Permission.SETTLE_MESSAGES),
        "has_ledger": settings.DEMO,
    }
    viewing.book_outbox(staff=request.user, shown=page["page"].object_list)
    return render(request, "crm/messaging/list.html", page)


@require_POST
@requires(Permission.SETTLE_MESSAGES)
@once
def settle(request: StaffRequest, message_id: UUID) -> HttpResponse:
    """Say whether a message of unknown fate arrived."""
    try:
        message = selectors.message_of_staff(request.user, message_id)
    except Message.DoesNotExist as error:
        raise not_found(request, f"message:{message_id}") from error
    hold_back_writing(request, request.user, message.patient)
    received = request.POST.get("received") == "yes"
    services.settle_by_person(message=message, received=received, actor=request.user)
    messages.success(request, _("Settled."))
    return redirect("messaging:list")


@require_GET
@requires(Permission.VIEW_MESSAGES)
def ledger(request: StaffRequest) -> HttpResponse:
    """What patients would have received; exists in the embedded clinic only."""
    if not settings.DEMO:
        raise Http404
    rows = viewing.open_ledger(staff=request.user, limit=LEDGER_ROWS)
    page = {"rows": rows, "next_due": selectors.next_due(request.user)}
    return render(request, "crm/messaging/ledger.html", page)


@csrf_exempt
@require_POST
@public("The SMS provider pushes receipts here; it has no account. The address is the secret.")
def sms_callback(request: HttpRequest, token: str) -> HttpResponse:
    """Receipts and patients' answers. Says the same whatever the push held."""
    if not inbound.is_callback_token(token):
        raise Http404
    inbound.take_push(request.body)
    return JsonResponse({"code": 0, "msg": "OK"})
