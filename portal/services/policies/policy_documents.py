"""The papers of a policy, for its holder: each stored once, with its date and its size."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select, union_all

from portal.domain.policy import EndorsementKind
from portal.extensions import db
from portal.models import CashReceipt, ContractingFile, Document, Policy
from portal.services.documents import kinds


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
