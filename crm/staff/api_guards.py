"""The API's door: the same policy table as the pages."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from crm.staff.models import ApiToken, User
from privacy.access.policy import Permission, can
from privacy.audit.services import record_denial

if TYPE_CHECKING:  # DRF's settings import this module while rest_framework.views is loading
    from rest_framework.views import APIView


class HasPermission(BasePermission):
    """Deny unless the view names a permission for this action, the role carries it, and the
    token, if one is used, was issued for it."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        needed: Permission | None = getattr(view, "required_permissions", {}).get(
            getattr(view, "action", None)
        )
        user = request.user
        if needed is None or not isinstance(user, User):
            return False
        token = request.auth
        in_scope = not isinstance(token, ApiToken) or needed.value in token.scopes
        if in_scope and can(user, needed):
            return True
        record_denial(actor=user, target=request.path_info[:100], reason=needed.value)
        return False
