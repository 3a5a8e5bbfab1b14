"""A session that goes on from another network shows its second factor first (ADR 0038)."""

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from crm.staff import step_up
from crm.staff.middleware import KEEPS_PAGE
from crm.staff.networks import book_move, has_moved
from crm.staff.selectors import staff_member
from crm.web.refusals import API_PREFIX, Refusal, answer

# Where the factor is shown, and the way out.
OPEN: Final = frozenset({"staff:confirm", "staff:passkey-ask-confirm", "staff:sign-out"})


class MovedSessionMiddleware:
    """Nothing is done before the factor is shown; what was typed is carried, as in every step-up.

    Innermost: the form has been read, and the trail knows the address.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        _view_args: tuple[Any, ...],
        _view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if not request.user.is_authenticated or not has_moved(request.session):
            return None
        program = request.path.startswith(API_PREFIX)
        here = request.resolver_match.view_name if request.resolver_match else ""
        if here in OPEN or not (program or getattr(view_func, "login_required", True)):
            return None
        book_move(user=staff_member(request.user), session=request.session)
        if program or KEEPS_PAGE in request.headers:
            text = _("You are in another network. Reload a page, and show the second factor.")
            return answer(request, Refusal(403, "moved", text, text))
        return step_up.demand(request)
