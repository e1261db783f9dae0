"""The papers of a policy, for its holder: each stored once, with its date and its size."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select, union_all, update

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.policy import EndorsementKind
from portal.extensions import db
from portal.models import CashReceipt, ContractingFile, Document, Endorsement, Policy
from portal.models.transaction import writing
from portal.services.documents import kinds
from portal.services.platform import audit


@dataclass(frozen=True, slots=True)
class Paper:
    """`kind` is the document's. `endorsement`: the number of the change that it states, 0 for what was issued. `size`
    in bytes; None while it is being rendered. `receipt`: the number, for a receipt of cash, which may be
    `void`; `changes`: what an endorsement is. `edition`: of a contracting file;
    `sha256`: what its bytes are known by."""

    kind: str
    made_at: datetime
    size: int | None
    endorsement: int = 0
    receipt: str | None = None
    void: bool = False
    changes: EndorsementKind | None = None
    edition: int = 0
    sha256: str | None = None


def of(policy: Policy) -> list[Paper]:
    """The papers of a policy, the oldest first. One query."""
    paid = [policy.payment_id, *(one.payment_id for one in policy.endorsements if one.payment_id)]
    stated = {one.id: one for one in policy.endorsements}
    of_receipt = and_(Document.kind == kinds.RECEIPT.code, Document.subject_id == CashReceipt.id)
    of_contracting = and_(Document.kind == kinds.CONTRACTING_FILE.code, Document.subject_id == ContractingFile.id)
    own = union_all(
        select(Document.id).where(
            Document.kind.in_((kinds.POLICY.code, kinds.ENDORSEMENT.code)), Document.subject_id.in_(stated)
        ),
        select(Document.id).join(CashReceipt, of_receipt).where(CashReceipt.payment_id.in_(paid)),
        select(Document.id).join(ContractingFile, of_contracting).where(ContractingFile.policy_id == policy.id),
    ).subquery()
    rows = db.session.execute(
        select(Document, CashReceipt.number, CashReceipt.reversed_at, ContractingFile.edition)
        .outerjoin(CashReceipt, of_receipt)
        .outerjoin(ContractingFile, of_contracting)
        .where(Document.id.in_(select(own.c.id)))
        .order_by(Document.id)
    )
    return [
        Paper(
            document.kind,
            document.created_at,
            document.size,
            # Of a receipt or a contracting file the subject is a key of another table.
            endorsement=0 if receipt or edition else stated[document.subject_id].number,
            receipt=receipt,
            void=reversed_at is not None,
            changes=None if receipt or edition else stated[document.subject_id].kind,
            edition=edition or 0,
            sha256=document.sha256,
        )
        for document, receipt, reversed_at, edition in rows
    ]


def taken(document: Document, actor: Actor) -> None:
    """Its owner took the file of `document` while signed in: the first time, of a policy, that proves its delivery.
    Source: docs/rules.md, Administer; Res. SBS 2829-2016, art. 20."""
    if document.kind != kinds.POLICY.code:
        return
    its = select(Endorsement.policy_id).where(Endorsement.id == document.subject_id).scalar_subquery()
    not_yet = (Policy.id == its, Policy.account_id == actor.account_id, Policy.downloaded_at.is_(None))
    if db.session.scalar(select(Policy.id).where(*not_yet)) is None:
        return
    now = clock.now()
    with writing() as session:
        proof = {"downloaded_at": now, "delivered_at": func.coalesce(Policy.delivered_at, now)}
        number = session.scalar(update(Policy).where(*not_yet).values(proof).returning(Policy.number))
        if number is not None:  # else at this very moment by another press
            audit.record(actor, "policy.downloaded", number)
