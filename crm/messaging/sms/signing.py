"""ACS3-HMAC-SHA256: how requests to Alibaba Cloud are signed (its "V3 request structure").

Standard library only: the local gateway checks signatures with the same functions.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"
_SIGNED_PREFIX = "x-acs-"


def canonical_query(parameters: Mapping[str, str]) -> str:
    """Parameters sorted by name, percent-encoded as RFC 3986 wants: a space is %20, ~ stays."""
    return "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}"
        for name, value in sorted(parameters.items())
    )


def signed_names(headers: Mapping[str, str]) -> list[str]:
    """The headers that must be signed if they are there: host, content-type, x-acs-*."""
    names = (name.lower() for name in headers)
    return sorted(
        name
        for name in names
        if name in {"host", "content-type"} or name.startswith(_SIGNED_PREFIX)
    )


def signature(
    *,
    secret: str,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    signed: list[str],
) -> str:
    """The hex signature; ``query`` canonical, ``headers`` holding every name in ``signed``.

    The body is covered through its hash in ``x-acs-content-sha256``.
    """
    folded = {name.lower(): value.strip() for name, value in headers.items()}
    lines = "".join(f"{name}:{folded[name]}\n" for name in signed)
    body_hash = folded["x-acs-content-sha256"]
    request = "\n".join([method, path, query, lines, ";".join(signed), body_hash])
    to_sign = f"{ALGORITHM}\n{sha256(request.encode()).hexdigest()}"
    return hmac.new(secret.encode(), to_sign.encode(), sha256).hexdigest()


def authorization(
    *,
    key_id: str,
    secret: str,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
) -> str:
    """The value of the Authorization header for a request with these headers."""
    signed = signed_names(headers)
    proof = signature(
        secret=secret, method=method, path=path, query=query, headers=headers, signed=signed
    )
    return f"{ALGORITHM} Credential={key_id},SignedHeaders={';'.join(signed)},Signature={proof}"
