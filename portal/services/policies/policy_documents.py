"""The papers of a policy, for its holder: each stored once, with its date and its size."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, union_all

from portal.domain.actor import Actor
from portal.domain.errors import NotFound
from portal.domain.policy import EndorsementKind
from portal.extensions import db
from portal.models import CashReceipt, Document, DocumentKind, Policy
from portal.services.documents import store
from portal.services.policies import policy as policies


@dataclass(frozen=True, slots=True)
class Paper:
    """`kind` is the document's. `endorsement`: the number of the change that it states, 0 for what was issued. `size`
    in bytes; None while it is being rendered. `receipt`: the number, for a receipt of cash, which may be `void`."""

    kind: DocumentKind
    made_at: datetime
    size: int | None
    endorsement: int = 0
    receipt: str | None = None
    void: bool = False


def of(policy: Policy) -> list[Paper]:
    """The papers of a policy, the oldest first. One query."""
    numbers = {one.id: one.number for one in policy.endorsements}
    own = union_all(
        select(Document.id).where(
            Document.kind.in_((DocumentKind.POLICY, DocumentKind.ENDORSEMENT)), Document.endorsement_id.in_(numbers)
        ),
        select(Document.id)
        .join(CashReceipt, CashReceipt.id == Document.receipt_id)
        .where(Document.kind == DocumentKind.RECEIPT, CashReceipt.payment_id == policy.payment_id),
    ).subquery()
    rows = db.session.execute(
        select(Document, CashReceipt.number, CashReceipt.reversed_at)
        .outerjoin(CashReceipt, CashReceipt.id == Document.receipt_id)
        .where(Document.id.in_(select(own.c.id)))
        .order_by(Document.id)
    )
    return [
        Paper(
            document.kind,
            document.created_at,
            document.size,
            endorsement=numbers[document.endorsement_id] if document.endorsement_id else 0,
            receipt=receipt,
            void=reversed_at is not None,
        )
        for document, receipt, reversed_at in rows
    ]


def content_of_policy(number: str, actor: Actor) -> tuple[str, bytes | None]:
    """File name and bytes of the policy's PDF; None while it is being rendered."""
    return store.content(store.of_policy(policies.get(number, actor)), actor)


def content_of_endorsement(number: str, endorsement: int, actor: Actor) -> tuple[str, bytes | None]:
    """File name and bytes of the PDF of a change to the policy; None while it is being rendered. Raises NotFound."""
    changes = [one for one in policies.get(number, actor).endorsements if one.kind is not EndorsementKind.ISSUE]
    for change in changes:
        if change.number == endorsement:
            return store.content(store.of_endorsement(change), actor)
    raise NotFound("No encontramos ese endoso.")


def content_of_receipt(receipt: str, actor: Actor) -> tuple[str, bytes | None]:
    """File name and bytes of the receipt of cash that the actor paid; None while it is being rendered. Raises NotFound
    for anybody else's."""
    document = db.session.scalars(
        select(Document)
        .join(CashReceipt, CashReceipt.id == Document.receipt_id)
        .where(CashReceipt.number == receipt, Document.account_id == actor.account_id)
    ).one_or_none()
    if document is None:
        raise NotFound("No encontramos ese recibo.")
    return store.content(document, actor)
