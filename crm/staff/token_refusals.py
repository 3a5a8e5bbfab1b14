"""API tokens that were refused: each is booked, up to a rate beyond which callers are told to wait.

Refusals come before DRF's own throttle, which counts accounts and not strangers; without a limit
here anybody could fill the trail, which nobody may shorten.
"""

from django.utils.crypto import salted_hmac
from rest_framework.exceptions import Throttled

from crm.staff.events import StaffEvent
from crm.staff.models import ApiToken, User
from crm.staff.password_rules import is_due
from crm.web.counting import count_refusal
from privacy.audit.context import current_origin
from privacy.audit.services import record_denial

PER_SOURCE = 20  # refusals a minute that are booked of one address, or of one token
IN_ALL = 200  # ... and of all addresses and tokens together


def book_useless(secret: str, token: ApiToken | None) -> None:
    """Book a token that is unknown, or useless for one of the reasons of ``why_useless``.

    An unknown one may be a password typed in the wrong place: of it a short keyed mark is kept,
    enough to see that the same thing was tried again and useless for guessing it.
    Raises: Throttled, and books nothing, beyond the rate of the caller's address.
    """
    more = _counted(f"from:{current_origin().ip}")
    if token is None:
        mark = salted_hmac("suian.refused-token", secret, algorithm="sha256").hexdigest()[:8]
        record_denial(
            process="api",
            event=StaffEvent.TOKEN_REFUSED,
            target=f"token:{mark}",
            reason="unknown",
            detail=more,
        )
        return
    record_denial(
        actor=token.user,
        event=StaffEvent.TOKEN_REFUSED,
        target=f"token:{token.pk}",
        reason=why_useless(token),
        detail=more,
    )


def book_out_of_scope(token: ApiToken, *, user: User, target: str, needed: str) -> None:
    """Book that a token was used for what it was not issued for.

    Raises: Throttled, and books nothing, beyond the rate of this token.
    """
    more = _counted(f"token:{token.pk}")
    record_denial(
        actor=user,
        event=StaffEvent.TOKEN_REFUSED,
        target=target,
        reason=needed,
        detail=more,
    )


def why_useless(token: ApiToken) -> str:
    """Why a known token opens nothing now; "" if it does."""
    if token.revoked_at is not None:
        return "revoked"
    if not token.user.is_active:
        return "suspended"
    if not token.is_live:
        return "expired"
    return "password_old" if is_due(token.user) else ""


def _counted(source: str) -> dict[str, str | int]:
    """Count one refusal; what to book with it. Raises: Throttled beyond the limit."""
    counted = count_refusal("token-refusals", source, per_source=PER_SOURCE, in_all=IN_ALL)
    if counted.wait:
        raise Throttled(wait=counted.wait)
    return counted.detail
