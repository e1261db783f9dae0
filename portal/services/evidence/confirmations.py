"""The mail that says what evidence came: one for all that was sent at a time, some minutes after the last (S28)."""

from sqlalchemy import select

from portal.domain import clock
from portal.domain.claim import PaperState
from portal.domain.policy import PolicyState
from portal.extensions import db
from portal.models import Evidence, Policy
from portal.models.transaction import end_reading, writing
from portal.services.messaging import outgoing
from portal.services.messaging.mails.evidence import EvidenceReceived

_AT_A_TIME = 200


def confirm_due() -> None:
    """Write to each customer whose sending has ended. May be begun twice: of two, one writes."""
    now = clock.now()
    due = select(Evidence.purchase_id).where(Evidence.confirm_at <= now).order_by(Evidence.confirm_at)
    purchases = dict.fromkeys(db.session.scalars(due.limit(_AT_A_TIME)))
    end_reading()
    for purchase_id in purchases:
        _confirm(purchase_id)


def _confirm(purchase_id: int) -> None:
    with writing() as session:
        sent = session.scalars(
            select(Evidence)
            .where(Evidence.purchase_id == purchase_id, Evidence.confirm_at.is_not(None))
            .order_by(Evidence.id)
            .with_for_update(key_share=True)
        ).all()
        if any(one.confirm_at is not None and one.confirm_at > clock.now() for one in sent):
            return  # more is on its way
        for one in sent:
            one.confirm_at = None
        told = [one for one in sent if one.state in (PaperState.RECEIVED, PaperState.ACCEPTED)]
        policy = session.scalars(select(Policy).where(Policy.purchase_id == purchase_id)).one()
        if told and policy.state_at(clock.now()) is not PolicyState.CANCELLED:
            outgoing.queue_for_buyer(EvidenceReceived(policy=policy, evidence=told), told[0].purchase, policy=policy)
