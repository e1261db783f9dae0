"""What each kind of document says, and how it is printed."""

from typing import Any

from flask import current_app

from portal.domain import ubigeo
from portal.domain.formats import moment
from portal.extensions import db
from portal.integrations.qr import qr_data_uri
from portal.models import CashReceipt, Document, DocumentKind, Endorsement, Payment, Person, Policy, Quote
from portal.models.transaction import end_reading
from portal.services.catalogue import agencies, offers
from portal.services.payments import receipt_facts
from portal.settings import current_settings


def render(document: Document) -> bytes:
    """The PDF of a document, from its rows as they are now."""
    return _RENDERERS[document.kind](document)


def policy_html(policy: Policy) -> str:
    """The HTML that the policy's PDF is rendered from."""
    offer = offers.offer(policy.product_version_id)
    verify_url = _link(f"/verificar/{policy.verification_token}")
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


def _quote(document: Document) -> bytes:
    quote = db.session.get_one(Quote, document.quote_id)
    offer = offers.offer(quote.product_version_id)
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


def _slip(document: Document) -> bytes:
    payment = db.session.get_one(Payment, document.payment_id)
    quote = payment.purchase.quote
    product, plan = offers.plan_of(quote)
    html = _html(
        "slip",
        payment=payment,
        quote=quote,
        product=product,
        plan=plan,
        agency=agencies.by_code(payment.agency_code),
        qr=qr_data_uri(_link(f"/compras/{payment.purchase.public_id}")),
    )
    title = f"Solicitud de pago {payment.number}"
    end_reading()
    return _pdf(html, title=title, footer=title)


def _policy(document: Document) -> bytes:
    policy = db.session.get_one(Endorsement, document.endorsement_id).policy
    html, title = policy_html(policy), f"Póliza {policy.number}"
    footer = f"{title} · Emitida el {moment(policy.issued_at)} (hora de Lima)"
    end_reading()
    return _pdf(html, title=title, footer=footer)


def _receipt(document: Document) -> bytes:
    facts = receipt_facts.of(db.session.get_one(CashReceipt, document.receipt_id))
    path = (
        f"/verificar/{facts.policy.verification_token}"
        if facts.policy
        else f"/compras/{facts.payment.purchase.public_id}"
    )
    html = _html("receipt", facts=facts, receipt=facts.receipt, qr=qr_data_uri(_link(path)))
    title = f"Recibo {facts.receipt.number}"
    footer = f"{title} · {moment(facts.receipt.received_at)} (hora de Lima)"
    end_reading()
    return _pdf(html, title=title, footer=footer)


def _endorsement(document: Document) -> bytes:
    endorsement = db.session.get_one(Endorsement, document.endorsement_id)
    policy = endorsement.policy
    product, plan = offers.sold(policy.product_version_id, endorsement.plan_code)
    verify_url = _link(f"/verificar/{policy.verification_token}")
    html = _html(
        "endorsement",
        policy=policy,
        endorsement=endorsement,
        product=product,
        plan=plan,
        facts=receipt_facts.reversed_of(policy),
        verify_url=verify_url,
        qr=qr_data_uri(verify_url),
    )
    title = f"Endoso {endorsement.number} de la póliza {policy.number}"
    footer = f"{title} · {moment(endorsement.created_at)} (hora de Lima)"
    end_reading()
    return _pdf(html, title=title, footer=footer)


def _pdf(html: str, *, title: str, footer: str) -> bytes:
    from portal.integrations.pdf import render_pdf  # pikepdf and Pillow, 10 MB, for the process that renders

    return render_pdf(html, title=title, footer=footer)


_RENDERERS = {
    DocumentKind.QUOTE: _quote,
    DocumentKind.POLICY: _policy,
    DocumentKind.SLIP: _slip,
    DocumentKind.RECEIPT: _receipt,
    DocumentKind.ENDORSEMENT: _endorsement,
}


def _html(kind: str, **words: Any) -> str:
    settings = current_settings()
    return current_app.jinja_env.get_template(f"documents/{kind}.html").render(
        support_phone=settings.support_phone, **words
    )


def _link(path: str) -> str:
    settings = current_settings()
    return settings.base_url + path


def _address(person: Person) -> str:
    return ", ".join(filter(None, (person.address, ubigeo.full_name(person.ubigeo) if person.ubigeo else "")))
