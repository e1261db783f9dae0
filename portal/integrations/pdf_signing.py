"""Signatures of finished PDFs: PAdES, with a time stamp where a server gives one, so that any reader sees who made a
document and that nothing of it was changed since.

A signature is the last thing that happens to a PDF: whatever is written afterwards breaks it.
"""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import structlog
from asn1crypto import cms, tsp
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import find_cms_attribute_iter
from pyhanko.sign.timestamps import TimeStamper

from portal.domain.signature import SignatureLevel
from portal.integrations.bounded_http import Patience, client, exchange, verification
from portal.integrations.signing_certificate import Identity

log = structlog.get_logger(__name__)

FIELD = "Firma"
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
    found = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    if not found:
        return None
    unsigned = found[-1].signer_info["unsigned_attrs"]
    is_stamped = next(find_cms_attribute_iter(unsigned, "signature_time_stamp_token"), None) is not None
    return SignatureLevel.B_T if is_stamped else SignatureLevel.B_B


def _signed(pdf: bytes, signer: Identity, stamper: TimeStamper | None) -> bytes:
    metadata = PdfSignatureMetadata(field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    by = PdfSigner(metadata, _keys(signer), timestamper=stamper)
    # The library works in an event loop of its own, which a thread that has one already can't begin.
    with ThreadPoolExecutor(1) as apart:
        signed = apart.submit(by.sign_pdf, IncrementalPdfFileWriter(io.BytesIO(pdf))).result()
    return bytes(signed.getbuffer())


@lru_cache(maxsize=2)
def _keys(signer: Identity) -> SimpleSigner:
    keys: SimpleSigner = SimpleSigner.load_pkcs12_data(signer.pkcs12, other_certs=[], passphrase=signer.password)
    return keys


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
