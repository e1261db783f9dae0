"""The bordereau: each insurer is told every day by mail what was issued, changed, ended, charged, given back and paid
of its policies the day before. A day is told once, however often this runs; one on which nothing happened is told
too, so that a mail that got lost is not taken for a quiet day. Source: docs/rules.md, Law and terms.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import lazyload

from portal.domain import bordereau, clock
from portal.domain.actor import SYSTEM, Actor
from portal.domain.backlog import Noun
from portal.domain.bordereau import Entry, Told
from portal.domain.catalogue.product import Insurer
from portal.domain.message import MessageState
from portal.domain.payment import PaymentState
from portal.domain.payout import PayoutState
from portal.domain.policy import EndorsementKind
from portal.domain.refund import RefundState
from portal.extensions import db
from portal.integrations.storage import StorageMissing, new_key
from portal.models import (
    Bordereau,
    CashReceipt,
    Claim,
    ClaimAward,
    ClaimResolution,
    Document,
    Endorsement,
    Message,
    Payment,
    Payout,
    Policy,
    ProductVersion,
    Refund,
)
from portal.models.transaction import NOT_THE_KEY, end_reading, writing
from portal.services.catalogue import offers
from portal.services.documents import store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.insurers import DailyBordereau
from portal.services.platform import audit, paging
from portal.services.platform.pending import Pending

LATE = Noun("relación diaria sin enviar", "relaciones diarias sin enviar")
_KIND = "bordereau"  # of its file
_DAY = timedelta(days=1)
_PATIENCE = timedelta(hours=2)
_ENDS = {
    EndorsementKind.CANCELLATION: "Anulada",
    EndorsementKind.TERMINATION: "Desvinculada",
    EndorsementKind.BENEFIT_PAID: "Beneficio pagado",
    EndorsementKind.INSURED_DIED: "No protegió: la persona asegurada falleció antes",
}
_CHANGES = {
    EndorsementKind.PLAN_CHANGE: "Plan",
    EndorsementKind.BENEFICIARY_CHANGE: "Beneficiarios",
    EndorsementKind.CORRECTION: "Datos de una persona",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A day of an insurer for the desk, and the mail that carries it."""

    bordereau: Bordereau
    message: Message | None

    @property
    def id(self) -> int:
        """The row's."""
        return self.bordereau.id

    @property
    def has_left(self) -> bool:
        """Whether the insurer's mail server took it."""
        return self.message is not None and self.message.state is MessageState.SENT

    @property
    def was_lost(self) -> bool:
        """Whether it was given up, and waits for "Reintentar"."""
        return self.message is not None and self.message.state is MessageState.FAILED


def keep_up() -> None:
    """Tell each insurer of the days that it was not told of. May be begun twice at once."""
    for insurer in _insurers().values():
        _begin_days(insurer)
    for bordereau_id in _untold():
        _tell(bordereau_id)


def days(*, before: int | None = None, limit: int) -> Sequence[Line]:
    """The newest first. One query."""
    query = select(Bordereau, Message).outerjoin(Message, Message.id == Bordereau.message_id)
    query = query.options(lazyload(Message.attachments))
    found = db.session.execute(paging.newest(query, Bordereau.id, before=before, limit=limit))
    return [Line(*row) for row in found]


def pending(_actor: Actor) -> Pending:
    """How many have not left by now, and since when."""
    left = select(Message.id).where(Message.id == Bordereau.message_id, Message.state == MessageState.SENT)
    is_late = Bordereau.created_at < clock.now() - _PATIENCE
    return select(func.count(), func.min(Bordereau.created_at)).select_from(Bordereau).where(is_late, ~left.exists())


def _insurers() -> dict[str, Insurer]:
    """Everybody who carries what is or was sold, by RUC, as their newest version says."""
    versions = db.session.scalars(select(ProductVersion.id).order_by(ProductVersion.id)).all()
    found = {}
    for version_id in versions:
        insurer = offers.offer(version_id).product.insurer
        found[insurer.ruc] = insurer
    return found


def _begin_days(insurer: Insurer) -> None:
    """A row for each day that can be told, the first time for yesterday, with the place of its file."""
    last = bordereau.newest(clock.now())
    known = db.session.scalar(select(func.max(Bordereau.day)).where(Bordereau.ruc == insurer.ruc))
    end_reading()
    day = last if known is None else known + _DAY
    while day <= last:
        try:
            with writing() as session:
                row = Bordereau(ruc=insurer.ruc, insurer=insurer.name, day=day)
                session.add(row)
                session.flush()
                name = f"relacion-{insurer.ruc}-{day.isoformat()}.csv"
                session.add(Document(kind=_KIND, subject_id=row.id, filename=name, reserved_key=new_key(".csv")))
        except IntegrityError:
            pass  # somebody else has begun it since this moment
        day += _DAY


def _untold() -> Sequence[int]:
    found = db.session.scalars(select(Bordereau.id).where(Bordereau.message_id.is_(None)).order_by(Bordereau.id)).all()
    end_reading()
    return found


