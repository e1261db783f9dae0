"""What waits and what failed, for the staff's desk, counted from the rows themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from portal.domain import backlog, clock
from portal.domain.backlog import Waits
from portal.domain.message import MessageState
from portal.domain.payment import PaymentState
from portal.extensions import db
from portal.models import Document, Message, OutboxRow, OutboxState, Payment
from portal.services.documents import store
from portal.services.payments import late_charges

_WAITING_PAYMENTS = {PaymentState.IN_REVIEW: Waits.REVIEWS, PaymentState.UNKNOWN: Waits.CONFIRMING}
_FOR_PEOPLE = (Waits.LATE_CHARGES, Waits.REVIEWS)


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many of `what` wait, the oldest `since`. `needs_people`: nothing more happens by itself."""

    what: Waits
    count: int
    since: datetime
    needs_people: bool

    @property
    def noun(self) -> str:
        """What they are, to stand after their number."""
        return backlog.noun(self.what, self.count)


def waiting() -> Sequence[Waiting]:
    """All that waits, the most pressing first; empty when everything is done. Three queries, however much there is."""
    found = {one.what: one for one in (*_payments(), *_messages(), *_documents())}
    return [found[what] for what in Waits if what in found]


def _payments() -> Sequence[Waiting]:
    began = case((Payment.state == PaymentState.IN_REVIEW, Payment.in_review_at), else_=Payment.sent_at)
    what = case(_WAITING_PAYMENTS, value=Payment.state, else_=Waits.LATE_CHARGES).label("what")
    rows = db.session.execute(
        select(what, func.count(), func.min(began))
        .where(Payment.state.in_(_WAITING_PAYMENTS) | late_charges.owed_back())
        .group_by(what)
    )
    return [Waiting(Waits(one), number, since or clock.now(), one in _FOR_PEOPLE) for one, number, since in rows]


def _messages() -> Sequence[Waiting]:
    """Not sent: the policies, which somebody counts on, and the rest; what was given up, and what is late."""
    failed = (Message.state == MessageState.FAILED).label("failed")
    policy = (Message.kind == "policy").label("policy")
    rows = db.session.execute(
        select(policy, failed, func.count(), func.min(Message.queued_at))
        .where(Message.state != MessageState.SENT, (Message.queued_at < clock.now() - backlog.USUAL) | failed)
        .group_by(policy, failed)
    ).all()
    policies = [(number, since, bool(lost)) for is_policy, lost, number, since in rows if is_policy]
    found = [
        Waiting(Waits.LOST_MAILS if lost else Waits.LATE_MAILS, number, since, bool(lost))
        for is_policy, lost, number, since in rows
        if not is_policy
    ]
    if policies:
        numbers, moments, lost = zip(*policies, strict=True)
        found.append(Waiting(Waits.POLICIES, sum(numbers), min(moments), any(lost)))
    return found


def _documents() -> Sequence[Waiting]:
    failed = OutboxRow.id.is_not(None).label("failed")
    rows = db.session.execute(
        select(failed, func.count(), func.min(Document.created_at))
        .select_from(Document)
        .outerjoin(
            OutboxRow,
            (OutboxRow.state == OutboxState.FAILED)
            & (OutboxRow.queue == store.RENDER.queue)
            & (OutboxRow.subject_id == Document.id),
        )
        .where(Document.storage_key.is_(None), (Document.created_at < clock.now() - backlog.USUAL) | failed)
        .group_by(failed)
    )
    return [
        Waiting(Waits.LOST_DOCUMENTS if lost else Waits.LATE_DOCUMENTS, number, since, bool(lost))
        for lost, number, since in rows
    ]
