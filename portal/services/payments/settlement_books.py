"""What our books say of the lines of a settlement: each line is matched with one payment, refund or payout, and no two
with the same. It changes none of them. Source: docs/rules.md, Money matched."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.domain.decision import DecisionKind
from portal.domain.payment import MOVING_STATES, PaymentState
from portal.domain.payout import PayoutState
from portal.domain.purchase import PaymentMethod
from portal.domain.refund import RefundState
from portal.domain.settlement import Differs, Line, LineKind, Ours, Standing, compare, refund_of
from portal.extensions import db
from portal.models import Decision, Payment, Payout, Refund, SettlementLine
from portal.services.payments.money_out import MOVED_AFTER_THE_END

_AT_ONCE = 500  # parameters of a query
_OUT_NOT_KNOWN = ("processing", "unknown", "in_review")


@dataclass(frozen=True, slots=True)
class Match:
    """What a line is: `key`: by which no other line may be it, None where it is nothing of ours or is another's
    already; `differs`: None when both tell the same."""

    key: str | None
    ours: Ours | None
    differs: Differs | None


class Books:
    """What is in our books of some lines, in a few queries. `matched` of a line changes by `take` alone."""

    def __init__(self, lines: Iterable[Line]) -> None:
        told = list(lines)
        by_charge = {one.reference for one in told if one.kind is not LineKind.PAYOUT}
        charges = list(rows_by(Payment, Payment.number, by_charge))
        numbers = {one.id: one.number for one in charges}
        self._ours = {one.number: _charge(one) for one in charges}
        to_persons = {one.reference for one in told if one.kind is LineKind.PAYOUT}
        self._ours |= {one.number: _payout(one) for one in rows_by(Payout, Payout.number, to_persons)}
        to_accounts = rows_by(Refund, Refund.number, to_persons, Refund.cci.is_not(None))
        self._ours |= {one.number: _refund(one) for one in to_accounts}
        self._refunds: dict[str, list[Ours]] = defaultdict(list)
        of_charges = {one.id for one in charges}
        to_the_same = (Refund.method == PaymentMethod.ACCOUNT) & Refund.cci.is_(None)
        for refund in rows_by(Refund, Refund.payment_id, of_charges, to_the_same):
            self._refunds[numbers[refund.payment_id]].append(_refund(refund))
        # What two people had the bank give back by its own channel, and wrote down.
        self._returns = {
            (numbers[one.subject_id], one.proposal["reference"]): f"decision:{one.id}"
            for one in rows_by(
                Decision,
                Decision.subject_id,
                of_charges,
                Decision.kind == DecisionKind.LATE_CHARGE,
                Decision.accepted.is_(True),
            )
        }
        keys = {*self._ours, *self._returns.values()}
        keys |= {one.number for refunds in self._refunds.values() for one in refunds}
        self._taken = {str(one.matched): one.id for one in rows_by(SettlementLine, SettlementLine.matched, keys)}

    def match(self, line: Line, line_id: int) -> Match:
        """What it is. `line_id`: its own, which may have taken it before."""
        if line.kind is LineKind.REFUND:
            return self._match_refund(line, line_id)
        ours = self._ours.get(line.reference)
        if ours is not None and not self._is_free(ours.number, line_id):
            return Match(None, ours, Differs.TWICE)
        return Match(ours.number if ours else None, ours, compare(line, ours))

    def take(self, match: Match, line_id: int) -> None:
        """No other line is this from now on."""
        if match.key is not None:
            self._taken[match.key] = line_id

    def _match_refund(self, line: Line, line_id: int) -> Match:
        of_charge = self._refunds[line.reference]
        ours = refund_of(line, [one for one in of_charge if self._is_free(one.number, line_id)])
        if ours is not None:
            return Match(ours.number, ours, compare(line, ours))
        again = next((one for one in of_charge if one.bank_id == line.bank_id), None)
        if again is not None:
            return Match(None, again, Differs.TWICE)
        noted = self._returns.get((line.reference, line.bank_id))
        if noted is not None and self._is_free(noted, line_id):
            return Match(noted, None, None)
        return Match(None, None, Differs.NOT_OURS)

    def _is_free(self, key: str, line_id: int) -> bool:
        return self._taken.get(key) in (None, line_id)


def rows_by(
    model: Any, key: InstrumentedAttribute[Any], values: set[Any], *where: ColumnElement[bool]
) -> Sequence[Any]:
    """The rows whose `key` is one of `values`, the oldest first."""
    asked = sorted(values)
    found: list[Any] = []
    for begin in range(0, len(asked), _AT_ONCE):
        chosen = key.in_(asked[begin : begin + _AT_ONCE])
        found += db.session.scalars(select(model).where(chosen, *where).order_by(model.id))
    return found


def _charge(row: Payment) -> Ours:
    is_by_bank = row.method is PaymentMethod.ACCOUNT
    # A charge that came too late is known, and lies on the desk to be given back.
    has_moved = is_by_bank and (row.state is PaymentState.APPROVED or row.was_charged_late)
    return _ours(row, has_moved=has_moved, is_not_known=row.state in MOVING_STATES)


def _refund(row: Refund) -> Ours:
    has_moved = row.state is RefundState.DONE or row.reason == MOVED_AFTER_THE_END
    return _ours(row, has_moved=has_moved, is_not_known=row.state in _OUT_NOT_KNOWN)


def _payout(row: Payout) -> Ours:
    has_moved = row.state is PayoutState.DONE or row.reason == MOVED_AFTER_THE_END
    is_by_bank = row.agency_code is None
    return _ours(row, has_moved=has_moved and is_by_bank, is_not_known=row.state in _OUT_NOT_KNOWN)


def _ours(row: Payment | Refund | Payout, *, has_moved: bool, is_not_known: bool) -> Ours:
    standing = Standing.MOVED if has_moved else Standing.NOT_KNOWN if is_not_known else Standing.NOT_MOVED
    return Ours(row.number, row.amount, row.bank_id, standing)
