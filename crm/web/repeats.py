"""A call of the API that arrives twice is carried out once: the header ``Idempotency-Key``.

What ``once`` is for forms (draft-ietf-httpapi-idempotency-key-header), with two differences: a
program gets the first answer again and not a redirect, and of two at the same moment the second
is told to come back (409) instead of waiting. Answers hold patients' data, so they are kept as
boxes of that patient, for two days, and giving one out again is an event like any other look.
"""

import json
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final, Protocol
from uuid import UUID

from django.db import connection, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from crm.web.events import WebEvent
from crm.web.idempotency import REFUSALS
from crm.web.models import ApiAnswer
from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.errors import Unreadable
from privacy.pseudonyms.models import Subject
from privacy.receipts import SubjectRef

HEADER: Final = "Idempotency-Key"
LONGEST: Final = 200
KEPT_REFUSALS: Final = (*REFUSALS, APIException)
KEY_PARAMETER: Final = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="A new one a call, such as a UUID. Sent again with the same body within two days "
    "it gives the first answer again and does nothing twice.",
)


class InFlight(APIException):
    """The first call with this key has not been answered yet."""

    status_code = HTTPStatus.CONFLICT
    default_code = "in-flight"
    wait = 1


class KeyReused(APIException):
    """The key belongs to another call."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_code = "key-reused"


class Door(Protocol):
    """A viewset that knows which patients its caller may reach."""

    def patient(self, code: str) -> SubjectRef: ...


Create = Callable[..., Response]


def repeatable(create: Create) -> Create:
    """Carry out a creating method of a viewset once per caller and key; without a key as ever.

    The patient is the one of the address, or of the answer's ``code``. What the method writes and
    the answer that is kept are one transaction. A refusal leaves no answer, so the corrected body
    may be sent with the same key; what was booked before it stays booked, as with ``once``.
    Raises: ValidationError for a malformed key; InFlight; KeyReused if path or body differ.
    """

    @wraps(create)
    def answered(view: Door, request: Request, **kwargs: Any) -> Response:
        if HEADER not in request.headers:
            return create(view, request, **kwargs)
        user: Any = request.user  # staff: the guard stands before; the model lives above this floor
        key, call = _key_of(request), _fingerprint(request)
        refusal: Exception | None = None
        with transaction.atomic():
            _take_turn(user.pk, key)
            kept = ApiAnswer.objects.filter(user=user, key=key).select_related("subject").first()
            try:
                if kept is not None:
                    response = _again(view, user, kept, call)
                else:
                    response = create(view, request, **kwargs)
                    _keep(response, ApiAnswer(user=user, key=key, call=call), **kwargs)
            except KEPT_REFUSALS as error:
                refusal = error
        if refusal is not None:
            raise refusal
        return response

    return answered


def _key_of(request: Request) -> UUID:
    """The key as a UUID, whatever its form; a quoted string, as the draft has it, or a bare one."""
    text = request.headers[HEADER].strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not (0 < len(text) <= LONGEST and text.isascii() and text.isprintable()):
        raise ValidationError({HEADER: [_("A key is 1 to 200 plain characters.")]})
    return UUID(bytes=sha256(text.encode()).digest()[:16])


def _fingerprint(request: Request) -> bytes:
    """What was asked, as a keyed hash: a plain one of a name and a phone could be guessed."""
    body = json.dumps(request.data, sort_keys=True, separators=(",", ":"))
    asked = f"{request.method} {request.path_info}\n{body}"
    return salted_hmac("suian.api-call", asked, algorithm="sha256").digest()


def _take_turn(user_id: UUID, key: UUID) -> None:
    """Hold the key until the transaction ends. Raises: InFlight if somebody holds it."""
    line = int.from_bytes(sha256(user_id.bytes + key.bytes).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [line])
        (free,) = cursor.fetchone()
    if not free:
        raise InFlight(_("The first call with this key is still running."))


def _keep(response: Response, answer: ApiAnswer, *, code: str = "", **_rest: Any) -> None:
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        return
    answer.subject = Subject.objects.get(code=code or response.data["code"])
    answer.status = response.status_code
    answer.body = JSONRenderer().render(response.data).decode()
    answer.save(force_insert=True)


def _again(view: Door, actor: Actor, kept: ApiAnswer, call: bytes) -> Response:
    """The first answer once more, for somebody who may still reach the patient."""
    if bytes(kept.call) != call:
        raise KeyReused(_("This key was used for another call. Take a new one."))
    patient = view.patient(kept.subject.code)
    path = f"{ApiAnswer._meta.model_name}.body"  # noqa: SLF001 - Django's public secret
    receipt = audit.record(WebEvent.ANSWER_REPEATED, actor=actor, subjects=[patient], fields=[path])
    try:
        text = kept.body.reveal(receipt)
    except Unreadable as error:
        audit.record_crypto_failure(path=path, code=str(error))
        raise
    return Response(json.loads(text), status=kept.status, headers={"Idempotency-Replayed": "true"})
