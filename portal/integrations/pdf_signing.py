"""Signatures of finished PDFs: PAdES, with a time stamp where a server gives one, so that any reader sees who made a
document and that nothing of it was changed since.

A signature is the last thing that happens to a PDF: whatever is written afterwards breaks it.
"""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import pikepdf
import structlog
from asn1crypto import cms, tsp
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import find_cms_attribute_iter
from pyhanko.sign.timestamps import TimeStamper

from portal.domain.signature import SignatureLevel
from portal.integrations.bounded_http import Patience, client, exchange, verification
from portal.integrations.signing_certificate import Identity

log = structlog.get_logger(__name__)

FIELD = "Firma"
_DIGEST = "sha256"
# The first signature of a process takes two exchanges, any other one: both end before a worker's lease does.
PATIENCE = Patience(connect=3.0, read=5.0, total=8.0)


class NoTimeStamp(Exception):
    """The time-stamp server gave none. The words say why, and name no address."""


def sign(pdf: bytes, signer: Identity, timestamp_url: str) -> bytes:
    """`pdf`, signed by `signer`: B-T with the stamp of the server at `timestamp_url`; B-B without an address, or when
    none is given in PATIENCE."""
    if timestamp_url:
        try:
            return _signed(pdf, signer, _server(timestamp_url))
        except NoTimeStamp as error:
            log.warning("no_time_stamp", reason=str(error))
    return _signed(pdf, signer, None)


def level(pdf: bytes) -> SignatureLevel | None:
    """Which signature `pdf` carries: None without one."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:  # the library that signs reads it four times as long
        fields: Any = opened.Root.AcroForm.Fields if "/AcroForm" in opened.Root else []
        found = [bytes(one.V.Contents) for one in fields if one.get("/FT") == "/Sig" and "/V" in one]
    if not found:
        return None
    (signer,) = cms.ContentInfo.load(found[-1])["content"]["signer_infos"]
    is_stamped = next(find_cms_attribute_iter(signer["unsigned_attrs"], "signature_time_stamp_token"), None) is not None
    return SignatureLevel.B_T if is_stamped else SignatureLevel.B_B


def _signed(pdf: bytes, signer: Identity, stamper: _Server | None) -> bytes:
    metadata = PdfSignatureMetadata(field_name=FIELD, md_algorithm=_DIGEST, subfilter=SigSeedSubFilter.PADES)
    by = PdfSigner(metadata, _keys(signer), timestamper=stamper)
    # The library works in an event loop of its own, which a thread that has one already can't begin.
    with ThreadPoolExecutor(1) as apart:
        room = apart.submit(_room, signer, stamper).result()
        signed = apart.submit(by.sign_pdf, IncrementalPdfFileWriter(io.BytesIO(pdf)), bytes_reserved=room).result()
    return bytes(signed.getbuffer())


class _Keys(SimpleSigner):
    """Who signs. What comes out the same each time is done once: the library would read the key again, an RSA key
    for 50 ms, and write again what a signature states of the certificate, each value for each that holds it, 20 ms."""

    def __init__(self, read: SimpleSigner) -> None:
        super().__init__(read.signing_cert, read.signing_key, read.cert_registry)
        self._key = load_der_private_key(read.signing_key.dump(), password=None)
        self._stated: list[bytes] = []  # but for the digest of what is signed

    async def signed_attrs(self, data_digest: bytes, *rest: Any, **how: Any) -> cms.CMSAttributes:
        if not self._stated:
            stated = await super().signed_attrs(data_digest, *rest, **how)
            self._stated = [one.dump() for one in stated if one["type"].native != "message_digest"]
        digest = cms.CMSAttribute({"type": "message_digest", "values": [data_digest]})
        return cms.CMSAttributes.load(cms.CMSAttributes([digest, *map(cms.CMSAttribute.load, self._stated)]).dump())

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        mechanism = self.get_signature_mechanism_for_digest(digest_algorithm)
        if isinstance(self._key, RSAPrivateKey) and mechanism["algorithm"].native == f"{_DIGEST}_rsa":
            return self._key.sign(data, PKCS1v15(), SHA256())
        raw: bytes = await super().async_sign_raw(data, digest_algorithm, dry_run)
        return raw


@lru_cache(maxsize=2)
def _keys(signer: Identity) -> _Keys:
    return _Keys(SimpleSigner.load_pkcs12_data(signer.pkcs12, other_certs=[], passphrase=signer.password))


@lru_cache(maxsize=4)
def _room(signer: Identity, stamper: _Server | None) -> int:
    """How many digits a signature takes, half as much again kept free. It hangs on certificate and stamp alone, and
    asking costs as much as signing."""
    tried = _keys(signer).async_sign(bytes(32), _DIGEST, use_pades=True, dry_run=True, timestamper=stamper)
    return 3 * len(asyncio.run(tried).dump()) // 2 * 2


class _Server(TimeStamper):
    """A time-stamp server (RFC 3161), given a bounded time and believed only in what was asked."""

    def __init__(self, url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library's
        self._url = url

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
            stamped = token["content"]["encap_content_info"]["content"].parsed["message_imprint"]["hashed_message"]
            is_ours = stamped.native == message_digest
        except NoTimeStamp:
            raise
        except Exception as error:
            # What a server may send has no bounds, and the library fails on it in as many ways.
            raise NoTimeStamp(type(error).__name__) from error
        if not is_ours:
            raise NoTimeStamp("it stamped something else")
        return token

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        with client(self._url, headers, PATIENCE, verification(self._url)) as http:
            answer = exchange(http, "POST", self._url, content=req.dump())
        if answer.status != 200:
            raise NoTimeStamp(f"it answered {answer.status}")
        return tsp.TimeStampResp.load(answer.body, strict=True)


@lru_cache(maxsize=2)
def _server(url: str) -> _Server:
    """One of each in a process: it remembers how long a stamp is."""
    return _Server(url)
