"""Money that the bank left without an outcome, at the staff's desk (docs/rules.md, Money moves once).

The portal asks by itself for a day. What remains then is in review: one of the staff writes down what the bank said,
a supervisor who is somebody else confirms it, and only that moves a charge, a refund or a payout. Charges that the bank
told of when their payment had ended are in late_charges.py. The runbook is docs/runbooks/payments-in-review.md.
"""

from typing import Any

from sqlalchemy import select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.extensions import db
from portal.integrations.bank import Approved, Declined
from portal.models import Decision
from portal.models.transaction import judged_anew, writing
from portal.services.controls import four_eyes
from portal.services.payments import settling
from portal.services.payments.money_movement import MoneyMovement, Row
from portal.services.payments.movements import MOVEMENTS
from portal.services.platform import audit


def propose(number: str, *, was_moved: bool, reference: str, note: str, actor: Actor) -> None:
    """Write down what the bank told people: `reference` is its number of the movement, or that of its answer when
    nothing moved. It moves nothing until somebody else confirms it. Of a movement that was approved and could not be
    followed up the number is known: what is proposed is to follow it up.

    Raises DomainError on the field `referencia`, or on none when the bank told the portal of a movement; NotAllowed.
    """
    with writing():
        kind, row = _open(number)
        kind.check_no_part(row, actor)
        if row.reason == kind.not_concluded:
            was_moved, reference = True, str(row.bank_id)
        outcome = _outcome(kind, row, reference, was_moved=was_moved)
        proposal = {"outcome": outcome, "reference": reference, "amount": str(row.amount)}
        four_eyes.propose(kind.decision, row.id, proposal, note, actor)
        audit.record(actor, f"{kind.decision}.propose", number, outcome=outcome, reference=reference)


def decide(number: str, actor: Actor, *, shown: int | None, accepted: bool) -> None:
    """Confirm what is proposed, and end the movement so in the same commit; or turn it down, and leave it in review.

    `shown` is the proposal that the page showed. Raises NotAllowed for the proposer, for who is no supervisor and for
    who has a part in it; DomainError when something else is proposed by now.
    """
    judged_anew(lambda: _decide(number, actor, shown, accepted=accepted))


def _decide(number: str, actor: Actor, shown: int | None, *, accepted: bool) -> None:
    with writing():
        kind, row = _open(number)
        kind.check_no_part(row, actor)
        decision = four_eyes.decide_shown(kind.decision, row.id, actor, shown=shown, accepted=accepted)
        if accepted:
            _conclude(kind, row, decision, actor)
        told = {"proposed_by": decision.proposed_by_id, "reference": decision.proposal["reference"]}
        audit.record(actor, f"{kind.decision}.{'accept' if accepted else 'reject'}", number, **told)


def _conclude(kind: MoneyMovement[Row], row: Row, decision: Decision, actor: Actor) -> None:
    reference = decision.proposal["reference"]
    if decision.proposal["outcome"] == kind.done:
        authorization = kind.authorization(row) if row.bank_id == reference else ""
        settling.conclude(kind, row, Approved(reference, authorization, clock.now()), actor)
        # Asked last: the audit row makes writers wait for each other, so two rows by one movement see each other.
        _check_is_free(kind, row, reference)
    else:
        _check_none_is_known(kind, row)  # the bank's answer may have come after the proposal
        settling.conclude(kind, row, Declined("", kind.not_moved, ""), actor)


def _outcome(kind: MoneyMovement[Row], row: Row, reference: str, *, was_moved: bool) -> str:
    """What is proposed, in one word. Raises DomainError."""
    if was_moved:
        _check_is_free(kind, row, reference)
        return str(kind.done)
    _check_none_is_known(kind, row)
    return str(kind.refused)


def _open(number: str) -> tuple[MoneyMovement[Any], Any]:
    for kind in MOVEMENTS:
        row = db.session.scalars(select(kind.model).where(kind.model.number == number)).one_or_none()
        if row is None:
            continue
        if row.state is kind.states.UNKNOWN:
            raise NotAllowed("El portal todavía le está preguntando al banco: espere a que termine.")
        if row.state is not kind.states.IN_REVIEW:
            raise NotAllowed("Este pago ya se resolvió: no queda nada por confirmar.")
        return kind, row
    raise NotFound


def _check_none_is_known(kind: MoneyMovement[Row], row: Row) -> None:
    """An approval that came late is kept beside the review: money that moved can't be called "not moved"."""
    if row.bank_id is not None:
        raise DomainError(kind.already_moved.format(row.bank_id))


def _check_is_free(kind: MoneyMovement[Row], row: Row, reference: str) -> None:
    """One movement of the bank's ends one of ours: the same number can't confirm two."""
    rows = kind.model
    other = db.session.scalars(select(rows.number).where(rows.bank_id == reference, rows.id != row.id)).first()
    if other is not None:
        raise DomainError(kind.already_used.format(other), "referencia")
