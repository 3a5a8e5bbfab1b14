"""What a passkey has to sign: bound to one session and one purpose, good once, for five minutes."""

import secrets
import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

from django.http import HttpRequest, HttpResponse

from crm.staff.middleware import client_ip
from crm.staff.passkeys import CHALLENGE_SECONDS, Answer, Site
from crm.web.counting import count
from crm.web.refusals import throttled

KEY: Final = "passkey_challenge:"  # in the session, for each purpose
REGISTER, SIGN_IN, CONFIRM = "register", "sign-in", "confirm"
MOST_A_MINUTE: Final = 60  # of one address, which may be a whole clinic's


def site_of(request: HttpRequest) -> Site:
    """The name and origin under which this page was asked for; ALLOWED_HOSTS has checked it."""
    host = request.get_host()
    return Site(rp_id=_name_of(host), origin=f"{request.scheme}://{host}")


def possible(request: HttpRequest) -> bool:
    """Passkeys belong to a name: at a bare address browsers refuse them."""
    try:
        ip_address(_name_of(request.get_host()).strip("[]"))
    except ValueError:
        return True
    return False


def ask(request: HttpRequest, purpose: str, options: Callable[[bytes], str]) -> HttpResponse:
    """A new challenge for this session, in the options that ``options`` makes of it (JSON)."""
    # Strangers may ask too, and each asking writes a session.
    asked = count(f"passkey-asks:{client_ip(request)}")
    if asked.number > MOST_A_MINUTE:
        return throttled(request, wait_seconds=asked.seconds)
    challenge = secrets.token_bytes(32)
    request.session[KEY + purpose] = [challenge.hex(), int(time.time())]
    return HttpResponse(options(challenge), content_type="application/json")


def taken(request: HttpRequest, purpose: str, text: str) -> Answer:
    """The browser's answer with the challenge that it was asked with, which is forgotten here."""
    held = request.session.pop(KEY + purpose, None)
    good = held and time.time() - held[1] < CHALLENGE_SECONDS
    challenge = bytes.fromhex(held[0]) if good else b""
    return Answer(text=text, challenge=challenge, site=site_of(request))


def _name_of(host: str) -> str:
    return host if host.endswith("]") else host.rpartition(":")[0] or host
