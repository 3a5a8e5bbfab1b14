"""Lines to a syslog server (RFC 5424): a copy of the second sink that this machine cannot edit."""

import os
import socket
import ssl
import time
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

PRIORITY: Final = 13 * 8 + 6  # facility "log audit", severity "informational"
TIMEOUT_SECONDS: Final = 2.0
PAUSE_SECONDS: Final = 5.0
STREAMS: Final = frozenset({"tcp", "tls"})  # octets are counted (RFC 6587, RFC 5425)


class Syslog:
    """``tls://host:6514``, ``tcp://host:601``, ``udp://host:514`` or ``unix:///dev/log``.

    By TLS name and authority are checked: AUDIT_SINK_SYSLOG_CA_FILE, else those of the system.
    """

    silent_until = 0.0  # of this process: whoever waits for a server that hangs holds up all others

    def __init__(self, address: str) -> None:
        """Raises: ImproperlyConfigured for any other address, or an authority that is no file."""
        try:
            found = urlsplit(address)
            usual = 6514 if found.scheme == "tls" else 514
            port = usual if found.port is None else found.port
            self._trust = _trust() if found.scheme == "tls" else None
        except (ValueError, OSError) as error:
            raise ImproperlyConfigured(f"AUDIT_SINK_SYSLOG: {error}") from error
        self._scheme, self._path = found.scheme, found.path
        self._host, self._port = found.hostname or "", port
        where = self._path if found.scheme == "unix" else self._host and port
        if not where or found.scheme not in STREAMS | {"udp", "unix"}:
            raise ImproperlyConfigured("AUDIT_SINK_SYSLOG is tls://, tcp://, udp:// or unix://")
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
        return b"%d %b" % (len(message), message) if self._scheme in STREAMS else message

    def _out(self, data: list[bytes]) -> None:
        """Raises: OSError, also if the server has left since the last batch."""
        if self._socket is not None and self._scheme in STREAMS and _left(self._socket):
            raise ConnectionResetError("the syslog server has closed the connection")
        self._socket = self._socket or self._connected()
        if self._scheme in STREAMS:
            self._socket.sendall(b"".join(data))
            return
        for one in data:
            self._socket.send(one)

    def _connected(self) -> socket.socket:
        if self._scheme in STREAMS:
            plain = socket.create_connection((self._host, self._port), TIMEOUT_SECONDS)
            if self._trust is None:
                return plain
            return self._trust.wrap_socket(plain, server_hostname=self._host)
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


def _left(connection: socket.socket) -> bool:
    """Whether the other end has gone: a log server never speaks, its end is all there is to read.

    Without this look the system takes the first batch for a connection that nobody holds.
    """
    connection.settimeout(0)
    try:
        return connection.recv(1) == b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    finally:
        connection.settimeout(TIMEOUT_SECONDS)


def _trust() -> ssl.SSLContext:
    """Raises: OSError if the authority's file cannot be read."""
    return ssl.create_default_context(cafile=settings.AUDIT_SINK_SYSLOG_CA_FILE or None)
