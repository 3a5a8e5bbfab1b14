"""Doors: signing in and out."""

from collections.abc import Mapping
from typing import Final

from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from crm.staff import challenges, demo, news, services
from crm.staff.forms import SignInForm
from crm.staff.guards import StaffRequest, public, signed_in
from crm.staff.middleware import client_ip, start_session
from crm.staff.models import User
from crm.staff.rules import End
from crm.staff.step_up import next_url
from crm.staff.views import enrolling
from crm.staff.views.enrolling import BACKEND
from crm.web import kept
from privacy.errors import DomainError

# What is told to whoever comes back with a session that is over; other endings need no words.
WHY_ENDED: Final[Mapping[str, Promise | str]] = {
    End.IDLE: _("Your session ended because nothing was done for a while."),
    End.ABSOLUTE: _("Your session ended because it was open for too long."),
    End.ONE_TOO_MANY: _(
        "This session ended because you signed in on one more device: two at a time are allowed. "
        "If that was not you, tell the security administrator now."
    ),
    End.OWN_WISH: _("You ended this session from another device."),
    End.PASSWORD: _("This session ended because the password was changed."),
    End.BY_ADMINISTRATOR: _("The security administrator ended all your sessions."),
    End.RESTORE: _("All sessions ended because the records were restored from a backup."),
}


@public("staff sign in here")
@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Password and one-time code; in the demo clinic also one click an account.

    Also answers a form whose session ran out, at the form's own address: it carries what was typed.
    """
    if request.user.is_authenticated:
        return _onwards(request, request.user)
    in_demo = demo.is_demo(request)
    late = getattr(request, "timed_out", None)
    if late and kept.may_be_kept(request):
        return _late_page(request, late, in_demo=in_demo)
    filled = demo.prefill(request.GET.get("as", "")) if in_demo else None
    form, wait = SignInForm(request.POST or None), 0
    if form.is_valid():
        try:
            user = _checked(request, form)
        except services.MustEnrol as wanted:
            return enrolling.begin(request, wanted.user)
        except DomainError as error:
            form.add_error(None, str(error))
            wait = error.wait if isinstance(error, services.SignInFailed) else 0
        else:
            login(request, user, backend=BACKEND)
            start_session(request)
            _tell_news(request, user)
            return _onwards(request, user)
    status = 422 if form.is_bound else 200
    page = _page(request, form, filled, in_demo=in_demo, status=429 if wait else status)
    if wait:
        page["Retry-After"] = str(wait)
    return page


def _tell_news(request: HttpRequest, user: User) -> None:
    """Refused sign-ins and changed ways in, to whom they concern, as soon as they are there."""
    happened = news.since_last_time(user, ip=client_ip(request))
    if happened is None:
        return
    text = _(
        "Since you last signed in (%(last)s): refused sign-ins %(refused)d, changes to how you "
        "sign in %(changed)d. My account lists them; if one was not yours, tell the security "
        "administrator."
    )
    last = date_format(timezone.localtime(happened.last), "SHORT_DATETIME_FORMAT")
    counts = {"refused": happened.refused, "changed": happened.changed, "last": last}
    messages.warning(request, text % counts)


def _checked(request: HttpRequest, form: SignInForm) -> User:
    """Raises: what ``services.sign_in`` raises."""
    given = dict(form.cleaned_data)
    text = given.pop("passkey")
    answer = challenges.taken(request, challenges.SIGN_IN, text) if text else None
    return services.sign_in(**given, ip=client_ip(request), answer=answer)


def _onwards(request: HttpRequest, user: User) -> HttpResponse:
    """To where one was going, or to the form that waits in this page."""
    waiting = kept.opened(request.POST.get(kept.FIELD, ""), owner=user.pk)
    if waiting:
        return kept.page(request, waiting)
    return redirect(next_url(request, otherwise="/"))


def _late_page(request: HttpRequest, user: User, *, in_demo: bool) -> HttpResponse:
    """The sign-in page in answer to a form that came after its session had ended."""
    filled = demo.prefill(user.staff_no) if in_demo else None
    form = SignInForm(initial={"staff_no": user.staff_no})
    waiting = kept.sealed(kept.form_of(request), owner=user.pk)
    return _page(request, form, filled, in_demo=False, status=403, waiting=waiting)


def _page(
    request: HttpRequest,
    form: SignInForm,
    filled: demo.Prefill | None,
    *,
    in_demo: bool,
    status: int,
    waiting: str = "",
) -> HttpResponse:
    if filled and not form.is_bound:
        form.initial = {"staff_no": filled.staff_no, "code": filled.code}
        form.fields["password"].widget.render_value = True
        form.initial["password"] = filled.password
    page = {
        "form": form,
        "next": next_url(request, otherwise="/"),
        "demo_accounts": demo.demo_accounts() if in_demo else [],
        "filled": filled,
        "able": challenges.possible(request),
        "why_ended": WHY_ENDED.get(request.GET.get("ended", ""), ""),
        "kept": waiting or request.POST.get(kept.FIELD, ""),
    }
    return render(request, "crm/staff/sign_in.html", page, status=status)


@signed_in
@require_POST
def sign_out(request: StaffRequest) -> HttpResponse:
    """End the session and ask the browser to forget what it holds (R35)."""
    services.book_sign_out(user=request.user)
    logout(request)
    response = redirect("staff:sign-in")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
