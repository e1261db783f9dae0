"""Refunds by the bank for the staff's list and page: those without outcome, and those that gave back what another way
gives too."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select, union
from sqlalchemy.orm import aliased, joinedload

from portal.domain.decision import DecisionKind
from portal.domain.errors import NotFound
from portal.domain.refund import GAVE_NOTHING, RefundState
from portal.extensions import db
from portal.models import Account, Decision, Person, Refund
from portal.services.payments.bank_refunds import BANK_REFUND
from portal.services.payments.money_out import MOVED_AFTER_THE_END
from portal.services.payments.paid_twice import REFUNDED_TWICE

_DECISIONS = (DecisionKind.REFUND_REVIEW, DecisionKind.REFUNDED_TWICE)
_WAITING = (RefundState.UNKNOWN, RefundState.IN_REVIEW)
_MOST = 200  # more than that at once is no list for people but a fault of the bank's; the oldest come first


@dataclass(frozen=True, slots=True)
class OpenRefund:
    """`is_twice`: it was made after its end, and is not closed. `other`: what gives the same. `proposal`: what is
    proposed about it, by `proposer`."""

    refund: Refund
    is_twice: bool
    other: Refund | None
    proposal: Decision | None
    proposer: str

    @property
    def was_twice(self) -> bool:
        """Whether it was made after its end, closed or not."""
        return self.refund.state is RefundState.REFUSED and self.refund.reason == MOVED_AFTER_THE_END

    @property
    def waits_for_other(self) -> bool:
        """Whether it is not known yet if the other went out too."""
        return self.is_twice and not REFUNDED_TWICE.went_out(self.refund, self.other)

    @property
    def is_to_follow_up(self) -> bool:
        """Whether the bank made it, and we could not go on."""
        return self.refund.state is RefundState.IN_REVIEW and self.refund.reason == BANK_REFUND.not_concluded

    @property
    def says_made(self) -> bool:
        """Whether it is proposed that the bank made it."""
        return self.proposal is not None and self.proposal.proposal["outcome"] == RefundState.DONE


def waiting() -> Sequence[OpenRefund]:
    """All of them, the oldest first. One query."""
    uncertain = select(Refund.id).where(Refund.state.in_(_WAITING))
    twice = select(Refund.id).where(REFUNDED_TWICE.is_open())
    query = _query().where(Refund.id.in_(union(uncertain, twice)))
    return [_read(*row) for row in db.session.execute(query.order_by(Refund.sent_at).limit(_MOST))]


def one(number: str) -> OpenRefund:
    """The refund `number`, whatever became of it since. Raises NotFound when it never was without outcome."""
    row = db.session.execute(_query().where(Refund.number == number)).one_or_none()
    found = _read(*row) if row else None
    if found is None:
        raise NotFound
    if found.refund.state not in _WAITING and found.refund.in_review_at is None and not found.was_twice:
        raise NotFound
    return found


def _query() -> Select[Refund, bool, Refund | None, Decision | None, Person | None]:
    other = aliased(Refund)
    open_one = (Decision.subject_id == Refund.id) & Decision.kind.in_(_DECISIONS) & Decision.decided_at.is_(None)
    first = func.coalesce(Refund.instead_of_id, Refund.id)
    gives = other.state.not_in(GAVE_NOTHING) & (other.id != Refund.id)
    return (
        select(Refund, REFUNDED_TWICE.is_open(), other, Decision, Person)
        .outerjoin(other, or_(other.id == first, other.instead_of_id == first) & gives)
        .outerjoin(Decision, open_one)
        .outerjoin(Account, Account.id == Decision.proposed_by_id)
        .outerjoin(Person, Person.id == Account.person_id)
        .options(joinedload(Refund.payment))
    )


def _read(
    refund: Refund, is_twice: bool, other: Refund | None, decision: Decision | None, proposer: Person | None
) -> OpenRefund:
    return OpenRefund(refund, bool(is_twice), other, decision, proposer.full_name if proposer else "")
