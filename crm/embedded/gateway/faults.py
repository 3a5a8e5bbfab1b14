"""What may go wrong at an SMS company, on demand: only where a rehearsal asks for it."""

import threading
from collections import deque
from collections.abc import Iterable
from enum import StrEnum


class SendFault(StrEnum):
    """What the next SendSms does instead of a proper answer."""

    TIMEOUT_BEFORE = "timeout_before"  # never answers, did not take the message
    TIMEOUT_AFTER = "timeout_after"  # took it, never answers
    ERROR_BEFORE = "error_before"  # 500, did not take it
    ERROR_AFTER = "error_after"  # 500, took it
    RESET_BEFORE = "reset_before"  # connection reset, did not take it
    RESET_AFTER = "reset_after"
    GARBAGE_BEFORE = "garbage_before"  # 200 and no JSON
    GARBAGE_AFTER = "garbage_after"
    ERROR_BODY = "error_body"  # 200 with a refusal in the body
    BUSY = "busy"  # 200 with "system error": undecided, did not take it
    REFUSED = "refused"  # 400
    SLOW = "slow"  # takes it, answers late but in time


class ReceiptFault(StrEnum):
    """What becomes of the delivery receipt of the next message that is taken."""

    TWICE = "twice"
    NEVER = "never"
    FAILED = "failed"  # says that the phone was not reached
    GARBLED = "garbled"  # among items of no known form


class LookupFault(StrEnum):
    """What the next QuerySendDetails does."""

    ERROR = "error"
    GARBAGE = "garbage"


class Faults:
    """Three queues; an empty one means that all goes well."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._send: deque[SendFault] = deque()
        self._receipt: deque[ReceiptFault] = deque()
        self._lookup: deque[LookupFault] = deque()

    def plan(
        self,
        *,
        send: Iterable[str] = (),
        receipt: Iterable[str] = (),
        lookup: Iterable[str] = (),
    ) -> None:
        """Replace what is planned. Raises: ValueError for a name that is not known."""
        planned = (
            [SendFault(name) for name in send],
            [ReceiptFault(name) for name in receipt],
            [LookupFault(name) for name in lookup],
        )
        with self._lock:
            self._send, self._receipt, self._lookup = (
                deque(planned[0]), deque(planned[1]), deque(planned[2])
            )  # fmt: skip

    def next_send(self) -> SendFault | None:
        with self._lock:
            return self._send.popleft() if self._send else None

    def next_receipt(self) -> ReceiptFault | None:
        with self._lock:
            return self._receipt.popleft() if self._receipt else None

    def next_lookup(self) -> LookupFault | None:
        with self._lock:
            return self._lookup.popleft() if self._lookup else None
