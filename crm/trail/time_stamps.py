"""Time stamps after RFC 3161: an authority outside vouches that a head was there at a moment.

Speaks the protocol over HTTP (RFC 3161, 3.4). The authority learns a SHA-256 and nothing else.
"""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import httpx
from cryptography.x509 import load_pem_x509_certificates
from django.conf import settings
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
LONGEST = 100_000  # bytes of an answer; real ones have a few thousand


class NotStamped(Exception):
    """The authority did not give a stamp that counts; the text says why, for the log."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """An answer that was verified: ``token`` is its DER, ``at`` the authority's time in UTC."""

    token: bytes
    at: datetime
    authority: str


def stamp(data: bytes) -> Stamp:
    """Have ``data`` stamped, and believe the answer only once it is verified.

    Raises: NotStamped for an authority that cannot be reached, refuses, answers for other data or
    another request, or is not vouched for by AUDIT_TSA_ROOT_FILE.
    """
    request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
    answer = _ask(request.as_bytes())
    return Stamp(answer, _verified(answer, data, request), httpx.URL(settings.AUDIT_TSA_URL).host)


def _ask(query: bytes) -> bytes:
    try:
        with httpx.Client(timeout=settings.AUDIT_TSA_TIMEOUT_SECONDS, trust_env=False) as http:
            answer = http.post(
                settings.AUDIT_TSA_URL, content=query, headers={"Content-Type": QUERY}
            )
    except httpx.HTTPError as error:
        raise NotStamped(type(error).__name__) from error
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip()
    if answer.status_code != HTTPStatus.OK or kind != REPLY or len(answer.content) > LONGEST:
        raise NotStamped(f"HTTP {answer.status_code}, {kind or 'no type'}")
    return answer.content


def _verified(answer: bytes, data: bytes, request: TimeStampRequest) -> datetime:
    verifier = VerifierBuilder.from_request(request)
    for root in load_pem_x509_certificates(Path(settings.AUDIT_TSA_ROOT_FILE).read_bytes()):
        verifier = verifier.add_root_certificate(root)
    try:
        response: TimeStampResponse = decode_timestamp_response(answer)
        verifier.build().verify_message(response, data)
    except (VerificationError, ValueError) as error:
        raise NotStamped(str(error)[:200]) from error
    return response.tst_info.gen_time
