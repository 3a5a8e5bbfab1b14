"""Who may pass a door. Closed unless a view names what it needs."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django_htmx.middleware import HtmxDetails

from crm.staff.models import User
from crm.web.openness import public
from privacy.access.policy import Permission, can, waits_for_clearance
from privacy.audit.services import record_denial

__all__ = ["StaffRequest", "public", "requires", "signed_in"]


class StaffRequest(HttpRequest):
    """A request after sign-in: for annotations only, never instantiated."""

    user: User
    htmx: HtmxDetails


ViewFunc = Callable[..., HttpResponseBase]


def requires(*permissions: Permission) -> Callable[[ViewFunc], ViewFunc]:
    """Let the view run only for staff whose role carries one of ``permissions``.

    A refusal is booked before it is answered (R31).
    """

    def decorate(view: ViewFunc) -> ViewFunc:
        @wraps(view)
        def guarded(request: StaffRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not any(can(request.user, one) for one in permissions):
                target = request.resolver_match.view_name if request.resolver_match else ""
                asked = permission_asked(request.user, permissions)
                record_denial(
                    actor=request.user, target=target, reason=asked.value,
                    detail=about_refusal(request.user, asked),
                )  # fmt: skip
                raise PermissionDenied(asked.value)
            return view(request, *args, **kwargs)

        guarded.required_permissions = permissions  # type: ignore[attr-defined]  # read by tests
        return guarded

    return decorate


def permission_asked(user: User, permissions: Sequence[Permission]) -> Permission:
    """Which one a refusal names: one that only the clearance holds back, else the first."""
    held_back = (one for one in permissions if waits_for_clearance(user, one))
    return next(held_back, permissions[0])


def about_refusal(user: User, permission: Permission) -> dict[str, str | int]:
    """What the trail notes beside a refusal: whether the role would have done."""
    return {"uncleared": 1} if waits_for_clearance(user, permission) else {}


def signed_in(view: ViewFunc) -> ViewFunc:
    """Mark a view that any signed-in member of staff may use, such as signing out."""
    view.for_all_staff = True  # type: ignore[attr-defined]  # read by tests
    return view
