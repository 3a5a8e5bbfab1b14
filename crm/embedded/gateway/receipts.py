"""Delivery receipts and patients' answers, pushed to the app's address like the company does."""

import json
import threading
import time
import urllib.error
import urllib.request
from queue import Empty, SimpleQueue
from typing import Any, Final

from crm.embedded.gateway.faults import ReceiptFault
from crm.embedded.gateway.ledger import Ledger, Sent, provider_time

TRIES: Final = 3
_TIMEOUT = 5.0


class Receipts:
    """One thread that delivers, a little after the message was taken, and tells the app."""

    def __init__(self, ledger: Ledger, *, address: str, delay: float) -> None:
        self._ledger, self._address, self._delay = ledger, address, delay
        self._jobs: SimpleQueue[tuple[float, str, ReceiptFault | None]] = SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="receipts", daemon=True)
        self._thread.start()

    def stop_waiting(self) -> None:
        """No pauses from now on: the server is going."""
        self._stop.set()

    def close(self) -> None:
        self.stop_waiting()
        self._thread.join(timeout=_TIMEOUT)

    def after(self, biz_id: str, fault: ReceiptFault | None) -> None:
        """Deliver this message in a moment."""
        self._jobs.put((time.monotonic() + self._delay, biz_id, fault))

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                moment, biz_id, fault = self._jobs.get(timeout=0.2)
            except Empty:
                continue
            self._stop.wait(max(0.0, moment - time.monotonic()))
            self.deliver(biz_id, fault)

    def deliver(self, biz_id: str, fault: ReceiptFault | None) -> None:
        """Reach the phone, or fail to, and tell the app, as the fault wants it."""
        if fault is ReceiptFault.NEVER:
            return
        sent = self._ledger.finish(biz_id, delivered=fault is not ReceiptFault.FAILED)
        if sent is None:
            return
        items: list[Any] = [_receipt(sent)]
        if fault is ReceiptFault.GARBLED:
            items = ["nonsense", {"out_id": 7}, *items, None]
        self.push(items)
        if fault is ReceiptFault.TWICE:
            self.push(items)

    def answer(self, phone: str, content: str) -> bool:
        """What a patient writes back (SmsUp)."""
        return self.push(
            [
                {
                    "phone_number": phone,
                    "send_time": provider_time(),
                    "content": content,
                    "sign_name": "",
                    "dest_code": "1",
                    "sequence_id": 1,
                }
            ]
        )

    def push(self, items: list[Any]) -> bool:
        """POST the items; False if there is no address or nobody takes them."""
        if not self._address.startswith("http://"):
            return False
        request = urllib.request.Request(  # noqa: S310  # http:// only, see above
            self._address,
            data=json.dumps(items).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        for turn in range(TRIES):
            try:
                with urllib.request.urlopen(request, timeout=_TIMEOUT):  # noqa: S310  # the same
                    return True
            except (urllib.error.URLError, OSError):
                self._stop.wait(0.2 * (turn + 1))
        return False


def _receipt(sent: Sent) -> dict[str, object]:
    delivered = sent.err_code == "DELIVERED"
    return {
        "phone_number": sent.phone,
        "send_time": sent.sent_at,
        "report_time": sent.received_at,
        "success": delivered,
        "err_code": sent.err_code,
        "err_msg": "用户接收成功" if delivered else "空号",
        "sms_size": "1",
        "biz_id": sent.biz_id,
        "out_id": sent.out_id,
    }
