"""Reading staff."""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from crm.staff.models import ApiToken, StaffSession, User


def staff_member(user: object) -> User:
    """The signed-in member of staff; for doors that run after authentication.

    Raises: TypeError if nobody is signed in, which such a door never meets.
    """
    if not isinstance(user, User):
        raise TypeError("no member of staff is signed in")
    return user


def colleagues_of(staff: User) -> QuerySet[User]:
    """Active staff of the same clinic, by role and name."""
    return User.objects.filter(clinic_id=staff.clinic_id, is_active=True).order_by(
        "role", "display_name"
    )


def staff_of_clinic(viewer: User) -> QuerySet[User]:
    """Every account of the viewer's clinic, suspended ones last."""
    return User.objects.filter(clinic_id=viewer.clinic_id).order_by(
        "-is_active", "role", "staff_no"
    )


def tokens_of(owner: User) -> QuerySet[ApiToken]:
    """The owner's API tokens, newest first, ended ones included."""
    return ApiToken.objects.filter(user=owner).order_by("-created_at")


def staff_by_number(staff_no: str) -> User | None:
    """The active account with this staff number, for commands run in somebody's name."""
    return User.objects.filter(staff_no=staff_no, is_active=True).select_related("clinic").first()


def sessions_shown_to(owner: User, *, current: bytes) -> list[StaffSession]:
    """The live sessions; ``is_current`` on the one whose key's hash is ``current``."""
    shown = list(live_sessions_of(owner))
    for one in shown:
        one.is_current = bytes(one.key_hash) == current
    return shown


def live_sessions_of(owner: User) -> QuerySet[StaffSession]:
    """Sessions that the next request may still use, the newest first (R28)."""
    now = timezone.now()
    return StaffSession.objects.filter(
        user=owner,
        ended_at__isnull=True,
        expires_at__gt=now,
        seen_at__gte=now - timedelta(seconds=settings.SESSION_IDLE_SECONDS),
        started_at__gte=now - timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS),
    ).order_by("-started_at", "-created_at")
