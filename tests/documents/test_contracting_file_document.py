"""The contracting file: every proof of how a policy was contracted, true to the byte, and nothing that is a secret."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.domain.actor import SYSTEM
from portal.domain.evidence import EvidenceKind
from portal.extensions import db
from portal.integrations.signing_certificate import identity
from portal.models import (
    AuditEntry,
    Code,
    Consent,
    ContractingFile,
    Document,
    Policy,
    ProductVersion,
    Purchase,
    StoredFile,
)
from portal.services.documents import kinds, store
from portal.services.evidence import collecting, uploads
from portal.services.operation import integrity
from portal.services.payments import receipts
from portal.services.platform import audit
from portal.services.printing import rendering
from portal.services.sale import paying
from portal.settings import settings_of
from tests.decoder.strangers import TAKEN
from tests.documents.printing import flat, heights, pages
from tests.documents.stamping import seen
from tests.factories import Factories, Someone, Stage
from tests.readability import inflesz, of_html

PHOTO = TAKEN["JPEG with its place"][0]
LONG = "Wilhelmina Encarnación de los Ángeles"

Pdf = Callable[..., bytes]


@pytest.fixture
def newest(app: Flask, drain: Callable[[], int], clock: Callable[..., None]) -> Pdf:
    """The newest contracting file, once all that is owed was done: some minutes from now."""
    passed = [0]

    def newest() -> bytes:
        drain()
        passed[0] += 10
        clock(minutes=passed[0])
        drain()
        with app.app_context():
            query = select(Document).where(Document.kind == kinds.CONTRACTING_FILE.code).order_by(Document.id.desc())
            document = db.session.scalars(query.limit(1)).one()
            assert document.storage_key
            return store.storage().get(document.storage_key)

    return newest


def send_evidence(app: Flask, number: str, sender: Someone, *kinds_sent: EvidenceKind, data: bytes = PHOTO) -> None:
    """As the customer sends it."""
    with app.app_context():
        policy = db.session.scalars(select(Policy).where(Policy.number == number)).one()
        for kind in kinds_sent:
            collecting.send(policy, kind, io.BytesIO(data), sender.actor)


def text_of(pdf: bytes) -> str:
    return flat(" ".join(pages(pdf)))


@pytest.fixture
def sold(app: Flask, make: Factories) -> tuple[Someone, str]:
    """A customer who bought by account and sent two photos."""
    me = make.customer()
    number = make.policy(me)
    send_evidence(app, number, me, EvidenceKind.PERSON, EvidenceKind.DOCUMENT_FRONT)
    return me, number


def rows(app: Flask, query: Any) -> list[Any]:
    with app.app_context():
        return list(db.session.scalars(query))


def test_it_says_who_bought_what_how_and_from_where(app: Flask, sold: tuple[Someone, str], newest: Pdf) -> None:
    text = text_of(newest())
    (purchase,) = rows(app, select(Purchase))
    for fact in (
        sold[1],
        "Juana Mamani Quispe",
        "Av. Arequipa 1234, San Isidro, Lima, Lima",
        "Nadie: el cliente compró solo, en el portal.",
        "Términos y condiciones de la compra",
        "Antes de comprar",
        "IP 127.0.0.1",
        f"tarjeta terminada en {purchase.card_last4}",
        "Compra verificada con el código.",
        "Foto de la persona: recibido.",
        "Foto del documento, adelante: recibido.",
        "Este archivo lleva la firma digital de MASSIV",
        "/verificar y escriba el código ",
    ):
        assert flat(fact) in text, fact


def test_each_hash_that_it_prints_is_that_of_the_thing_itself(
    app: Flask, sold: tuple[Someone, str], newest: Pdf
) -> None:
    text = re.sub(r"\s", "", text_of(newest()))
    with app.app_context():
        policy = db.session.scalars(select(Policy)).one()
        told = select(Document).where(Document.kind != kinds.CONTRACTING_FILE.code)
        kept = {store.storage().get(str(one.storage_key)) for one in db.session.scalars(told)}
        for file in db.session.scalars(select(StoredFile)).all():
            kept |= {PHOTO, uploads.content(file, SYSTEM)}
        hashes = {hashlib.sha256(data).hexdigest() for data in kept}
        consents = db.session.scalars(select(Consent).filter_by(purchase_id=policy.purchase_id))
        hashes |= {one.text_sha256 for one in consents}
        hashes.add(db.session.get_one(ProductVersion, policy.product_version_id).sha256)
        for entry in db.session.scalars(select(AuditEntry).where(AuditEntry.subject == policy.number)):
            assert audit.entry_hash(entry) == entry.hash
            hashes |= {entry.hash, entry.previous_hash}
    assert len(hashes) >= 8
    assert [one for one in hashes if one not in text] == []


def test_no_secret_is_in_it(app: Flask, make: Factories, newest: Pdf) -> None:
    me = make.customer()
    public_id = make.purchase(me, Stage.METHOD)
    digits = make.code(public_id)
    make.verification(me, public_id)
    with app.app_context():
        paying.request_payment(public_id, me.actor, accepts=True)
    make.pay(me, public_id)
    text = text_of(newest())
    (code,) = rows(app, select(Code).where(Code.used_at.is_not(None)))
    assert not re.search(rf"\b{digits}\b", re.sub(r"[0-9a-f]{64}", "", text))
    assert code.code_hash not in re.sub(r"\s", "", text)


def test_it_is_signed_and_its_row_says_so(app: Flask, sold: tuple[Someone, str], newest: Pdf) -> None:
    settings = settings_of(app)
    status = seen(newest(), identity(settings.signing_certificate, settings.signing_password))
    assert status.bottom_line
    (document,) = rows(app, select(Document).where(Document.kind == kinds.CONTRACTING_FILE.code))
    assert document.signature == "B-B"


def test_a_byte_that_is_changed_afterwards_is_found(app: Flask, sold: tuple[Someone, str], newest: Pdf) -> None:
    newest()
    with app.app_context():
        integrity.prove()
        for model, key in ((Document, "storage_key"), (StoredFile, "thumbnail_key")):
            path = settings_of(app).storage_folder / str(getattr(db.session.scalars(select(model)).first(), key))
            before = path.read_bytes()
            path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
            with pytest.raises(integrity.Unsound, match="huella"):
                integrity.prove()
            path.write_bytes(before)
        integrity.prove()


def test_a_sale_in_cash_names_its_receipt_and_agency(app: Flask, make: Factories, newest: Pdf) -> None:
    slip = make.slip(make.customer())
    with app.app_context():
        receipt = receipts.receive(slip.number, slip.amount, make.collaborator().actor)
    text = text_of(newest())
    assert receipt in text
    assert "Recibo de efectivo, en Agencia" in text
    assert "El cliente no ha enviado fotos ni la póliza firmada." in text


def _by_account(app: Flask, make: Factories) -> None:
    make.policy(make.customer())


def _with_little_evidence(app: Flask, make: Factories) -> None:
    me = make.customer()
    send_evidence(app, make.policy(me), me, EvidenceKind.PERSON)


def _with_all_evidence(app: Flask, make: Factories) -> None:
    me = make.customer()
    send_evidence(app, make.policy(me), me, *EvidenceKind)


def _in_cash(app: Flask, make: Factories) -> None:
    slip = make.slip(make.customer())
    cashier = make.collaborator().actor
    with app.app_context():
        receipts.receive(slip.number, slip.amount, cashier)


CASES = {
    "by account": _by_account,
    "with a photo": _with_little_evidence,
    "with all evidence": _with_all_evidence,
    "in cash": _in_cash,
}


@pytest.mark.one_database
@pytest.mark.parametrize("case", CASES)
def test_no_sheet_is_half_empty_and_each_is_numbered(app: Flask, make: Factories, newest: Pdf, case: str) -> None:
    CASES[case](app, make)
    pdf = newest()
    sheets = pages(pdf)
    assert min(heights(pdf)) > 0.5, heights(pdf)
    for number, sheet in enumerate(sheets, start=1):
        assert flat(sheet).endswith(f"Página {number} de {len(sheets)}")


def test_its_words_are_easy_to_read(app: Flask, sold: tuple[Someone, str], newest: Pdf) -> None:
    newest()
    with app.app_context():
        edition = db.session.scalars(select(ContractingFile)).one()
        html = rendering.html_of(kinds.CONTRACTING_FILE, rendering.contents_of(kinds.CONTRACTING_FILE, edition))
    assert inflesz(of_html(html)) >= 65


def test_it_names_the_editions_before_it(app: Flask, sold: tuple[Someone, str], newest: Pdf) -> None:
    first = hashlib.sha256(newest()).hexdigest()
    send_evidence(app, sold[1], sold[0], EvidenceKind.SIGNED_POLICY)
    text = text_of(newest())
    assert f"{sold[1]}-expediente-1.pdf. Edición 1 de este expediente" in text
    assert first in text
