"""A time-stamp server (RFC 3161) over real HTTP, and the validator's view of what is signed."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from flask import Flask, Response, request
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from portal.integrations.signing_certificate import Identity
from sandbox.harness import in_thread
from sandbox.server import HOST, server

Answering = Callable[[tsp.TimeStampReq, tsp.TimeStampResp], Response]


def well(_asked: tsp.TimeStampReq, stamped: tsp.TimeStampResp) -> Response:
    """As a server should."""
    return Response(stamped.dump(), mimetype="application/timestamp-reply")


@contextmanager
def stamp_server(answering: Answering = well) -> Iterator[tuple[str, list[str]]]:
    """Its address, and the type of each request that it got."""
    app, asked = Flask(__name__), list[str]()

    @app.post("/tsr")
    def stamp() -> Response:
        asked.append(request.headers["Content-Type"])
        req = tsp.TimeStampReq.load(request.data)
        return answering(req, stamper().request_tsa_response(req))

    web = server(app, 0)
    with in_thread(web):
        yield f"http://{HOST}:{web.server_port}/tsr", asked


def seen(pdf: bytes, signer: Identity) -> PdfSignatureStatus:
    """What pyHanko's validator says of the only signature of `pdf`, to somebody who trusts `signer` and the server."""
    found = load_pkcs12(signer.pkcs12, signer.password).cert
    assert found is not None
    roots = [asn1_x509.Certificate.load(found.certificate.public_bytes(Encoding.DER)), _authority()[0]]
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    trust = ValidationContext(trust_roots=roots, allow_fetching=False)
    with ThreadPoolExecutor(1) as apart:  # where no other test's event loop is
        return apart.submit(validate_pdf_signature, signature, trust).result()


@cache
def _authority() -> tuple[asn1_x509.Certificate, keys.PrivateKeyInfo]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Hora de prueba")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return (
        asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
        keys.PrivateKeyInfo.load(secret),
    )


@cache
def stamper() -> DummyTimeStamper:
    """Who stamps there."""
    return DummyTimeStamper(*_authority())
