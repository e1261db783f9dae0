"""Mails that did not leave, counted for the staff's desk."""

from collections.abc import Sequence

from sqlalchemy import case, func, select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.backlog import USUAL, Noun, Waiting
from portal.domain.message import EXPIRED, MessageState
from portal.models import Message
from portal.services.messaging.mails.sale import PolicySent
from portal.services.platform.pending import Found, Grouped

POLICY = Noun("póliza sin enviar", "pólizas sin enviar")
LOST_MAIL = Noun("correo no entregado", "correos no entregados")
LATE_MAIL = Noun("correo demorado", "correos demorados")

_LOST_POLICY, _LATE_POLICY = "lost policy", "late policy"


def mails(_actor: Actor) -> Grouped:
    """The policies, which somebody counts on, and the rest; what was given up, and what is late."""
    failed, policy = Message.state == MessageState.FAILED, Message.kind == PolicySent.kind
    mark = case(
        (policy & failed, _LOST_POLICY), (policy, _LATE_POLICY), (failed, LOST_MAIL.one), else_=LATE_MAIL.one
    ).label("mark")
    query = (
        select(mark, func.count().label("number"), func.min(Message.queued_at).label("since"))
        .where(Message.state != MessageState.SENT, (Message.queued_at < clock.now() - USUAL) | failed)
        .where(Message.reason.is_distinct_from(EXPIRED))  # nobody can help it any more, and its reader asks for another
        .group_by(mark)
    )
    return Grouped(query, _read)


def _read(rows: Sequence[Found]) -> Sequence[Waiting]:
    by_mark = {mark: (number, since) for mark, number, since in rows}
    policies = [by_mark[mark] for mark in (_LOST_POLICY, _LATE_POLICY) if mark in by_mark]
    found = [
        Waiting(what, *by_mark[what.one], needs_people=what is LOST_MAIL)
        for what in (LOST_MAIL, LATE_MAIL)
        if what.one in by_mark
    ]
    if policies:
        numbers, moments = zip(*policies, strict=True)
        found.append(Waiting(POLICY, sum(numbers), min(moments), _LOST_POLICY in by_mark))
    return found
