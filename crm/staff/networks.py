"""From where: administrators' consoles (R36), and a session that goes on elsewhere (ADR 0038)."""

from ipaddress import ip_address
from typing import Final

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils.translation import gettext as _

from crm.staff.events import StaffEvent
from crm.staff.models import User
from crm.staff.rules import network_of
from crm.staff.session_store import MOVED, NETWORKS, REFUSED
from crm.web.refusals import Refusal
from privacy.access.policy import Role
from privacy.audit.context import current_origin
from privacy.audit.services import record, record_denial

CONSOLES: Final = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
MOST_NETWORKS: Final = 4  # of one session: a building with two lines, and a telephone
OUTSIDE: Final = "outside_networks"  # why the trail says an administrator was refused


def is_outside(user: User) -> bool:
    """Whether the running request is an administrator's from an address that is not listed.

    The address is the one in the trail. One that cannot be read is outside; without a list
    (ADMIN_NETWORKS) nobody is.
    """
    networks = settings.ADMIN_NETWORKS
    if not networks or user.role not in CONSOLES:
        return False
    ip = current_origin().ip
    return ip is None or not any(ip_address(ip) in network for network in networks)


def refused_outside(
    user: User, *, target: str, session: SessionBase | None, by_itself: bool
) -> Refusal:
    """Book the refusal, and say it.

    In: ``session`` None where a program signed in by a token; ``by_itself`` an open page says that
    nobody asked: that is the browser's word, so the first refusal of a session from a network is
    booked all the same.
    """
    here = network_of(current_origin().ip)
    first = session is None or session.get(REFUSED) != here
    if first or not by_itself:
        record_denial(actor=user, target=target, reason=OUTSIDE)
    if first and session is not None:
        session[REFUSED] = here
    detail = _(
        "Administrators work from addresses that the clinic has listed; %(ip)s is none of them. "
        "Use a workplace of the clinic, or ask who runs the server."
    )
    title = _("Not from this address")
    return Refusal(403, "outside-networks", title, detail % {"ip": current_origin().ip or "?"})


def note_network(session: SessionBase) -> None:
    """The second factor was shown from where the running request comes from."""
    here = network_of(current_origin().ip)
    known = [one for one in session.get(NETWORKS, []) if one != here]
    session[NETWORKS] = [*known, here][-MOST_NETWORKS:]
    session.pop(MOVED, None)


def has_moved(session: SessionBase) -> bool:
    """Whether the running request comes from a network where this session has shown no factor."""
    known = session.get(NETWORKS)
    return known is not None and network_of(current_origin().ip) not in known


@transaction.atomic
def book_move(*, user: User, session: SessionBase) -> None:
    """Book it, once a network."""
    here = network_of(current_origin().ip)
    if session.get(MOVED) == here:
        return
    session[MOVED] = here
    detail = {"from": session[NETWORKS][-1], "to": here}
    target = f"staff:{user.staff_no}"
    record(StaffEvent.MOVED, actor=user, target=target, detail=detail)
