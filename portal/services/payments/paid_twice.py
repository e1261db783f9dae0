"""Payouts that the bank made after they had ended as not paid, where another way pays the same. One of the staff writes
down how what is too much came back, or who gave it up as lost; a supervisor who is somebody else confirms it."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from portal.domain.actor import Actor
from portal.domain.decision import DecisionKind
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.payout import PayoutState
from portal.extensions import db
from portal.models import Decision, Payout
from portal.models.transaction import writing
from portal.services.controls import four_eyes
from portal.services.payments.money_out import MOVED_AFTER_THE_END
from portal.services.payments.payouts import check_no_part
from portal.services.platform import audit

CLOSED = "closed"
_KIND = DecisionKind.PAID_TWICE


def is_open() -> ColumnElement[bool]:
    """Whether a payout was made after its end, and two have not closed it yet."""
    other = aliased(Decision)  # than what is proposed now
    closed = select(other.id).where(other.kind == _KIND, other.subject_id == Payout.id, other.accepted.is_(True))
    made = (Payout.state == PayoutState.REFUSED) & (Payout.reason == MOVED_AFTER_THE_END)
    return made & ~closed.exists()


def propose(number: str, *, reference: str, note: str, actor: Actor) -> None:
    """Write down how it ended: `reference` names the return, or the paper by which it was given up. Raises NotAllowed,
    HasPart, NotFound, DomainError."""
    with writing():
        payout = _open(number, actor)
        award = payout.award
        if award is None or award.paid_at is None:
            raise NotAllowed("El otro pago todavía no termina: espere a saber si salió.")
        proposal = {"outcome": CLOSED, "reference": reference, "amount": str(payout.amount)}
        four_eyes.propose(_KIND, payout.id, proposal, note, actor)
        audit.record(actor, f"{_KIND}.propose", number, reference=reference)


def decide(number: str, actor: Actor, *, shown: int | None, accepted: bool) -> None:
    """Confirm what is proposed, or turn it down. Raises as review.decide."""
    with writing():
        payout = _open(number, actor)
        decision = four_eyes.decide_shown(_KIND, payout.id, actor, shown=shown, accepted=accepted)
        reference = decision.proposal["reference"]
        told = {"proposed_by": decision.proposed_by_id, "reference": reference}
        audit.record(actor, f"{_KIND}.{'accept' if accepted else 'reject'}", number, **told)
        if accepted:  # after the audit row, for which writers wait: two by one return see each other
            _check_is_free(reference, payout)


def _open(number: str, actor: Actor) -> Payout:
    found = db.session.execute(select(Payout, is_open()).where(Payout.number == number)).one_or_none()
    if found is None:
        raise NotFound
    payout, is_left = found
    check_no_part(payout, actor)
    if not is_left:
        raise NotAllowed("Este pago ya se resolvió: no queda nada por confirmar.")
    return payout


def _check_is_free(reference: str, payout: Payout) -> None:
    """One return closes one payment."""
    query = select(Payout.number).join(Decision, Decision.subject_id == Payout.id)
    other = db.session.scalars(
        query.where(
            Decision.kind == _KIND,
            Decision.accepted.is_(True),
            Decision.proposal["reference"].as_string() == reference,
            Payout.id != payout.id,
        )
    ).first()
    if other is not None:
        raise DomainError(f"Con ese número ya se cerró el pago {other}: revíselo.", "referencia")
