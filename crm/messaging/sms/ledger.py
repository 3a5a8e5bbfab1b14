"""Reading the ledger of the local gateway: an action that no real provider has."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from crm.messaging.sms.aliyun import AliyunSms
from crm.messaging.sms.current import provider_connection


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One message the gateway took. Times are texts in the provider's zone."""

    reference: str
    phone: str
    content: str
    sent_at: str
    received_at: str
    status: int


def newest_rows(limit: int) -> list[LedgerRow] | None:
    """The newest rows; None if the gateway does not answer, or is no local one."""
    if not settings.DEMO:
        return None
    with provider_connection() as provider:
        if not isinstance(provider, AliyunSms):
            return None
        rows = provider.local_action("LocalLedger", {"PageSize": str(limit)}).get("Rows")
    return [_row(row) for row in rows] if isinstance(rows, list) else None


def _row(row: dict[str, Any]) -> LedgerRow:
    return LedgerRow(
        reference=str(row.get("OutId", "")),
        phone=str(row.get("PhoneNum", "")),
        content=str(row.get("Content", "")),
        sent_at=str(row.get("SendDate", "")),
        received_at=str(row.get("ReceiveDate", "")),
        status=int(row.get("SendStatus", 0)),
    )
