"""Refunds by the bank without outcome, for the staff's list and page."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from portal.domain.decision import DecisionKind
from portal.domain.errors import NotFound
from portal.domain.refund import RefundState
from portal.extensions import db
from portal.models import Account, Decision, Person, Refund
from portal.services.payments.bank_refunds import BANK_REFUND

_WAITING = (RefundState.UNKNOWN, RefundState.IN_REVIEW)
_MOST = 200  # more than that at once is no list for people but a fault of the bank's; the oldest come first


@dataclass(frozen=True, slots=True)
class OpenRefund:
    """`proposal`: what is proposed about it, by `proposer`."""

    refund: Refund
    proposal: Decision | None
    proposer: str

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
    query = _query().where(Refund.state.in_(_WAITING)).order_by(Refund.sent_at).limit(_MOST)
    return [_read(*row) for row in db.session.execute(query)]


def one(number: str) -> OpenRefund:
    """The refund `number`, whatever became of it since. Raises NotFound when it never was without outcome."""
    row = db.session.execute(_query().where(Refund.number == number)).one_or_none()
    if row is None or (row[0].state not in _WAITING and row[0].in_review_at is None):
        raise NotFound
    return _read(*row)


def _query() -> Select[Refund, Decision | None, Person | None]:
    of_it = (Decision.subject_id == Refund.id) & (Decision.kind == DecisionKind.REFUND_REVIEW)
    return (
        select(Refund, Decision, Person)
        .outerjoin(Decision, of_it & Decision.decided_at.is_(None))
        .outerjoin(Account, Account.id == Decision.proposed_by_id)
        .outerjoin(Person, Person.id == Account.person_id)
        .options(joinedload(Refund.payment))
    )


def _read(refund: Refund, decision: Decision | None, proposer: Person | None) -> OpenRefund:
    return OpenRefund(refund, decision, proposer.full_name if proposer else "")
