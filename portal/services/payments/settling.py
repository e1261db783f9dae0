"""How money that moves by the bank ends: its word written by compare-and-swap, and all that follows in the same commit.

Source: docs/rules.md, Money moves once. Who asks the bank is in sending.py.
"""

from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError

from portal.domain import clock
from portal.domain.actor import SYSTEM, Actor
from portal.integrations.bank import Approved, Declined, NotSent, Outcome
from portal.models.transaction import writing
from portal.services.payments.money_movement import MoneyMovement, Row
from portal.services.platform import outbox

log = structlog.get_logger(__name__)

_PATIENCE = timedelta(minutes=10)  # with what follows from an approval and fails, a defect of ours


def settle(kind: MoneyMovement[Any], row_id: int, outcome: Outcome, outbox_id: int | None) -> None:
    """The last transaction of a movement: the result by compare-and-swap, and all that follows from it.

    An approval that cannot be followed up, as by a policy, is kept, tried again for ten minutes, and then left to
    people.
    """
    try:
        _settle(kind, row_id, outcome, outbox_id)
    except (StaleDataError, OperationalError):
        raise  # somebody else was faster, or the database was away: no fault of what follows
    except Exception:
        if not isinstance(outcome, Approved) or not _leave_to_people(kind, row_id, outcome, outbox_id):
            raise


def _settle(kind: MoneyMovement[Any], row_id: int, outcome: Outcome, outbox_id: int | None) -> None:
    with writing() as session:
        row = session.get_one(kind.model, row_id)
        if row.state in kind.unsettled:
            match outcome:
                case Approved() | Declined():
                    conclude(kind, row, outcome, SYSTEM)
                case NotSent():
                    row.move_to(kind.not_sent)
                    row.reason, row.resolved_at = outcome.reason, clock.now()
                    kind.on_not_sent(row, outcome)
                case _ if row.state is not kind.states.UNKNOWN:
                    row.move_to(kind.states.UNKNOWN)
                    kind.on_unknown(row)
        elif isinstance(outcome, Approved) and row.state is not kind.done:
            # It can't happen while the bank keeps its contract; if it does, somebody must see to it.
            log.critical(
                "approved_after_the_end", alarm=True, kind=kind.name, payment=row.number, state=row.state.value
            )
            kind.on_approved_after_the_end(row, outcome)
        if outbox_id is not None:
            outbox.done(outbox_id)


def conclude(kind: MoneyMovement[Row], row: Row, outcome: Approved | Declined, actor: Actor) -> None:
    """End a movement as the bank said, and do all that follows from it, in the present transaction: the audit row of
    `actor` comes last."""
    if isinstance(outcome, Approved):
        row.move_to(kind.done)
        kind.keep(row, outcome)
        row.resolved_at, row.reason = clock.now(), None
        kind.on_approved(row, actor)
    else:
        row.move_to(kind.refused)
        row.bank_id, row.reason, row.resolved_at = outcome.bank_id or None, outcome.code, clock.now()
        kind.on_refused(row, outcome, actor)


def kept_approval(kind: MoneyMovement[Row], row: Row) -> Approved | None:
    """The bank's approval of a movement that could not be followed up yet: the bank need not be asked again."""
    if row.state not in kind.unsettled or row.bank_id is None or row.resolved_at is None:
        return None
    return Approved(row.bank_id, kind.authorization(row), row.resolved_at)


def review(kind: MoneyMovement[Any], row_id: int) -> None:
    """Leave a movement that the bank did not answer for in a day to the staff's desk."""
    with writing() as session:
        row = session.get_one(kind.model, row_id)
        if row.state in kind.unsettled:
            _to_review(kind, row)


def _leave_to_people(kind: MoneyMovement[Any], row_id: int, outcome: Approved, outbox_id: int | None) -> bool:
    """Keep the approval of a movement that could not be followed up, a defect of ours. Whether nobody need try it
    again: after `_PATIENCE` it lies on the staff's desk, and whom it concerns is told."""
    with writing() as session:
        row = session.get_one(kind.model, row_id)
        if row.state not in kind.unsettled:
            return True  # somebody else has settled it meanwhile
        if kept_approval(kind, row) is None:
            kind.keep(row, outcome)
            row.resolved_at, row.reason = clock.now(), kind.not_concluded
        if row.resolved_at is None or clock.now() - row.resolved_at < _PATIENCE:
            return False
        log.critical("charged_and_not_issued", alarm=True, kind=kind.name, number=row.number)
        _to_review(kind, row)
        if outbox_id is not None:
            outbox.done(outbox_id)
    return True


def _to_review(kind: MoneyMovement[Row], row: Row) -> None:
    if row.state is kind.states.PROCESSING:
        row.move_to(kind.states.UNKNOWN)
    row.move_to(kind.states.IN_REVIEW)
    row.in_review_at = clock.now()
    kind.on_review(row)
