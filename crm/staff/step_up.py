"""Step-up: what is worth more than an open session asks for the second factor once more.

``fresh_second_factor`` answers; ``with_fresh_factor`` guards a view. With ``full`` it guards the
doors of one's own factors: password and factor, shown together just now (ASVS 7.5.1).

What was typed is not lost: the page that asks carries the form's fields and sends them on to where
they were going; a fragment request gets a dialog over the page, which stays as it is.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from crm.staff import challenges, services
from crm.staff.forms import FactorForm
from crm.staff.guards import StaffRequest
from crm.staff.middleware import client_ip
from crm.staff.networks import note_network
from crm.staff.selectors import staff_member
from crm.staff.session_store import FACTOR_AT, FULLY_AT
from privacy.errors import DomainError

MINUTES: Final = 30
FULL_MINUTES: Final = 5
FULL: Final = "full"  # of the confirm page's address
NOT_CARRIED: Final = frozenset(
    {"csrfmiddlewaretoken", FactorForm.PASSWORD, FactorForm.FIELD, FactorForm.PASSKEY}
)

ViewFunc = Callable[..., HttpResponseBase]


def fresh_second_factor(request: HttpRequest, *, minutes: int = MINUTES) -> bool:
    """Whether this session showed its second factor within the last ``minutes``."""
    return _seconds_since(request, FACTOR_AT) < minutes * 60


def fresh_sign_in(request: HttpRequest) -> bool:
    """Whether it showed password and factor together within the last FULL_MINUTES."""
    return _seconds_since(request, FULLY_AT) < FULL_MINUTES * 60


def _seconds_since(request: HttpRequest, shown: str) -> int:
    return int(time.time()) - int(request.session.get(shown, 0))


def mark_fresh(request: HttpRequest, *, full: bool = False) -> None:
    """Note that the second factor was shown now; the session goes on under a new key."""
    request.session[FACTOR_AT] = now = int(time.time())
    if full:
        request.session[FULLY_AT] = now
    note_network(request.session)
    request.session.cycle_key()


def with_fresh_factor(
    *, minutes: int = MINUTES, full: bool = False, unless: Callable[..., bool] | None = None
) -> Callable[[ViewFunc], ViewFunc]:
    """Guard a view for signed-in staff. Stands below ``requires`` and above ``once``.

    A GET is led to the page that asks and back. A POST is answered by that page (422), which
    carries the fields and posts them here again with the code. Files are not carried: they are
    chosen anew. ``unless``, asked with what the view gets, lets pass what needs no factor.
    """

    def decorate(view: ViewFunc) -> ViewFunc:
        @wraps(view)
        def guarded(request: StaffRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
            shown = (
                fresh_sign_in(request) if full else fresh_second_factor(request, minutes=minutes)
            )
            if shown or (unless is not None and unless(request, *args, **kwargs)):
                return view(request, *args, **kwargs)
            answer = demand(request, full=full)
            return view(request, *args, **kwargs) if answer is None else answer

        return guarded

    return decorate


def demand(request: HttpRequest, *, full: bool = False) -> HttpResponse | None:
    """The answer that asks for the factor: a GET is led to the page that asks; None for a POST
    that brought a good one."""
    if request.method in {"GET", "HEAD"}:
        return _led_to_the_page(request, full=full)
    return ask(request, full=full)


def ask(request: HttpRequest, *, full: bool = False) -> HttpResponse | None:
    """The answer that asks for the factor, or None if this POST brought a good one.

    For views that need it only sometimes: ``if not fresh_second_factor(request) and (answer :=
    ask(request)): return answer``.
    """
    form = FactorForm(request.POST if FactorForm.is_in(request.POST) else None, full=full)
    status = 422
    if form.is_bound and form.is_valid():
        try:
            confirm(request, form)
        except services.SignInLocked as error:
            form.add_error(None, str(error))
            status = 429
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return None
    if request.headers.get("HX-Request"):
        return _dialog(request, form)
    carried = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in NOT_CARRIED
    ]
    page = {"form": form, "carried": carried, "action": request.get_full_path()}
    page |= {"files": bool(request.FILES), "able": challenges.possible(request)}
    return render(request, "crm/staff/confirm.html", page, status=status)


def confirm(request: HttpRequest, form: FactorForm) -> None:
    """Check the factor that was given. Raises: DomainError, booked and counted (R28)."""
    text = form.cleaned_data[FactorForm.PASSKEY]
    services.confirm_factor(
        user=staff_member(request.user),
        code=form.cleaned_data[FactorForm.FIELD],
        ip=client_ip(request),
        answer=challenges.taken(request, challenges.CONFIRM, text) if text else None,
        password=form.cleaned_data.get(FactorForm.PASSWORD),
    )
    mark_fresh(request, full=form.full)


def confirm_page(request: StaffRequest) -> HttpResponse:
    """The page of its own, with ``next``; and what the dialog of a fragment request posts to."""
    full = FULL in request.GET or FactorForm.PASSWORD in request.POST
    form = FactorForm(request.POST or None, full=full)
    wanted = next_url(request, otherwise="staff:account")
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            confirm(request, form)
        except services.SignInLocked as error:
            form.add_error(None, str(error))
            status = 429
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            if request.headers.get("HX-Request"):
                told = {"text": _("Confirmed. Now do it once more."), "level": "ok"}
                return trigger_client_event(HttpResponse(), "toast", told)
            return redirect(wanted)
    if request.headers.get("HX-Request"):
        return _dialog(request, form)
    page = {"form": form, "carried": [("next", wanted)], "action": resolve_url("staff:confirm")}
    page["able"] = challenges.possible(request)
    return render(request, "crm/staff/confirm.html", page, status=status)


def _dialog(request: HttpRequest, form: FactorForm) -> HttpResponse:
    """Over the page, whatever the request was to replace: nothing typed there is touched."""
    able = challenges.possible(request)
    response = render(request, "crm/staff/_confirm_dialog.html", {"form": form, "able": able})
    if not request.path.startswith(resolve_url("staff:confirm")):
        response["HX-Retarget"], response["HX-Reswap"] = "body", "beforeend"
    return response


def _led_to_the_page(request: HttpRequest, *, full: bool) -> HttpResponse:
    where = {"next": request.get_full_path()} | ({FULL: "1"} if full else {})
    return redirect(f"{resolve_url('staff:confirm')}?{urlencode(where)}")


def next_url(request: HttpRequest, *, otherwise: str) -> str:
    """Where ``next`` leads, if that is on this site; else the page named ``otherwise``."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else resolve_url(otherwise)
