"""HTTP on the loopback address. Nothing is logged: requests carry phone numbers."""

import contextlib
import json
import socket
import struct
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

from crm.embedded.gateway.faults import SendFault
from crm.embedded.gateway.ledger import Ledger
from crm.embedded.gateway.protocol import Answer, Call, Company
from crm.embedded.gateway.receipts import Receipts

LOOPBACK: Final = "127.0.0.1"
LONGEST_BODY: Final = 64 * 1024
_TAKES: Final = {
    SendFault.TIMEOUT_AFTER,
    SendFault.ERROR_AFTER,
    SendFault.RESET_AFTER,
    SendFault.GARBAGE_AFTER,
    SendFault.SLOW,
}
_HANGS: Final = {SendFault.TIMEOUT_BEFORE, SendFault.TIMEOUT_AFTER}
_RESETS: Final = {SendFault.RESET_BEFORE, SendFault.RESET_AFTER}
_GARBAGE: Final = {SendFault.GARBAGE_BEFORE, SendFault.GARBAGE_AFTER}
_ANSWERS: Final[dict[SendFault, Answer]] = {
    SendFault.ERROR_BEFORE: (500, {"Code": "InternalError"}),
    SendFault.ERROR_AFTER: (500, {"Code": "InternalError"}),
    SendFault.ERROR_BODY: (200, {"Code": "isv.BUSINESS_LIMIT_CONTROL"}),
    SendFault.BUSY: (200, {"Code": "isp.SYSTEM_ERROR"}),
    SendFault.REFUSED: (400, {"Code": "isv.ACCOUNT_ABNORMAL"}),
}


class _Handler(BaseHTTPRequestHandler):
    server: "GatewayServer"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30

    def log_message(self, *_: Any) -> None:
        """Nothing: a request line holds a phone number."""

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LONGEST_BODY:
            return self._answer((413, {"Code": "EntityTooLarge"}))
        parameters = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(headers, parameters, self.rfile.read(int(length)))
        company = self.server.company
        refusal = company.refusal(call)
        if refusal:
            return self._answer(refusal)
        action = headers["x-acs-action"]
        if action == "SendSms":
            return self._send_sms(call)
        return self._answer(company.other(action, parameters))

    def _send_sms(self, call: Call) -> None:
        company = self.server.company
        answer, take = company.send(call)
        if take is None:
            return self._answer(answer)
        fault = company.faults.next_send()
        if fault is None:
            take()
            return self._answer(answer)
        if fault in _TAKES:
            take()
        if fault in _HANGS:
            return self._hang()
        if fault in _RESETS:
            return self._reset()
        if fault in _GARBAGE:
            return self._raw(200, b"<html>gateway</html>")
        if fault is SendFault.SLOW:
            time.sleep(self.server.manners.slowness)
        return self._answer(_ANSWERS.get(fault, answer))

    def _hang(self) -> None:
        """Say nothing until the caller has given up, then close."""
        self.server.stopping.wait(self.server.manners.patience)
        self.close_connection = True

    def _reset(self) -> None:
        self.close_connection = True
        # Linger of zero: closing sends RST instead of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _answer(self, answer: Answer) -> None:
        status, body = answer
        self._raw(status, json.dumps(body, ensure_ascii=False).encode())

    def _raw(self, status: int, body: bytes) -> None:
        with contextlib.suppress(OSError):  # the caller is gone: killed, or out of patience
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()


@dataclass(frozen=True, slots=True)
class Manners:
    """How the company behaves; times in seconds."""

    callback: str = ""  # where receipts are pushed to
    receipt_delay: float = 1.0
    may_be_faulty: bool = False
    slowness: float = 0.2
    patience: float = 60.0  # how long a hanging answer hangs


class GatewayServer(ThreadingHTTPServer):
    """The company behind a port. ``port`` 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, *, folder: Path, key_id: str, secret: str, port: int = 0, manners: Manners
    ) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.manners = manners
        self.ledger = Ledger(folder)
        self.receipts = Receipts(self.ledger, address=manners.callback, delay=manners.receipt_delay)
        self.company = Company(
            key_id, secret, self.ledger, self.receipts, may_be_faulty=manners.may_be_faulty
        )
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a caller that went away is not our error, and a trace shows the request."""

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.shutdown()
        self.server_close()
        self.receipts.close()
        self.ledger.close()
