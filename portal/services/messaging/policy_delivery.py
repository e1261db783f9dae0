"""When a policy's holder first had it, as far as mail proves it: from then run the days to withdraw.

Source: docs/rules.md, Administer; Res. SBS 2829-2016, art. 20.
"""

from sqlalchemy import func, select, update

from portal.domain.message import MessageState
from portal.extensions import db
from portal.models import Message, Policy
from portal.services.messaging.mails.sale import PolicySent


def proved(message: Message) -> None:
    """A server took the mail, in the present transaction: the first one with the policy proves its delivery."""
    if message.kind == PolicySent.kind:
        undelivered = (Policy.id == message.policy_id) & Policy.delivered_at.is_(None)
        db.session.execute(update(Policy).where(undelivered).values(delivered_at=message.sent_at))


def disproved(message: Message) -> None:
    """The mail came back, in the present transaction: what others prove is left, or nothing."""
    if message.kind == PolicySent.kind:
        arrived = select(func.min(Message.sent_at)).where(
            Message.policy_id == message.policy_id,
            Message.kind == PolicySent.kind,
            Message.state == MessageState.SENT,
            Message.id != message.id,
        )
        its = update(Policy).where(Policy.id == message.policy_id)
        db.session.execute(its.values(delivered_at=arrived.scalar_subquery()))
