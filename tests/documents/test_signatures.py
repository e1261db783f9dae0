"""Signed PDFs: valid to the validators that readers use, stamped where a server says the time, broken by any change."""

from __future__ import annotations

import asyncio
import io
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from shutil import which
from typing import Any

import pikepdf
import pytest
from asn1crypto import tsp
from flask import Response
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation.status import SignatureCoverageLevel

from portal.domain.signature import SignatureLevel
from portal.integrations import pdf_signing
from portal.integrations.bounded_http import Patience
from portal.integrations.pdf import render_pdf
from portal.integrations.signing_certificate import CertificateUnusable, Identity, identity
from sandbox import certificate
from tests.applications import SIGNING_PASSWORD, signing_certificate
from tests.documents.printing import pages
from tests.documents.stamping import Answering, seen, stamp_server, stamper


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity(str(signing_certificate(tmp_path_factory.mktemp("signing"))), SIGNING_PASSWORD)


@cache
def printed() -> bytes:
    return render_pdf("<p>Expediente de prueba</p>", title="Prueba", number="P-1", footer="Prueba")


def test_the_validator_finds_a_whole_document_signed_by_the_certificate(signer: Identity) -> None:
    signed = pdf_signing.sign(printed(), signer, "")
    status = seen(signed, signer)
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert status.modification_level is ModificationLevel.NONE
    assert status.timestamp_validity is None
    assert (pdf_signing.level(signed), pdf_signing.level(printed())) == (SignatureLevel.B_B, None)


