"""Payments that wait for the bank or for people, counted for the staff's desk."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Integer, Select, cast, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.backlog import Noun, Waiting
from portal.domain.payment import PaymentState
from portal.domain.payout import PayoutState
from portal.domain.refund import RefundState
from portal.models import Payment, Payout, Refund
from portal.services.payments import late_charges, paid_twice, refund_ways
from portal.services.platform.pending import Found, Grouped

LATE_CHARGE = Noun("cobro por devolver", "cobros por devolver")
PAID_TWICE = Noun("pago hecho dos veces", "pagos hechos dos veces")
IN_REVIEW = Noun("pago por confirmar", "pagos por confirmar")
CONFIRMING = Noun("pago que el banco no responde", "pagos que el banco no responde")
_NOUNS = {noun.one: noun for noun in (LATE_CHARGE, PAID_TWICE, refund_ways.LEFT, IN_REVIEW, CONFIRMING)}


def payments(_actor: Actor) -> Grouped:
    """Of customers, to persons and back to customers: without outcome, whose charge is to be given back, made twice, or
    refused. Each of them by an index of its own."""
    each = union_all(
        _of(LATE_CHARGE, Payment.sent_at).where(late_charges.owed_back()),
        _of(IN_REVIEW, Payment.in_review_at).where(Payment.state == PaymentState.IN_REVIEW),
        _of(CONFIRMING, Payment.sent_at).where(Payment.state == PaymentState.UNKNOWN),
        _of(IN_REVIEW, Payout.in_review_at).where(Payout.state == PayoutState.IN_REVIEW),
        _of(CONFIRMING, Payout.sent_at).where(Payout.state == PayoutState.UNKNOWN),
        _of(IN_REVIEW, Refund.in_review_at).where(Refund.state == RefundState.IN_REVIEW),
        _of(CONFIRMING, Refund.sent_at).where(Refund.state == RefundState.UNKNOWN),
        _of(refund_ways.LEFT, Refund.resolved_at).where(refund_ways.is_left()),
        _of(PAID_TWICE, Payout.resolved_at).where(paid_twice.PAID_TWICE.is_open()),
        _of(PAID_TWICE, Refund.resolved_at).where(paid_twice.REFUNDED_TWICE.is_open()),
    ).subquery()
    number, since = cast(func.sum(each.c.number), Integer).label("number"), func.min(each.c.since).label("since")
    return Grouped(select(each.c.mark, number, since).where(each.c.number > 0).group_by(each.c.mark), _read)


def _of(noun: Noun, since: InstrumentedAttribute[datetime | None]) -> Select[str, int, datetime | None]:
    marked = literal(noun.one).label("mark")
    return select(marked, func.count().label("number"), func.min(since).label("since")).select_from(since.class_)


def _read(rows: Sequence[Found]) -> Sequence[Waiting]:
    return [
        Waiting(_NOUNS[mark], number, since or clock.now(), needs_people=mark != CONFIRMING.one)
        for mark, number, since in rows
    ]
