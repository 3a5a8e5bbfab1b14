"""The API's door: the same policy table as the pages."""

from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from crm.staff.guards import about_refusal
from crm.staff.models import ApiToken, User
from crm.staff.networks import is_outside, refused_outside
from crm.staff.token_refusals import book_out_of_scope
from privacy.access.policy import Permission, can
from privacy.audit.services import record_denial

if TYPE_CHECKING:  # DRF's settings import this module while rest_framework.views is loading
    from rest_framework.views import APIView

UNCLEARED = _("Your clearance is missing or has lapsed: codes only. See My clearance.")


class HasPermission(BasePermission):
    """Deny unless the view names a permission for this action, the role carries it, and the
    token, if one is used, was issued for it. ``for_all_staff`` views need only a signed-in person.
    Administrators are refused everything from addresses that are not listed (R36).
    """

    message: str | Promise | None = None

    def has_permission(self, request: Request, view: "APIView") -> bool:
        user = request.user
        if not isinstance(user, User):
            return False
        if is_outside(user):
            session = None if isinstance(request.auth, ApiToken) else request.session
            told = refused_outside(
                user,
                target=request.path_info,
                session=session,
                by_itself="X-Poll" in request.headers,
            )
            self.message = told.detail  # read by DRF
            return False
        actions = getattr(view, "action_map", None)
        if actions is not None and str(request.method).lower() not in actions:
            raise MethodNotAllowed(str(request.method))  # no door, so nobody is refused at it
        if getattr(view, "for_all_staff", False):
            return user.is_active
        needed: Permission | None = getattr(view, "required_permissions", {}).get(
            getattr(view, "action", None)
        )
        token, target = request.auth, request.path_info
        if isinstance(token, ApiToken) and (needed is None or needed.value not in token.scopes):
            asked = needed.value if needed else "undeclared"
            book_out_of_scope(token, user=user, target=target, needed=asked)
            return False
        if needed is not None and can(user, needed):
            return True
        detail = about_refusal(user, needed) if needed else {}
        self.message = UNCLEARED if detail else None  # read by DRF
        asked = needed.value if needed else "undeclared"
        record_denial(actor=user, target=target, reason=asked, detail=detail)
        return False
