"""Payouts for the staff's list and page: those without outcome, and those that paid what another way pays too."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select, union
from sqlalchemy.orm import aliased

from portal.domain.cci import Cci
from portal.domain.decision import DecisionKind
from portal.domain.errors import NotFound
from portal.domain.payout import PAID_NOTHING, PayoutState
from portal.extensions import db
from portal.models import Account, Decision, Payout, Person
from portal.services.payments.money_out import MOVED_AFTER_THE_END
from portal.services.payments.paid_twice import PAID_TWICE
from portal.services.payments.payouts import BANK_PAYOUT

WAITING = (PayoutState.UNKNOWN, PayoutState.IN_REVIEW)
_DECISIONS = (DecisionKind.PAYOUT_REVIEW, DecisionKind.PAID_TWICE)
_MOST = 200  # more than that at once is no list for people but a fault of the bank's; the oldest come first


@dataclass(frozen=True, slots=True)
class OpenPayout:
    """`is_twice`: it was made after its end, and is not closed. `other`: what pays the same. `proposal`: what is
    proposed about it, by `proposer`."""

    payout: Payout
    is_twice: bool
    other: Payout | None
    proposal: Decision | None
    proposer: str

    @property
    def was_twice(self) -> bool:
        """Whether it was made after its end, closed or not."""
        return self.payout.state is PayoutState.REFUSED and self.payout.reason == MOVED_AFTER_THE_END

    @property
    def is_to_follow_up(self) -> bool:
        """Whether the bank made it, and we could not go on."""
        return self.payout.state is PayoutState.IN_REVIEW and self.payout.reason == BANK_PAYOUT.not_concluded

    @property
    def waits_for_other(self) -> bool:
        """Whether it is not known yet if the other went out too."""
        return self.is_twice and (self.other is None or self.other.state is not PayoutState.DONE)

    @property
    def says_paid(self) -> bool:
        """Whether it is proposed that the bank made it."""
        return self.proposal is not None and self.proposal.proposal["outcome"] == PayoutState.DONE

    @property
    def account(self) -> str:
        """Where it went, as far as it is shown."""
        return Cci(self.payout.cci).shown if self.payout.cci else "En las ventanillas del banco"


def waiting() -> Sequence[OpenPayout]:
    """All of them, the oldest first. One query."""
    uncertain = select(Payout.id).where(Payout.state.in_(WAITING))
    twice = select(Payout.id).where(PAID_TWICE.is_open())
    query = _query().where(Payout.id.in_(union(uncertain, twice)))
    return [_read(*row) for row in db.session.execute(query.order_by(Payout.sent_at).limit(_MOST))]


def one(number: str) -> OpenPayout:
    """The payout `number`, whatever became of it since. Raises NotFound when it never was without outcome."""
    row = db.session.execute(_query().where(Payout.number == number)).one_or_none()
    found = _read(*row) if row else None
    if found is None:
        raise NotFound
    payout = found.payout
    if payout.state not in WAITING and payout.in_review_at is None and not found.was_twice:
        raise NotFound
    return found


def _query() -> Select[Payout, bool, Payout | None, Decision | None, Person | None]:
    other = aliased(Payout)
    open_one = (Decision.subject_id == Payout.id) & Decision.kind.in_(_DECISIONS) & Decision.decided_at.is_(None)
    stands = (other.award_id == Payout.award_id) & (other.id != Payout.id) & other.state.not_in(PAID_NOTHING)
    return (
        select(Payout, PAID_TWICE.is_open(), other, Decision, Person)
        .outerjoin(other, stands)
        .outerjoin(Decision, open_one)
        .outerjoin(Account, Account.id == Decision.proposed_by_id)
        .outerjoin(Person, Person.id == Account.person_id)
    )


def _read(
    payout: Payout, is_twice: bool, other: Payout | None, decision: Decision | None, proposer: Person | None
) -> OpenPayout:
    return OpenPayout(payout, bool(is_twice), other, decision, proposer.full_name if proposer else "")
