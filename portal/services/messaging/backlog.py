"""Mails that did not leave, counted for the staff's desk."""

from collections.abc import Sequence

from sqlalchemy import func, select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.backlog import USUAL, Noun, Waiting
from portal.domain.message import EXPIRED, MessageState
from portal.extensions import db
from portal.models import Message
from portal.services.messaging.mails.sale import PolicySent

POLICY = Noun("póliza sin enviar", "pólizas sin enviar")
LOST_MAIL = Noun("correo no entregado", "correos no entregados")
LATE_MAIL = Noun("correo demorado", "correos demorados")


def mails(_actor: Actor) -> Sequence[Waiting]:
    """The policies, which somebody counts on, and the rest; what was given up, and what is late. One query."""
    failed = (Message.state == MessageState.FAILED).label("failed")
    policy = (Message.kind == PolicySent.kind).label("policy")
    rows = db.session.execute(
        select(policy, failed, func.count(), func.min(Message.queued_at))
        .where(Message.state != MessageState.SENT, (Message.queued_at < clock.now() - USUAL) | failed)
        .where(Message.reason.is_distinct_from(EXPIRED))  # nobody can help it any more, and its reader asks for another
        .group_by(policy, failed)
    ).all()
    policies = [(number, since, bool(lost)) for is_policy, lost, number, since in rows if is_policy]
    found = [
        Waiting(LOST_MAIL if lost else LATE_MAIL, number, since, bool(lost))
        for is_policy, lost, number, since in rows
        if not is_policy
    ]
    if policies:
        numbers, moments, lost = zip(*policies, strict=True)
        found.append(Waiting(POLICY, sum(numbers), min(moments), any(lost)))
    return found
