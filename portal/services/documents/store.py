"""Documents: rendered once by a worker, kept with their hash, served to their owner only."""

import hashlib
import time

from flask import current_app
from sqlalchemy import select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.integrations.storage import FolderStorage, StorageMissing, new_key
from portal.models import CashReceipt, Document, DocumentKind, Endorsement, Payment, Policy, Quote
from portal.models.transaction import writing
from portal.services.messaging import outgoing
from portal.services.platform import outbox
from portal.services.printing import contents
from portal.settings import Settings


def order_quote(quote: Quote) -> Document:
    """Owe the quote's PDF, in the present transaction."""
    return _order(DocumentKind.QUOTE, quote.account_id, quote.number, quote_id=quote.id)


def order_policy(policy: Policy, endorsement: Endorsement) -> Document:
    """Owe the policy's PDF as its endorsement states it, in the present transaction."""
    return _order(DocumentKind.POLICY, policy.account_id, policy.number, endorsement_id=endorsement.id)


def order_receipt(receipt: CashReceipt) -> Document:
    """Owe the PDF of a receipt of cash, in the present transaction."""
    return _order(DocumentKind.RECEIPT, receipt.payment.purchase.account_id, receipt.number, receipt_id=receipt.id)


def order_endorsement(endorsement: Endorsement) -> Document:
    """Owe the PDF of an endorsement, in the present transaction."""
    policy = endorsement.policy
    name = f"{policy.number}-endoso-{endorsement.number}"
    return _order(DocumentKind.ENDORSEMENT, policy.account_id, name, endorsement_id=endorsement.id)


def order_slip(payment: Payment) -> Document:
    """Owe the slip's PDF, in the present transaction."""
    return _order(DocumentKind.SLIP, payment.purchase.account_id, payment.number, payment_id=payment.id)


def of_quote(quote: Quote) -> Document:
    """The quote's document, ready or not."""
    return _of(DocumentKind.QUOTE, quote_id=quote.id)


def of_policy(policy: Policy) -> Document:
    """The document of the policy's terms in force, ready or not."""
    return _of(DocumentKind.POLICY, endorsement_id=policy.terms.id)


def of_slip(payment: Payment) -> Document:
    """The slip's document, ready or not."""
    return _of(DocumentKind.SLIP, payment_id=payment.id)


def of_receipt(receipt: CashReceipt) -> Document:
    """The receipt's document, ready or not."""
    return _of(DocumentKind.RECEIPT, receipt_id=receipt.id)


def of_endorsement(endorsement: Endorsement) -> Document:
    """The document of a change to the policy, ready or not."""
    return _of(DocumentKind.ENDORSEMENT, endorsement_id=endorsement.id)


def content(document: Document, actor: Actor) -> tuple[str, bytes | None]:
    """File name and bytes, None while they are being rendered. Raises NotFound for anybody but the owner."""
    if actor.account_id is None or document.account_id != actor.account_id:
        raise NotFound
    return stored(document)


def stored(document: Document) -> tuple[str, bytes | None]:
    """The same, for a service that let its reader in by a rule of its own."""
    return document.filename, _storage().get(document.storage_key) if document.storage_key else None


def missing_engine() -> str | None:
    """What to install before a document can be made, in words with the line to type; None when all is there."""
    from portal.integrations.pdf import PdfEngineMissing, engine_path

    try:
        engine_path()
    except PdfEngineMissing as missing:
        return str(missing)
    return None


def render(document_id: int, outbox_id: int) -> None:
    """Render and keep the document (the worker's job); the second time it does nothing."""
    document = db.session.get_one(Document, document_id)
    if not document.is_ready:
        key = document.reserved_key or new_key(".pdf")
        pdf, milliseconds = _kept(document, key)
    with writing() as session:
        document = session.get_one(Document, document_id)
        if not document.is_ready:
            document.storage_key, document.size = key, len(pdf)
            document.sha256 = hashlib.sha256(pdf).hexdigest()
            document.rendered_at, document.render_ms = clock.now(), milliseconds
            session.flush()
            outgoing.document_ready(document)
        outbox.done(outbox_id)


def _kept(document: Document, key: str) -> tuple[bytes, int | None]:
    """The bytes under `key`, and the milliseconds of rendering them now; None when they were there already, since a
    worker died on its way to the row's mark."""
    storage = _storage()
    try:
        return storage.get(key), None
    except StorageMissing:
        began = time.perf_counter()
        pdf = contents.render(document)
        milliseconds = round((time.perf_counter() - began) * 1000)
        return storage.put(key, pdf), milliseconds


def _of(kind: DocumentKind, **subject: int) -> Document:
    return db.session.scalars(select(Document).filter_by(kind=kind, **subject)).one()


def _order(kind: DocumentKind, account_id: int, name: str, **subject: int) -> Document:
    document = Document(kind=kind, account_id=account_id, filename=f"{name}.pdf", **subject)
    document.reserved_key = new_key(".pdf")
    db.session.add(document)
    db.session.flush()
    outbox.add("documents", "workers.documents.render", document.id, key=document.job_key)
    return document


def _storage() -> FolderStorage:
    settings: Settings = current_app.config["PORTAL"]
    return FolderStorage(settings.storage_folder)
