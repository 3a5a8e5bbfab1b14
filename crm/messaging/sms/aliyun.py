"""Alibaba Cloud SMS (dysmsapi, version 2017-05-25) over HTTP: SendSms, QuerySendDetails.

The protocol carries parameters, the phone among them, in the query of a POST over TLS. Nothing
here is logged, and httpx's own log of addresses is off (settings.LOGGING).
"""

import json
import socket
from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final, Self
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from crm.messaging.sms.provider import Answer, Fate
from crm.messaging.sms.signing import authorization, canonical_query

API_VERSION: Final = "2017-05-25"
NO_BODY: Final = sha256(b"").hexdigest()
PAGE_SIZE: Final = 50
MOST_PAGES: Final = 10
OK: Final = "OK"
# Codes that do not say whether the message was taken: asking again is the only way to know.
_UNDECIDED: Final = ("isp.", "Throttling", "ServiceUnavailable", "InternalError")
_WAITING, _FAILED, _DELIVERED = 1, 2, 3  # SendStatus of QuerySendDetails
_NOTICE = 1  # TemplateType: a notice, not a code and not advertising
_LONGEST_CODE = 40
_KEEP_SECONDS = 2.0


class AliyunSms:
    """One client for one round of sending; use it as a context manager."""

    def __init__(
        self, *, base_url: str, key_id: str, secret: str, sign_name: str, timeout: float
    ) -> None:
        self._base = urlsplit(base_url)
        self._key_id, self._secret, self._sign_name = key_id, secret, sign_name
        self._timeout = timeout
        # Kept for a moment only: one that died unnoticed would look like a lost answer.
        limits = httpx.Limits(keepalive_expiry=_KEEP_SECONDS)
        self._http = httpx.Client(timeout=timeout, limits=limits, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def is_reachable(self) -> bool:
        """Whether the provider's port answers; says nothing about the sign-in."""
        port = self._base.port or (443 if self._base.scheme == "https" else 80)
        try:
            with socket.create_connection((self._base.hostname or "", port), self._timeout):
                return True
        except OSError:
            return False

    def send(self, *, phone: str, template: str, reference: str) -> Answer:
        """SendSms. Refused for certain: a 4xx or an isv.* code; everything unclear is UNKNOWN."""
        status, body = self._call(
            "SendSms",
            {
                "PhoneNumbers": national(phone),
                "SignName": self._sign_name,
                "TemplateCode": template,
                "TemplateParam": "{}",
                "OutId": reference,
            },
        )
        code = _code(body)
        if status == HTTPStatus.OK and code == OK:
            return Answer(Fate.ACCEPTED, OK, str(body.get("BizId", ""))[:64])
        if not code or status >= HTTPStatus.INTERNAL_SERVER_ERROR or code.startswith(_UNDECIDED):
            return Answer(Fate.UNKNOWN, code or f"http-{status}")
        return Answer(Fate.REFUSED, code)

    def lookup(self, *, phone: str, day: date, reference: str) -> Answer:
        """QuerySendDetails of the phone and day, page by page, until our OutId turns up."""
        for page in range(1, MOST_PAGES + 1):
            status, body = self._call(
                "QuerySendDetails",
                {
                    "PhoneNumber": national(phone),
                    "SendDate": f"{day:%Y%m%d}",
                    "PageSize": str(PAGE_SIZE),
                    "CurrentPage": str(page),
                },
            )
            if status != HTTPStatus.OK or _code(body) != OK:
                return Answer(Fate.UNKNOWN, _code(body) or f"http-{status}")
            rows = _details(body)
            if rows is None:
                return Answer(Fate.UNKNOWN, "unreadable")
            for row in rows:
                if row.get("OutId") == reference:
                    return _fate(row)
            if len(rows) < PAGE_SIZE:
                return Answer(Fate.NOT_FOUND, "not-found")
        return Answer(Fate.UNKNOWN, "too-many-rows")

    def register_template(self, *, name: str, text: str) -> str:
        """AddSmsTemplate; a real provider then reviews the wording for some hours."""
        status, body = self._call(
            "AddSmsTemplate",
            {
                "TemplateType": str(_NOTICE),
                "TemplateName": name,
                "TemplateContent": text,
                "Remark": name,
            },
        )
        taken = status == HTTPStatus.OK and _code(body) == OK
        return str(body.get("TemplateCode", "")) if taken else ""

    def local_action(self, action: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """An action of the local gateway alone; {} where it is not answered."""
        status, body = self._call(action, parameters)
        return body if status == HTTPStatus.OK and _code(body) == OK else {}

    def _call(self, action: str, parameters: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """The HTTP status and JSON object of the answer; (0, {}) without an answer."""
        query = canonical_query(parameters)
        headers = {
            "host": self._base.netloc,
            "x-acs-action": action,
            "x-acs-version": API_VERSION,
            "x-acs-date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "x-acs-signature-nonce": uuid4().hex,
            "x-acs-content-sha256": NO_BODY,
        }
        headers["Authorization"] = authorization(
            key_id=self._key_id,
            secret=self._secret,
            method="POST",
            path="/",
            query=query,
            headers=headers,
        )
        address = f"{self._base.scheme}://{self._base.netloc}/?{query}"
        try:
            response = self._http.post(address, headers=headers)
            body = json.loads(response.content)
        except httpx.HTTPError:
            return 0, {}
        except ValueError:
            return response.status_code, {}
        return response.status_code, body if isinstance(body, dict) else {}


def national(phone: str) -> str:
    """The number as the provider wants it: mainland without +86, others as 00 and digits."""
    return phone.removeprefix("+86") if phone.startswith("+86") else phone.replace("+", "00")


def _code(body: Mapping[str, Any]) -> str:
    return str(body.get("Code", ""))[:_LONGEST_CODE]


def _details(body: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    holder = body.get("SmsSendDetailDTOs")
    rows = holder.get("SmsSendDetailDTO") if isinstance(holder, dict) else None
    if not isinstance(rows, list):
        return None
    return [row for row in rows if isinstance(row, dict)]


def _fate(row: Mapping[str, Any]) -> Answer:
    code = str(row.get("ErrCode") or "")[:_LONGEST_CODE]
    fates = {_WAITING: Fate.ACCEPTED, _FAILED: Fate.FAILED, _DELIVERED: Fate.DELIVERED}
    fate = fates.get(row.get("SendStatus", 0), Fate.ACCEPTED)
    return Answer(fate, code or fate.value)
