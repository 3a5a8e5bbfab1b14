"""The company's side of the protocol: who may ask, and what each action answers."""

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Final
from uuid import uuid4

from crm.embedded.gateway.faults import Faults, LookupFault
from crm.embedded.gateway.ledger import Ledger, Sent
from crm.embedded.gateway.receipts import Receipts
from crm.messaging.sms.signing import ALGORITHM, canonical_query, signature

WINDOW_SECONDS: Final = 15 * 60
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Credential=([^,\s]+),\s?SignedHeaders=([^,\s]+),\s?Signature=([0-9a-f]{{64}})"
)
_MUST_BE_SIGNED: Final = {
    "host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce",
    "x-acs-version",
}  # fmt: skip
_PHONE = re.compile(r"1[3-9]\d{9}|00[1-9]\d{6,14}|\d{10,12}")
Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, taken apart; header names in lower case."""

    headers: Mapping[str, str]
    parameters: Mapping[str, str]
    body: bytes


@dataclass
class Company:
    """The account of one customer at the company."""

    key_id: str
    secret: str
    ledger: Ledger
    receipts: Receipts
    faults: Faults = field(default_factory=Faults)
    may_be_faulty: bool = False
    _nonces: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def refusal(self, call: Call) -> Answer | None:
        """Why this request is not answered; None if its signature holds."""
        found = _AUTHORIZATION.fullmatch(call.headers.get("authorization", ""))
        if not found:
            return _error(400, "MissingAuthorization")
        key_id, names, proof = found.groups()
        signed = names.split(";")
        if key_id != self.key_id:
            return _error(404, "InvalidAccessKeyId.NotFound")
        if not _MUST_BE_SIGNED <= set(signed) <= set(call.headers):
            return _error(400, "IncompleteSignature")
        if call.headers["x-acs-content-sha256"] != sha256(call.body).hexdigest():
            return _error(400, "ContentSha256NotMatch")
        expected = signature(
            secret=self.secret,
            method="POST",
            path="/",
            query=canonical_query(call.parameters),
            headers=call.headers,
            signed=signed,
        )
        if not compare_digest(expected, proof):
            return _error(400, "SignatureDoesNotMatch")
        return self._stale(call.headers)

    def _stale(self, headers: Mapping[str, str]) -> Answer | None:
        now = datetime.now(UTC).timestamp()
        try:
            sent = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%S%z").timestamp()
        except ValueError:
            return _error(400, "InvalidTimeStamp.Format")
        if abs(now - sent) > WINDOW_SECONDS:
            return _error(400, "InvalidTimeStamp.Expired")
        with self._lock:
            for nonce in [one for one, when in self._nonces.items() if when < now]:
                del self._nonces[nonce]
            if headers["x-acs-signature-nonce"] in self._nonces:
                return _error(400, "SignatureNonceUsed")
            self._nonces[headers["x-acs-signature-nonce"]] = now + 2 * WINDOW_SECONDS
        return None

    def send(self, call: Call) -> tuple[Answer, Callable[[], None] | None]:
        """SendSms: the answer, and what takes the message (None if it is refused)."""
        asked = call.parameters
        phone, template = asked.get("PhoneNumbers", ""), asked.get("TemplateCode", "")
        wording = self.ledger.wording(template)
        if not _PHONE.fullmatch(phone):
            return _error(200, "isv.MOBILE_NUMBER_ILLEGAL"), None
        if wording is None:
            return _error(200, "isv.SMS_TEMPLATE_ILLEGAL"), None
        biz_id = f"{uuid4().int % 10**18}^0"

        def take() -> None:
            self.ledger.take(
                out_id=asked.get("OutId", ""),
                phone=phone,
                template=template,
                content=f"【{asked.get('SignName', '')}】{wording}",
                biz_id=biz_id,
            )
            self.receipts.after(biz_id, self.faults.next_receipt())

        return _ok(BizId=biz_id), take

    def other(self, action: str, parameters: Mapping[str, str]) -> Answer:
        """Every action but SendSms. The Local* ones are this gateway's own."""
        actions: dict[str, Callable[[Mapping[str, str]], Answer]] = {
            "QuerySendDetails": self._details,
            "AddSmsTemplate": self._add_template,
            "LocalLedger": self._newest,
            "LocalAnswer": self._patient_answers,
            "LocalFaults": self._plan_faults,
        }
        found = actions.get(action)
        return found(parameters) if found else _error(404, "InvalidAction.NotFound")

    def _details(self, asked: Mapping[str, str]) -> Answer:
        fault = self.faults.next_lookup()
        if fault is LookupFault.ERROR:
            return _error(503, "ServiceUnavailable")
        day = asked.get("SendDate", "")
        rows = self.ledger.of_phone(
            asked.get("PhoneNumber", ""), f"{day[:4]}-{day[4:6]}-{day[6:8]}"
        )
        size = _number(asked, "PageSize")
        start = (_number(asked, "CurrentPage") - 1) * size
        page = [_detail(row) for row in rows[start : start + size]]
        shown: object = "?" if fault is LookupFault.GARBAGE else {"SmsSendDetailDTO": page}
        return _ok(TotalCount=str(len(rows)), SmsSendDetailDTOs=shown)

    def _add_template(self, asked: Mapping[str, str]) -> Answer:
        content = asked.get("TemplateContent", "")
        if not content:
            return _error(200, "isv.TEMPLATE_PARAMS_ILLEGAL")
        return _ok(TemplateCode=self.ledger.add_template(asked.get("TemplateName", ""), content))

    def _newest(self, asked: Mapping[str, str]) -> Answer:
        rows = self.ledger.newest(_number(asked, "PageSize"))
        return _ok(Rows=[{**_detail(row), "BizId": row.biz_id} for row in rows])

    def _patient_answers(self, asked: Mapping[str, str]) -> Answer:
        taken = self.receipts.answer(asked.get("PhoneNumber", ""), asked.get("Content", ""))
        return _ok(Taken=taken)

    def _plan_faults(self, asked: Mapping[str, str]) -> Answer:
        if not self.may_be_faulty:
            return _error(404, "InvalidAction.NotFound")
        try:
            self.faults.plan(**json.loads(asked.get("Plan", "{}")))
        except (ValueError, TypeError):
            return _error(400, "InvalidPlan")
        return _ok()


def _number(asked: Mapping[str, str], name: str) -> int:
    text = asked.get(name, "")
    return max(1, min(int(text), 500)) if text.isascii() and text.isdigit() else 10


def _detail(row: Sent) -> dict[str, object]:
    return {
        "PhoneNum": row.phone,
        "SendStatus": row.status,
        "ErrCode": row.err_code,
        "TemplateCode": row.template,
        "Content": row.content,
        "SendDate": row.sent_at,
        "ReceiveDate": row.received_at,
        "OutId": row.out_id,
    }


def _ok(**more: object) -> Answer:
    return 200, {"Code": "OK", "Message": "OK", "RequestId": str(uuid4()).upper(), **more}


def _error(status: int, code: str) -> Answer:
    return status, {"Code": code, "Message": code, "RequestId": str(uuid4()).upper()}
