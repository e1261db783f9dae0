"""When a policy's holder first had it, as its mail proves, or their download where no mail arrived: from then run the
days to withdraw.

Source: docs/rules.md, Administer; Res. SBS 2829-2016, art. 20.
"""

from sqlalchemy import func, select, update

from portal.domain.message import MessageState
from portal.extensions import db
from portal.models import Message, Policy
from portal.models.transaction import NOT_THE_KEY
from portal.services.messaging.mails.sale import PolicySent


def proved(message: Message) -> None:
    """A server took the mail, in the present transaction: the first one with the policy proves its delivery."""
    if message.kind == PolicySent.kind:
        undelivered = (Policy.id == message.policy_id) & Policy.delivered_at.is_(None)
        db.session.execute(update(Policy).where(undelivered).values(delivered_at=message.sent_at))


def disproved(message: Message) -> None:
    """The mail came back, in the present transaction: what else proves it is left, or nothing."""
    if message.kind == PolicySent.kind:
        policy = db.session.get_one(Policy, message.policy_id)
        db.session.refresh(policy, with_for_update=NOT_THE_KEY)  # the holder may be taking it at this moment
        arrived = select(func.min(Message.sent_at)).where(
            Message.policy_id == message.policy_id,
            Message.kind == PolicySent.kind,
            Message.state == MessageState.SENT,
            Message.id != message.id,
        )
        proofs = (db.session.scalar(arrived), policy.downloaded_at)
        policy.delivered_at = min((proof for proof in proofs if proof), default=None)
