"""Documents: rendered once by a worker, kept with their hash, served to their owner only."""

from sqlalchemy import select

from portal.domain.actor import Actor
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.integrations.storage import FolderStorage, new_key
from portal.models import CashReceipt, Document, DocumentKind, Endorsement, Payment, Policy, Quote
from portal.services.platform import outbox
from portal.settings import current_settings

RENDER = outbox.Job("documents", "workers.documents.render")


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
    return document.filename, storage().get(document.storage_key) if document.storage_key else None


def _of(kind: DocumentKind, **subject: int) -> Document:
    return db.session.scalars(select(Document).filter_by(kind=kind, **subject)).one()


def _order(kind: DocumentKind, account_id: int, name: str, **subject: int) -> Document:
    document = Document(kind=kind, account_id=account_id, filename=f"{name}.pdf", **subject)
    document.reserved_key = new_key(".pdf")
    db.session.add(document)
    db.session.flush()
    RENDER.owe(document.id, key=document.job_key)
    return document


def storage() -> FolderStorage:
    """Where the bytes are."""
    settings = current_settings()
    return FolderStorage(settings.storage_folder)
