"""What the provider pushes to us: delivery receipts, and what patients answer (SmsReport, SmsUp).

The push is not signed by the provider. What we check: the unguessable address, the form, that
the reference is ours; and a receipt can only move a message forward. What cannot be checked:
that the provider really wrote it, and when (it repeats pushes for hours, so a limit of minutes
would lose true receipts); a replayed receipt is known by its digest and does nothing.
"""

import hmac
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from crm.messaging import answers
from crm.messaging.events import MessageEvent
from crm.messaging.rules import is_stop_word
from crm.messaging.sms.callback_address import derived_token
from crm.messaging.sms.provider import Answer, Fate
from crm.patients.models import Patient, PatientContact
from crm.patients.rules import normalise_phone
from privacy.audit import services as audit
from privacy.audit.rules import storable
from privacy.consent.services import stop_all_contact
from privacy.errors import Unreadable

PROCESS: Final = "sms-callback"
MOST_ITEMS: Final = 500
_LONGEST = 40
PHONE: Final = "patientcontact.phone"


def callback_token() -> str:
    """The secret part of the callback's address: set, or derived from the gateway's secret."""
    if settings.SMS_CALLBACK_TOKEN:
        return str(settings.SMS_CALLBACK_TOKEN)
    return derived_token(settings.SMS_GATEWAY_SECRET)


def is_callback_token(token: str) -> bool:
    """Whether the address was called by somebody who knows it. Constant time."""
    expected = callback_token()
    return bool(expected) and hmac.compare_digest(token.encode(), expected.encode())


def take_push(body: bytes) -> int:
    """Book every item that we understand. Returns how many changed something.

    Items of another form, for another system or repeated are passed over: one bad item must
    not lose the receipts beside it.
    """
    try:
        items = json.loads(body)
    except (ValueError, RecursionError):
        return 0
    if not isinstance(items, list):
        return 0
    return sum(_take(item) for item in items[:MOST_ITEMS] if isinstance(item, dict))


def _take(item: Mapping[str, Any]) -> int:
    if "content" in item:
        return _take_words(item)
    return _take_receipt(item)


def _take_receipt(item: Mapping[str, Any]) -> int:
    reference, success = item.get("out_id"), item.get("success")
    if not isinstance(reference, str) or not isinstance(success, bool):
        return 0
    reference, code = storable(reference), storable(str(item.get("err_code") or ""))[:_LONGEST]
    fate = Fate.DELIVERED if success else Fate.FAILED
    facts = [reference, str(item.get("biz_id")), code, str(success), str(item.get("report_time"))]
    taken = answers.take_receipt(
        reference=reference[:_LONGEST],
        answer=Answer(fate, code or fate.value),
        digest=sha256("\0".join(facts).encode("utf-8", "replace")).hexdigest(),
    )
    return int(taken)


def _take_words(item: Mapping[str, Any]) -> int:
    """An SMS from a phone. Only a wish to be left alone is acted on; the text is not kept."""
    if not is_stop_word(str(item.get("content", ""))[:100]):
        return 0
    phone = normalise_phone(str(item.get("phone_number", ""))[:_LONGEST]).value
    return _stop(phone) if phone else 0


@transaction.atomic
def _stop(phone: str) -> int:
    """Withdraw every consent to contact of all patients who are reached by this phone (S74)."""
    candidates = PatientContact.objects.may_have_phone(phone).select_related("patient__subject")
    return sum(_stop_for(one.patient) for one in candidates if _is_theirs(one, phone))


def _stop_for(patient: Patient) -> int:
    audit.record(
        MessageEvent.STOPPED,
        process=PROCESS,
        subjects=[patient],
        target=f"patient:{patient.pk}",
    )
    return stop_all_contact(subject=patient, actor=None)


def _is_theirs(contact: PatientContact, phone: str) -> bool:
    """Strangers share a fingerprint: being compared is not having asked to be left alone."""
    if contact.phone is None:
        return False
    receipt = audit.record(
        MessageEvent.COMPARED, process=PROCESS, subjects=[contact.patient], fields=[PHONE]
    )
    try:
        return bool(contact.phone.reveal(receipt) == phone)
    except Unreadable as error:
        audit.record_crypto_failure(path=PHONE, code=str(error))
        return False
