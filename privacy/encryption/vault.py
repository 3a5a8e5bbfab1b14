"""Roots that rest as Vault transit ciphertexts: opened at first use, never on a disk (ADR 0013).

``<ROOT_FILES_DIR>/<name>.sealed`` holds ``vault:v3:…``. Each is bound to its name as associated
data, so that one root put in the place of another does not open.
"""

import base64
import binascii
import re
import ssl
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from privacy.encryption.providers import ROOT_BYTES, RootNotHeld

PAUSES: Final = (0.2, 0.6, 1.8)  # seconds before the second, third and last try
REST_SECONDS: Final = 5.0  # after a failure nobody asks again for so long: pages answer at once
LONGEST_ANSWER: Final = 64 * 1024
CIPHERTEXT = re.compile(r"vault:v[1-9]\d*:[A-Za-z0-9+/]+={0,2}")
ADVICE: Final[dict[int, str]] = {
    HTTPStatus.BAD_REQUEST: "it does not open this ciphertext (another key, a version below its "
    "minimum, or another root's file)",
    HTTPStatus.FORBIDDEN: "permission denied: the token is revoked, expired or lacks the policy",
    HTTPStatus.NOT_FOUND: "there is no such transit key or mount",
}


class VaultFault(ImproperlyConfigured):
    """Vault did not do what was asked; the text says why and never holds a secret."""


class Transit:
    """One transit key of one Vault server, over TLS that is always verified."""

    def __init__(self, *, pause: Callable[[float], None] = time.sleep) -> None:
        address = str(settings.VAULT_ADDR)
        if not address.startswith("https://"):
            raise VaultFault("VAULT_ADDR must begin with https://")
        self._token = _secret_of(settings.VAULT_TOKEN_FILE, "VAULT_TOKEN_FILE")
        self._base = f"{address.rstrip('/')}/v1/{settings.VAULT_TRANSIT_MOUNT.strip('/')}"
        self._key = quote(settings.VAULT_TRANSIT_KEY, safe="")
        self._pause = pause

    def decrypt(self, ciphertext: str, bound: bytes) -> bytes:
        """The plain bytes. Raises: VaultFault."""
        body = {"ciphertext": ciphertext, "associated_data": _base64(bound)}
        text = self._ask("decrypt", body, "plaintext")
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise VaultFault("Vault answered with something that is no base64") from error

    def encrypt(self, plain: bytes, bound: bytes) -> str:
        """The ciphertext under the newest version of the key. Raises: VaultFault."""
        body = {"plaintext": _base64(plain), "associated_data": _base64(bound)}
        made = self._ask("encrypt", body, "ciphertext")
        if not CIPHERTEXT.fullmatch(made):
            raise VaultFault("Vault answered with something that is no ciphertext")
        return made

    def _ask(self, verb: str, body: dict[str, str], wanted: str) -> str:
        answer = self._post(f"{self._base}/{verb}/{self._key}", body)
        try:
            found = answer.json()["data"][wanted]
        except (ValueError, KeyError, TypeError) as error:
            raise VaultFault("Vault answered with something that is no transit answer") from error
        if not isinstance(found, str):
            raise VaultFault("Vault answered with something that is no transit answer")
        return found

    def _post(self, url: str, body: dict[str, str]) -> httpx.Response:
        """Ask until there is an answer; a server that fails is asked four times, then no more."""
        trouble = ""
        with self._client() as client:
            for pause in (0.0, *PAUSES):
                self._pause(pause)
                try:
                    answer = client.post(url, json=body)
                except httpx.HTTPError as error:
                    trouble = type(error).__name__  # its text may hold the address, no secret
                    continue
                if answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                    return _accepted(answer)
                trouble = f"status {answer.status_code}"
        raise VaultFault(f"Vault was asked {len(PAUSES) + 1} times without an answer: {trouble}")

    def _client(self) -> httpx.Client:
        file = settings.VAULT_CA_FILE
        try:
            return httpx.Client(
                verify=ssl.create_default_context(cafile=file) if file else True,
                timeout=settings.VAULT_TIMEOUT_SECONDS,
                trust_env=False,  # no proxy from the environment gets to see a root
                follow_redirects=False,
                headers={"X-Vault-Token": self._token, "X-Vault-Request": "true"},
            )
        except OSError as error:
            raise VaultFault("VAULT_CA_FILE cannot be read") from error


class VaultRoots:
    """Roots opened by Vault once a process; what is not beside it as a file is not held."""

    def root(self, name: str) -> bytes:
        """The root. Raises: RootNotHeld without its file; VaultFault if it does not open."""
        if name not in _opened:
            _rest_after_a_fault(name)
            try:
                _opened[name] = _open(name)
            except VaultFault as fault:
                _faults[name] = (time.monotonic() + REST_SECONDS, fault)
                raise
        return _opened[name]


_opened: dict[str, bytes] = {}
_faults: dict[str, tuple[float, VaultFault]] = {}


def forget() -> None:
    """Drop opened roots and remembered faults: in tests."""
    _opened.clear()
    _faults.clear()


def sealed_file(name: str) -> Path:
    """Where the ciphertext of a root rests."""
    return Path(settings.ROOT_FILES_DIR) / f"{name}.sealed"


def bound_to(name: str) -> bytes:
    """Associated data of a root's ciphertext."""
    return f"suian/root/{name}".encode()


def _open(name: str) -> bytes:
    path = sealed_file(name)
    if not path.exists():
        raise RootNotHeld(f"{path.name} is not here: this process does not hold that root")
    text = _secret_of(str(path), path.name)
    if not CIPHERTEXT.fullmatch(text):
        raise VaultFault(f"{path.name} holds no transit ciphertext")
    root = Transit().decrypt(text, bound_to(name))
    if len(root) != ROOT_BYTES:
        raise VaultFault(f"{path.name} opens to something that is no root")
    return root


def _rest_after_a_fault(name: str) -> None:
    until, fault = _faults.get(name, (0.0, VaultFault()))
    if time.monotonic() < until:
        raise fault


def _accepted(answer: httpx.Response) -> httpx.Response:
    if answer.status_code != HTTPStatus.OK:
        status = answer.status_code
        why = ADVICE.get(status, "that is not what a transit engine answers")
        raise VaultFault(f"Vault refuses ({status}): {why}")
    if len(answer.content) > LONGEST_ANSWER:
        raise VaultFault("Vault answered with something that is no transit answer")
    return answer


def _secret_of(file: str, name: str) -> str:
    try:
        text = Path(file).read_text(encoding="ascii").strip() if file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise VaultFault(f"{name} cannot be read") from error
    if not text:
        raise VaultFault(f"{name} is empty or not set")
    return text


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
