"""Password check for staff, in constant effort for known and unknown names."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from crm.staff.models import User

# Whom the session that is being looked at brought along, for the length of that look.
_of_session: ContextVar[User | None] = ContextVar("suian_staff_of_session", default=None)


@contextmanager
def brought_by(session: object) -> Iterator[None]:
    """The person whom a loaded session names is not asked for a second time."""
    token = _of_session.set(getattr(session, "staff", None))
    try:
        yield
    finally:
        _of_session.reset(token)


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
        held = _of_session.get()
        if held is not None and str(held.pk) == str(user_id):
            return held if held.is_active else None
        return User.objects.select_related("clinic").filter(pk=user_id, is_active=True).first()