def _tell(bordereau_id: int) -> None:
    row = db.session.get_one(Bordereau, bordereau_id)
    document = _document(row)
    if not document.is_ready:
        entries = list(_entries(row.ruc, row.day))
        key, made = str(document.reserved_key), bordereau.file_of(entries)
        end_reading()
        kept = _keep(key, made)
    address = _insurers()[row.ruc].notices_email
    end_reading()
    with writing() as session:
        row = session.get_one(Bordereau, bordereau_id)
        session.refresh(row, with_for_update=NOT_THE_KEY)
        if row.message_id is not None:
            return  # somebody else was faster
        document = _document(row)
        if not document.is_ready:
            document.storage_key, document.size, document.rendered_at = key, len(kept), clock.now()
            document.sha256 = hashlib.sha256(kept).hexdigest()
            row.lines = bordereau.counted(entries)
            audit.record(SYSTEM, "bordereau.made", f"bordereau:{row.ruc}:{row.day}", lines=len(entries))
        if address is None:
            return  # the desk sees that it did not leave
        lines = [(name, str(number), "") for name, number in (row.lines or {}).items()]
        mail = DailyBordereau(insurer=row.insurer, day=row.day, lines=lines)
        row.message = outgoing.queue(mail, to=address, account=None, attachments=[document])


def _document(row: Bordereau) -> Document:
    return db.session.scalars(select(Document).filter_by(kind=_KIND, subject_id=row.id)).one()


def _keep(key: str, made: bytes) -> bytes:
    """The bytes under the key: those that whoever died on the way has left there, or else what was made now."""
    storage = store.storage()
    try:
        return storage.get(key)
    except StorageMissing:
        return storage.put(key, made)


def _entries(ruc: str, day: date) -> Iterator[Entry]:
    versions = db.session.scalars(select(ProductVersion.id)).all()
    theirs = [one for one in versions if offers.offer(one).product.insurer.ruc == ruc]
    begin, end = bordereau.bounds(day)
    for policy in _rows(select(Policy).where(_within(Policy.issued_at, begin, end)), theirs):
        since, premium = policy.starts_at, policy.issue.premium_total
        yield _entry(Told.ISSUE, policy, policy.issue, policy.issued_at, effective=since, amount=premium)
    changed = select(Endorsement, Policy).join(Policy, Policy.id == Endorsement.policy_id)
    for one, policy in _pairs(changed.where(_within(Endorsement.created_at, begin, end)), theirs):
        told = Told.END if one.kind in _ENDS else Told.CHANGE
        if one.kind is not EndorsementKind.ISSUE:
            detail = _ENDS.get(one.kind) or _CHANGES.get(one.kind, "Otro")
            number = f"{policy.number}-endoso-{one.number}"
            yield _entry(told, policy, one, one.created_at, detail=detail, effective=one.effective_at, number=number)
    for told, query, when in _money():
        for row, policy in _pairs(query.where(_within(when, begin, end)), theirs):
            terms = policy.terms_at(row.resolved_at)
            yield _entry(told, policy, terms, row.resolved_at, number=row.number, amount=row.amount)


def _money() -> Iterator[tuple[Told, Select[*tuple[Any, ...]], Any]]:
    """What moved for a policy, with the policy and when it did. Of a receipt that was reversed, which it is only on its
    own day, no money moved; what bought nothing was no charge of a policy, and neither is its return."""
    was_reversed = exists().where(
        CashReceipt.payment_id == Payment.id, CashReceipt.issues, CashReceipt.reversed_at.is_not(None)
    )
    changed = and_(Endorsement.payment_id == Payment.id, Endorsement.kind == EndorsementKind.PLAN_CHANGE)
    for bought in (Policy.payment_id == Payment.id, Policy.id == Endorsement.policy_id):
        paid = select(Payment, Policy).outerjoin(Endorsement, changed).join(Policy, bought)
        yield Told.PAYMENT, paid.where(Payment.state == PaymentState.APPROVED, ~was_reversed), Payment.resolved_at
        back = select(Refund, Policy).join(Refund.payment).outerjoin(Endorsement, changed).join(Policy, bought)
        yield Told.REFUND, back.where(Refund.state == RefundState.DONE, Refund.receipt_id.is_(None)), Refund.resolved_at
    benefit = (
        select(Payout, Policy)
        .join(ClaimAward, ClaimAward.id == Payout.award_id)
        .join(ClaimResolution, ClaimResolution.id == ClaimAward.resolution_id)
        .join(Claim, Claim.id == ClaimResolution.claim_id)
        .join(Policy, Policy.id == Claim.policy_id)
    )
    yield Told.BENEFIT, benefit.where(Payout.state == PayoutState.DONE), Payout.resolved_at


def _within(when: Any, begin: datetime, end: datetime) -> Any:
    return (when >= begin) & (when < end)


def _rows(query: Select[Policy], versions: Sequence[int]) -> Sequence[Policy]:
    return db.session.scalars(query.where(Policy.product_version_id.in_(versions))).all()


def _pairs(query: Select[*tuple[Any, ...]], versions: Sequence[int]) -> Sequence[Any]:
    return db.session.execute(query.where(Policy.product_version_id.in_(versions))).all()


def _entry(
    told: Told,
    policy: Policy,
    terms: Endorsement,
    moment: datetime,
    *,
    detail: str = "",
    effective: datetime | None = None,
    number: str = "",
    amount: Any = None,
) -> Entry:
    product = offers.offer(policy.product_version_id).product
    return Entry(
        told=told,
        moment=moment,
        policy=policy.number,
        product=product.name,
        plan=product.plan(terms.plan_code).name,
        insured=policy.insured.full_name,
        document=str(policy.insured.identity),
        detail=detail,
        effective=effective,
        number=number,
        amount=amount,
    )
