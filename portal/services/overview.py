"""What a customer has and what waits for them: the start page and the lists of quotes, in few queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import aliased, lazyload, selectinload

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.catalogue import Plan, Product
from portal.domain.errors import NotFound
from portal.domain.payment import COMMITTED_STATES, PaymentState
from portal.domain.policy import PolicyState
from portal.domain.purchase import PurchaseState
from portal.domain.quote import QuoteState
from portal.extensions import db
from portal.models import Endorsement, Message, Payment, Policy, Purchase, Quote
from portal.services import agencies, policies, quoting

_RECENT = 50
_NEWS = 3
_UNDER_WAY = (PurchaseState.OPEN, PurchaseState.AWAITING_PAYMENT)


@dataclass(frozen=True, slots=True)
class Slip:
    """What is still to be paid at an agency, and until when."""

    code: str
    agency: Agency
    due_at: datetime


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """A quote in a list, with the purchase that it led to."""

    id: int
    quote: Quote
    product: Product
    plan: Plan
    state: QuoteState
    purchase_id: str | None
    purchase_state: PurchaseState | None
    is_paying: bool
    slip: Slip | None = None

    @property
    def is_being_bought(self) -> bool:
        """Whether a purchase was begun that can still go on: once money moves, the quote's date no longer matters."""
        return self.purchase_state in _UNDER_WAY and (self.is_paying or self.state is QuoteState.VALID)


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """A policy in a list."""

    id: int
    policy: Policy
    product: Product
    plan: Plan
    state: PolicyState


@dataclass(frozen=True, slots=True)
class Overview:
    """The start page: what to finish, what protects, and the last mails."""

    purchases: Sequence[QuoteLine]
    quotes: Sequence[QuoteLine]
    policies: Sequence[PolicyLine]
    news: Sequence[Message]


def of(actor: Actor) -> Overview:
    """What waits for the actor now. Ended policies and quotes are left to their lists."""
    lines = quotes(actor, limit=_RECENT)
    return Overview(
        purchases=[line for line in lines if line.is_being_bought],
        quotes=[line for line in lines if line.state is QuoteState.VALID and line.purchase_id is None],
        policies=[
            line
            for line in policy_lines(actor, limit=_RECENT)
            if line.state in (PolicyState.ACTIVE, PolicyState.PENDING)
        ],
        news=_news(actor),
    )


def quote(number: str, actor: Actor) -> QuoteLine:
    """One of the actor's quotes. Raises NotFound."""
    row = db.session.execute(_quotes(actor).where(Quote.number == number)).one_or_none()
    if row is None:
        raise NotFound("No encontramos esa cotización.")
    return _quote_line(row, clock.now())


def quotes(actor: Actor, *, before: int | None = None, limit: int) -> list[QuoteLine]:
    """The actor's quotes older than the line `before`, newest first, each with its purchase."""
    query = _quotes(actor).order_by(Quote.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Quote.id < before)
    now = clock.now()
    return [_quote_line(row, now) for row in db.session.execute(query)]


def policy_lines(actor: Actor, *, before: int | None = None, limit: int) -> list[PolicyLine]:
    """The actor's policies older than the line `before`, newest first."""
    query = (
        select(Policy)
        .where(Policy.account_id == actor.account_id)
        .order_by(Policy.id.desc())
        .limit(limit)
        .options(selectinload(Policy.endorsements).options(lazyload(Endorsement.beneficiaries)))
    )
    if before is not None:
        query = query.where(Policy.id < before)
    now = clock.now()
    return [
        PolicyLine(policy.id, policy, *policies.plan_of(policy), policy.state_on(now))
        for policy in db.session.scalars(query)
    ]


def _quotes(actor: Actor) -> Any:
    moved = aliased(Payment)
    is_paying = exists().where(moved.purchase_id == Purchase.id, moved.state.in_(COMMITTED_STATES))
    is_awaited = and_(Payment.purchase_id == Purchase.id, Payment.state == PaymentState.AWAITING_CASH)
    return (
        select(
            Quote, Purchase.public_id, Purchase.state, is_paying, Payment.slip_code, Payment.agency_code, Payment.due_at
        )
        .outerjoin(Purchase, Purchase.quote_id == Quote.id)
        .outerjoin(Payment, is_awaited)
        .where(Quote.account_id == actor.account_id)
    )


def _quote_line(row: Any, now: datetime) -> QuoteLine:
    quote, public_id, state, is_paying, code, agency_code, due_at = row
    slip = Slip(code, agencies.by_code(agency_code), due_at) if code and now <= due_at else None
    product, plan = quoting.plan_of(quote)
    return QuoteLine(quote.id, quote, product, plan, quote.state_on(now), public_id, state, is_paying, slip)


def _news(actor: Actor) -> Sequence[Message]:
    return db.session.scalars(
        select(Message)
        .where(Message.account_id == actor.account_id)
        .order_by(Message.id.desc())
        .limit(_NEWS)
        .options(lazyload(Message.attachments))
    ).all()