@pytest.mark.skipif(which("pdfsig") is None, reason="another reader's validator, where there is one")
def test_another_validator_says_the_same(signer: Identity, tmp_path: Path) -> None:
    file = tmp_path / "signed.pdf"
    file.write_bytes(pdf_signing.sign(printed(), signer, ""))
    said = subprocess.run(["pdfsig", file], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said


def test_what_was_written_before_the_signature_stays(signer: Identity) -> None:
    signed = pdf_signing.sign(printed(), signer, "")
    assert signed.startswith(printed())
    assert "Página 1 de 1" in pages(signed)[0]
    with pikepdf.open(io.BytesIO(signed)) as pdf:
        assert (str(pdf.Root.Lang), str(pdf.docinfo["/Title"])) == ("es-PE", "Prueba")


def test_each_document_of_a_process_is_signed_over_its_own_bytes_and_states_the_certificate(tmp_path: Path) -> None:
    signer = identity(str(signing_certificate(tmp_path)), SIGNING_PASSWORD)
    other = render_pdf("<p>Otro expediente</p>", title="Otro", number="P-2", footer="Otro")
    for pdf in (printed(), other, printed()):
        signed = pdf_signing.sign(pdf, signer, "")
        assert seen(signed, signer).bottom_line
        (signature,) = PdfFileReader(io.BytesIO(signed)).embedded_regular_signatures
        stated = {one["type"].native: one["values"] for one in signature.signer_info["signed_attrs"]}
        assert set(stated) == {"content_type", "message_digest", "signing_certificate_v2"}, "what PAdES asks for"
        (named,) = stated["signing_certificate_v2"][0]["certs"]
        assert named["cert_hash"].native == signature.signer_cert.sha256


def test_a_server_says_when_it_was_signed(signer: Identity) -> None:
    began = datetime.now(UTC).replace(microsecond=0)
    with stamp_server() as (url, asked):
        signed = pdf_signing.sign(printed(), signer, url)
        again = pdf_signing.sign(printed(), signer, url)
    status = seen(signed, signer)
    assert status.bottom_line
    stamp = status.timestamp_validity
    assert stamp is not None
    assert stamp.valid
    assert stamp.intact
    assert stamp.trusted
    assert began <= stamp.timestamp <= datetime.now(UTC) + timedelta(seconds=1)
    assert {pdf_signing.level(signed), pdf_signing.level(again)} == {SignatureLevel.B_T}
    assert asked == ["application/timestamp-query"] * 3, "the first signature also asks how long a stamp is"


def _error(_asked: tsp.TimeStampReq, _stamped: tsp.TimeStampResp) -> Response:
    return Response("out of order", 503)


def _garbage(_asked: tsp.TimeStampReq, _stamped: tsp.TimeStampResp) -> Response:
    return Response("<html>Bienvenido</html>")


def _refusal(_asked: tsp.TimeStampReq, _stamped: tsp.TimeStampResp) -> Response:
    return Response(tsp.TimeStampResp({"status": {"status": "rejection"}}).dump())


def _cut(_asked: tsp.TimeStampReq, stamped: tsp.TimeStampResp) -> Response:
    return Response(stamped.dump()[:-100])


def _endless(_asked: tsp.TimeStampReq, stamped: tsp.TimeStampResp) -> Response:
    return Response(stamped.dump() + bytes(300_000))


def _something_else(asked: tsp.TimeStampReq, _stamped: tsp.TimeStampResp) -> Response:
    asked["message_imprint"]["hashed_message"] = bytes(32)
    return Response(stamper().request_tsa_response(asked).dump())


_kept: list[bytes] = []


def _another(_asked: tsp.TimeStampReq, stamped: tsp.TimeStampResp) -> Response:
    """The stamp of somebody else's request: its nonce is not ours."""
    _kept.append(stamped.dump())
    return Response(_kept[0])


@pytest.mark.parametrize("answering", [_error, _garbage, _refusal, _cut, _endless, _something_else])
def test_without_a_stamp_it_is_signed_without_and_says_so(signer: Identity, answering: Answering) -> None:
    with stamp_server(answering) as (url, asked):
        signed = pdf_signing.sign(printed(), signer, url)
    assert asked
    assert seen(signed, signer).bottom_line
    assert pdf_signing.level(signed) is SignatureLevel.B_B


def test_a_stamp_that_answers_another_request_is_none(signer: Identity) -> None:
    with stamp_server(_another) as (url, _asked):
        signed = pdf_signing.sign(printed(), signer, url)
    assert seen(signed, signer).bottom_line
    assert pdf_signing.level(signed) is SignatureLevel.B_B


def test_a_server_that_is_away_or_silent_is_waited_for_a_bounded_time(
    signer: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf_signing, "PATIENCE", Patience(connect=0.2, read=0.2, total=0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/tsr"
        assert pdf_signing.level(pdf_signing.sign(printed(), signer, url)) is SignatureLevel.B_B
    assert pdf_signing.level(pdf_signing.sign(printed(), signer, url)) is SignatureLevel.B_B, "nobody listens"


@pytest.mark.parametrize("patience", [pdf_signing.PATIENCE])
def test_its_longest_wait_is_shorter_than_a_workers_lease(patience: Patience) -> None:
    from portal.integrations.pdf import TIMEOUT
    from portal.services.platform.outbox import LEASE

    assert 2 * patience.total + TIMEOUT < LEASE.total_seconds()


def _text_changed(pdf: bytes) -> bytes:
    at = pdf.index(b"stream") + 30
    return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]


def _saved_anew(pdf: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.docinfo["/Title"] = "Otro"
        opened.save(out)
    return out.getvalue()


@pytest.mark.parametrize("change", [_text_changed, _saved_anew])
def test_any_change_afterwards_breaks_it(signer: Identity, change: Any) -> None:
    signed = pdf_signing.sign(printed(), signer, "")
    try:
        status = seen(change(signed), signer)
    except Exception:
        return
    assert not status.bottom_line


def test_a_renewed_file_is_read_without_a_restart(tmp_path: Path) -> None:
    file, end = tmp_path / "signing.p12", datetime(2031, 5, 1, tzinfo=UTC)
    certificate.make(file, "one")
    first = identity(str(file), "one")
    certificate.make(file, "one", until=end)
    assert first.valid_until != identity(str(file), "one").valid_until == end


def test_what_an_earlier_certificate_signed_holds_at_the_time_of_its_stamp_when_another_signs(tmp_path: Path) -> None:
    file = tmp_path / "signing.p12"
    certificate.make(file, "one", until=datetime.now(UTC) + timedelta(hours=1))
    earlier = identity(str(file), "one")
    with stamp_server() as (url, _asked):
        signed = pdf_signing.sign(printed(), earlier, url)
    certificate.make(file, "one")
    later = identity(str(file), "one")
    assert seen(pdf_signing.sign(printed(), later, ""), later).bottom_line
    status = seen(signed, earlier)
    assert status.bottom_line
    assert status.timestamp_validity is not None
    assert earlier.valid_from < status.timestamp_validity.timestamp < earlier.valid_until
    assert not seen(signed, later).bottom_line


def test_a_file_that_signs_nothing_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "signing.p12"
    with pytest.raises(CertificateUnusable, match=r"SIGNING_CERTIFICATE, .*No such file"):
        identity(str(file), "one")
    file.write_bytes(b"no certificate")
    with pytest.raises(CertificateUnusable, match="no PKCS#12 file"):
        identity(str(file), "one")
    certificate.make(file, "secreto")
    with pytest.raises(CertificateUnusable, match="SIGNING_PASSWORD is not its password"):
        identity(str(file), "another")
    assert "secreto" not in repr(identity(str(file), "secreto"))


def test_whoever_signs_may_have_an_event_loop_of_their_own(signer: Identity) -> None:
    async def within_one() -> bytes:
        return pdf_signing.sign(printed(), signer, "")

    with ThreadPoolExecutor(1) as apart:
        signed = apart.submit(asyncio.run, within_one()).result()
    assert pdf_signing.level(signed) is SignatureLevel.B_B
