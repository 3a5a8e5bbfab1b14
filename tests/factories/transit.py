"""A server that speaks Vault's transit protocol over TLS, with real AES-GCM and scripted faults.

Like Vault it refuses what another key, a version below the minimum or other associated data
sealed, and its ``rewrap`` knows no associated data (hashicorp/vault issue 29532).
"""

import base64
import datetime
import json
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, ClassVar

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

AWAY = 2.0  # seconds that a slow answer would take: longer than any client here waits


class Refused(Exception):
    """What Vault answers with a status and ``errors``."""


@dataclass
class Vault:
    """The server's state, changed by tests while it runs."""

    address: str = ""
    tokens: set[str] = field(default_factory=lambda: {"s.good"})
    keys: dict[str, dict[int, AESGCM]] = field(default_factory=dict)
    minimum: int = 1
    faults: list[str] = field(default_factory=list)  # one is used up by each request
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def rotate(self, name: str = "suian") -> None:
        versions = self.keys.setdefault(name, {})
        versions[len(versions) + 1] = AESGCM(os.urandom(32))

    def encrypt(self, key: dict[int, AESGCM], body: dict[str, str]) -> dict[str, Any]:
        newest, nonce = max(key), os.urandom(12)
        sealed = key[newest].encrypt(nonce, base64.b64decode(body["plaintext"]), _bound(body))
        text = base64.b64encode(nonce + sealed).decode()
        return {"ciphertext": f"vault:v{newest}:{text}", "key_version": newest}

    def decrypt(self, key: dict[int, AESGCM], body: dict[str, str]) -> dict[str, Any]:
        _vault, version, text = body["ciphertext"].split(":")
        number, raw = int(version[1:]), base64.b64decode(text)
        if number < self.minimum or number not in key:
            raise Refused("ciphertext or signature version is disallowed by policy (too old)")
        try:
            plain = key[number].decrypt(raw[:12], raw[12:], _bound(body))
        except InvalidTag as error:
            raise Refused("cipher: message authentication failed") from error
        return {"plaintext": base64.b64encode(plain).decode()}

    def rewrap(self, key: dict[int, AESGCM], body: dict[str, str]) -> dict[str, Any]:
        without = {"ciphertext": body["ciphertext"]}
        return self.encrypt(key, self.decrypt(key, without))


def _bound(body: dict[str, str]) -> bytes:
    return base64.b64decode(body.get("associated_data", ""))


class Door(BaseHTTPRequestHandler):
    """One request: token, fault, then the transit engine."""

    protocol_version = "HTTP/1.1"
    vault: ClassVar[Vault]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        verb, name = self.path.removeprefix("/v1/transit/").split("/")
        self.vault.asked.append(verb)
        fault = self.vault.faults.pop(0) if self.vault.faults else ""
        if fault:
            self._misbehave(fault)
        elif self.headers["X-Vault-Token"] not in self.vault.tokens:
            self._answer(403, {"errors": ["permission denied"]})
        elif name not in self.vault.keys:
            self._answer(404, {"errors": ["encryption key not found"]})
        else:
            self._work(verb, name, body)

    def _work(self, verb: str, name: str, body: dict[str, str]) -> None:
        try:
            data = getattr(self.vault, verb)(self.vault.keys[name], body)
        except Refused as error:
            self._answer(400, {"errors": [str(error)]})
        else:
            self._answer(200, {"data": data})

    def _misbehave(self, fault: str) -> None:
        if fault == "reset":
            self.close_connection = True
            self.connection.close()
        elif fault == "slow":
            self.vault.over.wait(AWAY)
            self._answer(503, {"errors": ["too late"]})
        elif fault.isdigit():
            self._answer(int(fault), {"errors": ["scripted"]})
        else:
            self._raw(200, fault.encode())

    def _answer(self, status: int, body: object) -> None:
        self._raw(status, json.dumps(body).encode())

    def _raw(self, status: int, text: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Location", "https://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_parts: object) -> None:
        """Nothing on the tests' screen."""


class Quiet(ThreadingHTTPServer):
    def handle_error(self, *_parts: object) -> None:
        """A client that hung up, or would not trust us."""


@contextmanager
def vault_server(folder: Path) -> Iterator[Vault]:
    """A running server with one key ``suian``; its authority is ``folder/ca.pem``."""
    vault = Vault()
    vault.rotate()
    server = Quiet(("127.0.0.1", 0), type("ThisDoor", (Door,), {"vault": vault}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(folder), folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    vault.address = f"https://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield vault
    finally:
        vault.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "vault of these tests")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "key.pem").write_bytes(private)
    return folder / "ca.pem"
