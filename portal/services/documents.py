"""Documents: rendered once by a worker, kept with their hash, served to their owner only."""

import hashlib
import time
from typing import Any

from flask import current_app
from sqlalchemy import select

from portal.domain import clock, ubigeo
from portal.domain.actor import Actor
from portal.domain.errors import NotFound
from portal.domain.formats import moment
from portal.extensions import db
from portal.integrations.qr import qr_data_uri
from portal.integrations.storage import FolderStorage, StorageMissing, new_key
from portal.models import Document, DocumentKind, Endorsement, Payment, Person, Policy, Quote
from portal.models.transaction import end_reading, writing
from portal.services import agencies, catalogue, messages, outbox
from portal.settings import Settings


def order_quote(quote: Quote) -> Document:
    """Owe the quote's PDF, in the present transaction."""
    return _order(
        Document(
            kind=DocumentKind.QUOTE, account_id=quote.account_id, quote_id=quote.id, filename=f"{quote.number}.pdf"
        )
    )


def order_policy(policy: Policy, endorsement: Endorsement) -> Document:
    """Owe the policy's PDF as its endorsement states it, in the present transaction."""
    return _order(
        Document(
            kind=DocumentKind.POLICY,
            account_id=policy.account_id,
            endorsement_id=endorsement.id,
            filename=f"{policy.number}.pdf",
        )
    )


def order_slip(payment: Payment) -> Document:
    """Owe the slip's PDF, in the present transaction."""
    return _order(
        Document(
            kind=DocumentKind.SLIP,
            account_id=payment.purchase.account_id,
            payment_id=payment.id,
            filename=f"{payment.number}.pdf",
        )
    )


def of_quote(quote: Quote) -> Document:
    """The quote's document, ready or not."""
    return db.session.scalars(select(Document).where(Document.quote_id == quote.id)).one()


def of_policy(policy: Policy) -> Document:
    """The document of the policy's terms in force, ready or not."""
    return db.session.scalars(
        select(Document).where(Document.endorsement_id == policy.terms.id, Document.kind == DocumentKind.POLICY)
    ).one()


def of_slip(payment: Payment) -> Document:
    """The slip's document, ready or not."""
    return db.session.scalars(
        select(Document).where(Document.payment_id == payment.id, Document.kind == DocumentKind.SLIP)
    ).one()


def content(document: Document, actor: Actor) -> bytes | None:
    """The stored bytes, or None while they are being rendered. Raises NotFound for anybody but the owner."""
    if actor.account_id is None or document.account_id != actor.account_id:
        raise NotFound
    return _storage().get(document.storage_key) if document.storage_key else None


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
            messages.document_ready(document)
        outbox.done(outbox_id)


def policy_html(policy: Policy) -> str:
    """The HTML that the policy's PDF is rendered from."""
    settings: Settings = current_app.config["PORTAL"]
    offer = catalogue.offer(policy.product_version_id)
    verify_url = f"{settings.base_url}/verificar/{policy.verification_token}"
    return _html(
        "policy",
        policy=policy,
        terms=policy.terms,
        payment=policy.payment,
        product=offer.product,
        plan=offer.product.plan(policy.terms.plan_code),
        address=_address(policy.holder),
        verify_url=verify_url,
        qr=qr_data_uri(verify_url),
    )


def _kept(document: Document, key: str) -> tuple[bytes, int | None]:
    """The bytes under `key`, and the milliseconds of rendering them now; None when they were there already, since a
    worker died on its way to the row's mark."""
    storage = _storage()
    try:
        return storage.get(key), None
    except StorageMissing:
        began = time.perf_counter()
        pdf = _RENDERERS[document.kind](document)
        milliseconds = round((time.perf_counter() - began) * 1000)
        return storage.put(key, pdf), milliseconds


def _order(document: Document) -> Document:
    document.reserved_key = new_key(".pdf")
    db.session.add(document)
    db.session.flush()
    outbox.add("documents", "workers.documents.render", document.id, key=document.job_key)
    return document


def _render_quote(document: Document) -> bytes:
    quote = db.session.get_one(Quote, document.quote_id)
    offer = catalogue.offer(quote.product_version_id)
    html = _html(
        "quote",
        quote=quote,
        product=offer.product,
        plan=offer.product.plan(quote.plan_code),
        address=_address(quote.holder),
    )
    title = f"Cotización {quote.number}"
    end_reading()  # after the number is read: reading it again would begin another transaction
    return _pdf(html, title=title, footer=title)


def _render_slip(document: Document) -> bytes:
    payment = db.session.get_one(Payment, document.payment_id)
    quote = payment.purchase.quote
    product = catalogue.offer(quote.product_version_id).product
    html = _html(
        "slip",
        payment=payment,
        quote=quote,
        product=product,
        plan=product.plan(quote.plan_code),
        agency=agencies.by_code(payment.agency_code),
        qr=qr_data_uri(f"{current_app.config['PORTAL'].base_url}/compras/{payment.purchase.public_id}"),
    )
    title = f"Solicitud de pago {payment.number}"
    end_reading()
    return _pdf(html, title=title, footer=title)


def _render_policy(document: Document) -> bytes:
    policy = db.session.get_one(Endorsement, document.endorsement_id).policy
    html, title = policy_html(policy), f"Póliza {policy.number}"
    footer = f"{title} · Emitida el {moment(policy.issued_at)} (hora de Lima)"
    end_reading()
    return _pdf(html, title=title, footer=footer)


def _pdf(html: str, *, title: str, footer: str) -> bytes:
    from portal.integrations.pdf import render_pdf  # pikepdf and Pillow, 10 MB, for the process that renders

    return render_pdf(html, title=title, footer=footer)


_RENDERERS = {
    DocumentKind.QUOTE: _render_quote,
    DocumentKind.POLICY: _render_policy,
    DocumentKind.SLIP: _render_slip,
}


def _html(kind: str, **words: Any) -> str:
    settings: Settings = current_app.config["PORTAL"]
    return current_app.jinja_env.get_template(f"documents/{kind}.html").render(
        support_phone=settings.support_phone, **words
    )


def _address(person: Person) -> str:
    return ", ".join(filter(None, (person.address, ubigeo.full_name(person.ubigeo) if person.ubigeo else "")))


def _storage() -> FolderStorage:
    settings: Settings = current_app.config["PORTAL"]
    return FolderStorage(settings.storage_folder)
