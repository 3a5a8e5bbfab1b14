"""A passkey in software: answers as a browser would, and as an attacker's would."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Device:
    """One key pair of one person; ``count`` goes up with each answer unless told otherwise."""

    origin: str = "http://testserver"
    rp_id: str = "testserver"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def register(self, challenge: bytes) -> str:
        """What ``navigator.credentials.create`` gives, as JSON."""
        point = self.key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"),
                            -3: point.y.to_bytes(32, "big")})  # fmt: skip
        size = len(self.credential_id).to_bytes(2, "big")
        data = self._data(ATTESTED) + bytes(16) + size + self.credential_id + cose
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            clientDataJSON=self._client_data("webauthn.create", challenge),
            attestationObject=attestation,
        )

    def sign(self, challenge: bytes) -> str:
        """What ``navigator.credentials.get`` gives, as JSON."""
        self.count += 1
        data, client = self._data(), self._client_data("webauthn.get", challenge)
        signed = data + sha256(client).digest()
        return self._answer(
            clientDataJSON=client,
            authenticatorData=data,
            signature=self.key.sign(signed, ec.ECDSA(hashes.SHA256())),
        )

    def _data(self, more: int = 0) -> bytes:
        flags = bytes([self.flags | more])
        return sha256(self.rp_id.encode()).digest() + flags + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: bytes) -> bytes:
        told: dict[str, Any] = {
            "type": kind, "challenge": bytes_to_base64url(challenge), "origin": self.origin,
            "crossOrigin": False,
        }  # fmt: skip
        return json.dumps(told).encode()

    def _answer(self, **response: bytes) -> str:
        name = bytes_to_base64url(self.credential_id)
        parts = {key: bytes_to_base64url(value) for key, value in response.items()}
        whole = {"id": name, "rawId": name, "type": "public-key", "response": parts,
                 "clientExtensionResults": {}}  # fmt: skip
        return json.dumps(whole)
