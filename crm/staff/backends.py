"""Password check for staff, in constant effort for known and unknown names."""

from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from crm.staff.models import User


class StaffBackend:
    """No permissions of Django's own: the policy table decides (privacy.access.policy)."""

    def authenticate(
        self, request: HttpRequest | None, staff_no: str = "", password: str = "", **_extra: Any
    ) -> User | None:
        user = User.objects.filter(staff_no=staff_no).first()
        if user is None:
            make_password(password)  # the same work as for a known name (T18)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: UUID | str) -> User | None:
        return User.objects.select_related("clinic").filter(pk=user_id, is_active=True).first()
