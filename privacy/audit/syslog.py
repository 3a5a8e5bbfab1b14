"""Lines to a syslog server (RFC 5424): a copy of the second sink that this machine cannot edit."""

import os
import socket
import time
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

PRIORITY: Final = 13 * 8 + 6  # facility "log audit", severity "informational"
TIMEOUT_SECONDS: Final = 2.0
PAUSE_SECONDS: Final = 5.0


class Syslog:
    """``udp://host:514``, ``tcp://host:601`` (octet counting, RFC 6587) or ``unix:///dev/log``."""

    silent_until = 0.0  # of this process: whoever waits for a server that hangs holds up all others

    def __init__(self, address: str) -> None:
        """Raises: ImproperlyConfigured for any other address."""
        try:
            found = urlsplit(address)
            port = 514 if found.port is None else found.port
        except ValueError as error:
            raise ImproperlyConfigured(f"AUDIT_SINK_SYSLOG: {error}") from error
        self._scheme, self._path = found.scheme, found.path
        self._host, self._port = found.hostname or "", port
        where = self._path if found.scheme == "unix" else self._host and port
        if not where or found.scheme not in {"udp", "tcp", "unix"}:
            raise ImproperlyConfigured("AUDIT_SINK_SYSLOG is udp://, tcp:// or unix://")
        self._name = socket.gethostname()
        self._socket: socket.socket | None = None

    def send(self, lines: list[bytes]) -> None:
        """Send lines; a connection that broke is made once more.

        Raises: OSError; at once for PAUSE_SECONDS after a server did not answer in time.
        """
        if time.monotonic() < Syslog.silent_until:
            raise TimeoutError("the syslog server did not answer a moment ago")
        data = [self._framed(line) for line in lines]
        try:
            self._out(data)
        except OSError:
            self.close()
            self._once_more(data)

    def _once_more(self, data: list[bytes]) -> None:
        try:
            self._out(data)
        except TimeoutError:
            Syslog.silent_until = time.monotonic() + PAUSE_SECONDS
            raise

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _framed(self, line: bytes) -> bytes:
        now = datetime.now(tz=UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        head = f"<{PRIORITY}>1 {now} {self._name} suian {os.getpid()} audit - "
        message = head.encode() + line
        return b"%d %b" % (len(message), message) if self._scheme == "tcp" else message

    def _out(self, data: list[bytes]) -> None:
        self._socket = self._socket or self._connected()
        if self._scheme == "tcp":
            self._socket.sendall(b"".join(data))
            return
        for one in data:
            self._socket.send(one)

    def _connected(self) -> socket.socket:
        if self._scheme == "tcp":
            return socket.create_connection((self._host, self._port), TIMEOUT_SECONDS)
        if self._scheme == "unix":
            made, where = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), self._path
            made.settimeout(TIMEOUT_SECONDS)
            made.connect(where)
            return made
        family, kind, protocol, _name, place = socket.getaddrinfo(
            self._host, self._port, type=socket.SOCK_DGRAM
        )[0]
        made = socket.socket(family, kind, protocol)
        made.settimeout(TIMEOUT_SECONDS)
        made.connect(place)
        return made
