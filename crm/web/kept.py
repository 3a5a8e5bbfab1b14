"""A form that came too late is not lost: the answer carries its fields and sends them on (R28).

Two ways to be late: the session's clock ran out while somebody typed, or the proof of origin was
made before another sign-in in the same browser. Nothing is stored on the server. The page that
answers holds the fields, as the form did, and nothing is sent without one more click.
"""

import json
import zlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac

from crm.web.refusals import wants_page

FIELD: Final = "kept_form"
SALT: Final = "suian.web.kept"
MOST_AGE_SECONDS: Final = 60 * 60
# Passwords and codes are typed anew: what these doors are sent is never carried.
NEVER_OF: Final = frozenset({"staff"})
# Nor what any door takes as its second factor: a recovery code is good for whoever finds it.
NOT_CARRIED: Final = frozenset(
    {"csrfmiddlewaretoken", "factor_password", "factor_code", "factor_passkey"}
)
Fields = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class KeptForm:
    """Where a form was going, and what was typed."""

    path: str
    fields: Fields


def may_be_kept(request: HttpRequest) -> bool:
    """Whether this is the POST of a whole page whose fields may be carried. Files are not."""
    match = request.resolver_match
    known = match is not None and not NEVER_OF & set(match.namespaces)
    return request.method == "POST" and known and wants_page(request) and not request.FILES


def form_of(request: HttpRequest) -> KeptForm:
    """What the request brought, without its proof of origin and codes."""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in NOT_CARRIED
    ]
    return KeptForm(request.get_full_path(), fields)


def _cipher() -> Fernet:
    # Encrypted, not only signed: the page stands on a counter's screen and nobody is signed in.
    key = salted_hmac(SALT, "sealed", algorithm="sha256").digest()
    return Fernet(urlsafe_b64encode(key))


def sealed(form: KeptForm, *, owner: UUID) -> str:
    """The form as one encrypted value for a hidden field; only ``owner`` gets it back."""
    told = {"owner": str(owner), "path": form.path, "fields": form.fields}
    return _cipher().encrypt(zlib.compress(json.dumps(told).encode())).decode()


def opened(text: str, *, owner: UUID) -> KeptForm | None:
    """The form again, or None: nothing kept, an hour old, forged, or somebody else's."""
    try:
        plain = _cipher().decrypt(text.encode(), ttl=MOST_AGE_SECONDS)
    except InvalidToken:
        return None
    told = json.loads(zlib.decompress(plain))
    if told["owner"] != str(owner):
        return None
    return KeptForm(told["path"], [(name, value) for name, value in told["fields"]])


def page(request: HttpRequest, form: KeptForm) -> HttpResponse:
    """Says that nothing is saved yet, and sends the fields on with one click."""
    return render(request, "errors/kept.html", {"kept": form}, status=403)
