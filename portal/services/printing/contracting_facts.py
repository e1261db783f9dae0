"""What proves how a policy was contracted (B03), gathered from where it was written down as it happened."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import and_, or_, select

from portal.domain.received_file import FileState
from portal.extensions import db
from portal.models import (
    AuditEntry,
    CashReceipt,
    Code,
    CodePurpose,
    Consent,
    Document,
    Evidence,
    Payment,
    Policy,
    Purchase,
    StoredFile,
)
from portal.services.documents import kinds
from portal.services.policies import timeline


@dataclass(frozen=True, slots=True)
class Proof:
    """One kind of evidence with the files that were sent for it, the oldest first."""

    evidence: Evidence
    files: Sequence[StoredFile]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is told of one policy but the audit, which grows by the very reading of it. Each kind of thing stands in
    the order in which it happened."""

    policy: Policy
    consents: Sequence[Consent]
    codes: Sequence[Code]
    payments: Sequence[Payment]
    receipts: Sequence[CashReceipt]
    proofs: Sequence[Proof]
    documents: Sequence[Document]

    @property
    def purchase(self) -> Purchase:
        """What led to the policy."""
        return self.policy.purchase

    @property
    def unready(self) -> Sequence[Document]:
        """Documents that are not printed yet, so that nothing can be said of their bytes."""
        return [one for one in self.documents if not one.is_ready]

    @property
    def basis(self) -> str:
        """A hash of all that is told: another one means that something is new."""
        told = [
            [[one.id, one.text_sha256, one.granted] for one in self.consents],
            [[one.id, str(one.used_at)] for one in self.codes],
            [[one.number, one.state] for one in self.payments],
            [[one.number, str(one.reversed_at)] for one in self.receipts],
            [[one.number, one.kind] for one in self.policy.endorsements],
            [[one.evidence.id, one.evidence.state, [file.sha256 for file in one.files]] for one in self.proofs],
            [[one.id, one.sha256] for one in self.documents],
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def gather(policy: Policy) -> Facts:
    """What is known of the policy's contracting now: seven queries."""
    purchase = policy.purchase
    bought = timeline.purchases_of(policy)
    receipts = select(CashReceipt).join(Payment).where(Payment.purchase_id.in_(bought)).order_by(CashReceipt.id)
    codes = select(Code).where(Code.purpose == CodePurpose.PURCHASE, Code.subject_id.in_(bought)).order_by(Code.id)
    payments = db.session.scalars(select(Payment).where(Payment.purchase_id.in_(bought)).order_by(Payment.id)).all()
    taken = db.session.scalars(receipts).all()
    return Facts(
        policy=policy,
        consents=_consents(policy),
        codes=db.session.scalars(codes).all(),
        payments=payments,
        receipts=taken,
        proofs=_proofs(purchase),
        documents=_documents(policy, payments, taken),
    )


def audited(facts: Facts) -> Sequence[AuditEntry]:
    """The rows of the audit about this policy, its purchase and its evidence, in their order: one query."""
    evidence = [f"{Evidence.FILES}:{one.evidence.id}" for one in facts.proofs]
    about = or_(AuditEntry.subject.in_(timeline.subjects(facts.policy)), AuditEntry.subject.in_(evidence))
    return db.session.scalars(select(AuditEntry).where(about).order_by(AuditEntry.id)).all()


def _consents(policy: Policy) -> Sequence[Consent]:
    """Those of this purchase, and those of the account as they stood when the policy was issued."""
    purchase = policy.purchase
    is_of_account = and_(
        Consent.account_id == purchase.account_id,
        Consent.purchase_id.is_(None),
        Consent.quote_id.is_(None),
        Consent.given_at <= policy.issued_at,
    )
    its = timeline.purchases_of(policy)
    is_of_purchase = or_(Consent.purchase_id.in_(its), Consent.quote_id == purchase.quote_id)
    query = select(Consent).where(or_(is_of_account, is_of_purchase)).order_by(Consent.given_at, Consent.id)
    return db.session.scalars(query).all()


def _proofs(purchase: Purchase) -> Sequence[Proof]:
    of_evidence = and_(
        StoredFile.owner_kind == Evidence.FILES,
        StoredFile.owner_id == Evidence.id,
        StoredFile.state == FileState.STORED,
    )
    rows = db.session.execute(
        select(Evidence, StoredFile)
        .outerjoin(StoredFile, of_evidence)
        .where(Evidence.purchase_id == purchase.id, Evidence.received_at.is_not(None))
        .order_by(Evidence.id, StoredFile.id)
    )
    return [
        Proof(evidence, [file for _, file in found if file is not None])
        for evidence, found in groupby(rows, key=lambda row: row[0])
    ]


def _documents(policy: Policy, payments: Sequence[Payment], receipts: Sequence[CashReceipt]) -> Sequence[Document]:
    stated = [one.id for one in policy.endorsements]
    subjects = (
        ((kinds.QUOTE,), [policy.purchase.quote_id]),
        ((kinds.SLIP,), [one.id for one in payments]),
        ((kinds.POLICY, kinds.ENDORSEMENT), stated),
        ((kinds.RECEIPT,), [one.id for one in receipts]),
    )
    is_one = or_(
        *(
            and_(Document.kind.in_([kind.code for kind in group]), Document.subject_id.in_(ids))
            for group, ids in subjects
        )
    )
    return db.session.scalars(select(Document).where(is_one).order_by(Document.id)).all()
