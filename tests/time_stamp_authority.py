"""A time-stamp authority that speaks RFC 3161 over HTTP, for tests: its faults are on demand.

The protocol is encoded by asn1crypto, not by the library that the product reads it with.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

REPLY = "application/timestamp-reply"


@dataclass
class Authority:
    """What the server does: ``fault`` is "", refuses, other_data, other_nonce, html or down."""

    url: str = ""
    root_pem: bytes = b""
    fault: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    asked: list[bytes] = field(default_factory=list)


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    now = datetime.now(UTC)
    is_root = name == issuer
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False
        )
    )
    if not is_root:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(by, hashes.SHA256())


class _Signer:
    """Root, certificate and key of one authority; stamps what it is asked to."""

    def __init__(self) -> None:
        self.root_key, self.key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self.root = _certificate("test root", self.root_key, "test root", self.root_key)
        self.certificate = _certificate("test authority", self.key, "test root", self.root_key)

    def answer(self, query: bytes, authority: Authority) -> bytes:
        request = tsp.TimeStampReq.load(query)
        if authority.fault == "refuses":
            refusal = {"status": "rejection", "fail_info": {"bad_alg"}}
            return bytes(tsp.TimeStampResp({"status": refusal}).dump())
        imprint, nonce = request["message_imprint"], request["nonce"].native
        if authority.fault == "other_data":
            digest = hashes.Hash(hashes.SHA256())
            imprint = tsp.MessageImprint(
                {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest.finalize()}
            )
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": "1.2.3.4.1",
                "message_imprint": imprint,
                "serial_number": 7,
                "gen_time": authority.at,
                "nonce": nonce + 1 if authority.fault == "other_nonce" else nonce,
            }
        )
        answer = {"status": {"status": "granted"}, "time_stamp_token": self._signed(info.dump())}
        return bytes(tsp.TimeStampResp(answer).dump())

    def _signed(self, info: bytes) -> cms.ContentInfo:
        own = asn1_x509.Certificate.load(self.certificate.public_bytes(serialization.Encoding.DER))
        essence = tsp.SigningCertificateV2(
            {"certs": [tsp.ESSCertIDv2({"cert_hash": _sha256(own.dump())})]}
        )
        signed = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
                cms.CMSAttribute({"type": "message_digest", "values": [_sha256(info)]}),
                cms.CMSAttribute({"type": "signing_certificate_v2", "values": [essence]}),
            ]
        )
        signature = self.key.sign(signed.dump(), ec.ECDSA(hashes.SHA256()))
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": {
                    "issuer_and_serial_number": {
                        "issuer": own.issuer,
                        "serial_number": own.serial_number,
                    }
                },
                "digest_algorithm": {"algorithm": "sha256"},
                "signed_attrs": signed,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
                "signature": signature,
            }
        )
        content = {"content_type": "tst_info", "content": core.ParsableOctetString(info)}
        return cms.ContentInfo(
            {
                "content_type": "signed_data",
                "content": cms.SignedData(
                    {
                        "version": "v3",
                        "digest_algorithms": [{"algorithm": "sha256"}],
                        "encap_content_info": content,
                        "certificates": [own],
                        "signer_infos": [signer],
                    }
                ),
            }
        )


def _sha256(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(data)
    return digest.finalize()


@contextmanager
def time_stamp_authority() -> Iterator[Authority]:
    """The authority on a free port of this machine, and the root that vouches for it."""
    signer, authority = _Signer(), Authority()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            authority.asked.append(query)
            if authority.fault == "down":
                self.send_error(503)
                return
            body = signer.answer(query, authority)
            self.send_response(200)
            kind = "text/html" if authority.fault == "html" else REPLY
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    authority.url = f"http://127.0.0.1:{server.server_address[1]}/"
    authority.root_pem = signer.root.public_bytes(serialization.Encoding.PEM)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield authority
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
