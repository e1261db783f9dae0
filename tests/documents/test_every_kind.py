"""What every document of the portal is, whatever it says: numbered, linked, described, and signed where its kind is."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path
from shutil import which

import pikepdf
import pytest
from flask import Flask
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation.status import SignatureCoverageLevel
from sqlalchemy import select

from portal.extensions import db
from portal.integrations.signing_certificate import Identity, identity
from portal.models import Document
from portal.services.documents import kinds
from portal.services.documents.kinds import KINDS
from portal.services.printing import rendering
from portal.settings import settings_of
from tests.documents.printing import links, pages
from tests.documents.stamping import seen
from tests.factories import Factories
from tests.guards.endpoints import build

_LINKED = re.compile(r'<a\s[^>]*href="((?:https?|tel|mailto):[^"]+)"')
SIGNED = {
    "policy",
    "endorsement",
    "notice_letter",
    "contracting_file",
    "claim_receipt",
    "claim_letter",
    "appeal_letter",
}


def test_what_proves_something_is_signed() -> None:
    assert {kind.code for kind in KINDS if kind.signed} == SIGNED


@pytest.mark.one_database
def test_each_has_page_numbers_links_and_metadata_and_its_signature_holds(
    app: Flask, make: Factories, tmp_path: Path
) -> None:
    build(app, make)
    printed = set()
    with app.app_context():
        settings = settings_of(app)
        signer = identity(settings.signing_certificate, settings.signing_password)
        for document in db.session.scalars(select(Document).order_by(Document.id.desc())).all():
            kind = kinds.by_code(document.kind)
            if document.kind in printed or kind.pixels:  # a picture has no pages
                continue
            printed.add(document.kind)
            subject = db.session.get_one(kind.subject, document.subject_id)
            said = rendering.contents_of(kind, subject)
            wanted = {link.replace("&amp;", "&") for link in _LINKED.findall(rendering.html_of(kind, said))}
            number = kind.name(subject)
            pdf = rendering.render(document)
            total = len(pages(pdf))
            for sheet, text in enumerate(pages(pdf), start=1):
                assert (f"Página {sheet} de {total}" in text) == bool(said.footer), kind.code
            assert links(pdf) == wanted, kind.code
            _is_described(pdf, said.title, number)
            if kind.signed:
                _holds(pdf, signer, tmp_path)
    assert printed == {kind.code for kind in KINDS if not kind.pixels}


def _is_described(pdf: bytes, title: str, number: str) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert (str(document.Root.Lang), str(document.docinfo["/Title"])) == ("es-PE", title)
        xmp = document.open_metadata()
        assert (xmp["dc:title"], xmp["dc:identifier"]) == (title, number)
        assert (xmp["dc:language"], xmp["dc:creator"]) == ({"es-PE"}, ["MASSIV"])


def _holds(pdf: bytes, signer: Identity, folder: Path) -> None:
    """To pyHanko's validator, and to poppler's where there is one."""
    status = seen(pdf, signer)
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert status.modification_level is ModificationLevel.NONE
    if which("pdfsig"):
        file = folder / "signed.pdf"
        file.write_bytes(pdf)
        other = subprocess.run(["pdfsig", file], capture_output=True, text=True, check=False).stdout
        assert "Signature is Valid" in other
        assert "Total document signed" in other
