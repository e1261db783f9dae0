"""Payments that wait for the bank or for people, counted for the staff's desk."""

from collections.abc import Sequence

from sqlalchemy import case, func, select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.backlog import Noun, Waiting
from portal.domain.payment import PaymentState
from portal.extensions import db
from portal.models import Payment
from portal.services.payments import late_charges

LATE_CHARGE = Noun("cobro por devolver", "cobros por devolver")
IN_REVIEW = Noun("pago por confirmar", "pagos por confirmar")
CONFIRMING = Noun("pago que el banco no responde", "pagos que el banco no responde")
_BY_STATE = {PaymentState.IN_REVIEW: IN_REVIEW, PaymentState.UNKNOWN: CONFIRMING}


def payments(_actor: Actor) -> Sequence[Waiting]:
    """Without outcome, or whose charge is to be given back. One query."""
    uncertain = case((Payment.state.in_(_BY_STATE), Payment.state)).label("uncertain")
    began = case((Payment.state == PaymentState.IN_REVIEW, Payment.in_review_at), else_=Payment.sent_at)
    rows = db.session.execute(
        select(uncertain, func.count(), func.min(began))
        .where(Payment.state.in_(_BY_STATE) | late_charges.owed_back())
        .group_by(uncertain)
    )
    found = [
        (_BY_STATE[state] if state else LATE_CHARGE, number, since or clock.now()) for state, number, since in rows
    ]
    return [Waiting(what, number, since, needs_people=what is not CONFIRMING) for what, number, since in found]
