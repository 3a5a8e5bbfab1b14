"""From where the administrators' consoles open (R36)."""

from ipaddress import ip_address
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from crm.staff.models import User
from crm.web.refusals import Refusal
from privacy.access.policy import Role
from privacy.audit.context import current_origin
from privacy.audit.services import record_denial

CONSOLES: Final = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
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


def refused_outside(user: User, *, target: str, by_itself: bool) -> Refusal:
    """Book the refusal, and say it. In: ``by_itself``: an open page asked, which is booked once
    with whatever its person does next."""
    if not by_itself:
        record_denial(actor=user, target=target, reason=OUTSIDE)
    detail = _(
        "Administrators work from addresses that the clinic has listed; %(ip)s is none of them. "
        "Use a workplace of the clinic, or ask who runs the server."
    )
    title = _("Not from this address")
    return Refusal(403, "outside-networks", title, detail % {"ip": current_origin().ip or "?"})
