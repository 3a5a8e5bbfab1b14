"""One-click accounts of the demo clinic: on this machine only, and never in production.

``settings.production`` says DEMO = False whatever the environment holds; a start-up check refuses
DEMO together with any host that is not loopback.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from crm.staff.middleware import client_ip
from crm.staff.models import TotpDevice, User
from crm.staff.services import codes_around

FORWARDED: Final = frozenset({"Forwarded", "Via", "X-Forwarded-For", "X-Real-Ip"})


@dataclass(frozen=True, slots=True)
class Prefill:
    """What the sign-in form is filled with for one demo account."""

    staff_no: str
    password: str
    code: str


def is_demo(request: HttpRequest) -> bool:
    """Whether this request comes from the demo clinic's own machine.

    A proxy or tunnel on this machine brings strangers from loopback: its headers give it away.
    """
    if FORWARDED & set(request.headers):
        return False
    address = client_ip(request)
    return bool(settings.DEMO and address and ip_address(address).is_loopback)


def demo_password(staff_no: str) -> str:
    """The password of a demo account: made from this installation's secret, never a default."""
    return salted_hmac("suian.demo", staff_no, algorithm="sha256").hexdigest()[:16]


def demo_accounts() -> list[User]:
    """Every active account that can be signed in to, the oldest first."""
    able = User.objects.filter(is_active=True, totp__isnull=False)
    return list(able.order_by("created_at"))


def prefill(staff_no: str) -> Prefill | None:
    """Password and the next unused code of an account, or None if there is no such account."""
    if "\0" in staff_no:
        return None
    device = TotpDevice.objects.select_related("user").filter(user__staff_no=staff_no).first()
    if device is None or not device.user.is_active:
        return None
    fresh = [code for step, code in codes_around(device) if step > device.last_step]
    # The present code if it is unused, else the next one: signing in twice in a row works.
    code = f"{fresh[-2:][0]:06d}" if fresh else ""  # both used: wait for the next half minute
    return Prefill(staff_no, demo_password(staff_no), code)
