"""A customer's own quotes, each with the purchase that it led to (S29)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.catalogue import Plan, Product
from portal.domain.errors import NotFound
from portal.domain.payment import COMMITTED_STATES, LIVE_STATES, PaymentState
from portal.domain.purchase import PurchaseState
from portal.domain.quote import QuotePurpose, QuoteState
from portal.extensions import db
from portal.models import Payment, Policy, Purchase, Quote
from portal.services.catalogue import offers
from portal.services.payments import slips
from portal.services.platform import paging

_UNDER_WAY = (PurchaseState.OPEN, PurchaseState.AWAITING_PAYMENT)


@dataclass(frozen=True, slots=True)
class Slip:
    """What is still to be paid at an agency, and until when."""

    code: str
    agency: Agency
    due_at: datetime


@dataclass(frozen=True, slots=True)
class OwnQuote:
    """A quote in a list, with the purchase that it led to. `payment`: the one that stands, if any;
    `changed_policy`: the number of the policy whose plan it changes."""

    id: int
    quote: Quote
    product: Product
    plan: Plan
    state: QuoteState
    purchase_id: str | None
    purchase_state: PurchaseState | None
    payment: Payment | None
    policy_number: str | None
    changed_policy: str | None = None

    @property
    def is_paying(self) -> bool:
        """Whether its money moves, or has arrived."""
        return self.payment is not None and self.payment.state in COMMITTED_STATES and not self.is_given_back

    @property
    def is_given_back(self) -> bool:
        """Whether its money bought nothing, and goes back."""
        return self.payment is not None and self.payment.bought_nothing

    @property
    def is_in_review(self) -> bool:
        """Whether people are finding out about its payment."""
        return self.payment is not None and self.payment.state is PaymentState.IN_REVIEW

    @property
    def slip(self) -> Slip | None:
        """The slip that can still be paid."""
        payment = self.payment
        if payment is None or not payment.slip_code or not payment.due_at or not slips.is_living(payment):
            return None
        return Slip(payment.slip_code, slips.agency_of(payment), payment.due_at)

    @property
    def is_being_bought(self) -> bool:
        """Whether a purchase was begun that can still go on: once money moves, the quote's date no longer matters."""
        return self.purchase_state in _UNDER_WAY and (self.is_paying or self.state is QuoteState.VALID)

    @property
    def is_to_buy(self) -> bool:
        """Whether its purchase can be begun."""
        return self.state is QuoteState.VALID and self.purchase_id is None

    @property
    def standing(self) -> QuoteState:
        """What the list says of it: `state` knows of its date alone."""
        return QuoteState.BUYING if self.is_being_bought else self.state


def one(number: str, actor: Actor) -> OwnQuote:
    """One of the actor's quotes. Raises NotFound."""
    row = db.session.execute(_own(actor).where(Quote.number == number)).one_or_none()
    if row is None:
        raise NotFound("No encontramos esa cotización.")
    return _line(row, clock.now())


def lines(actor: Actor, *, standing: QuoteState | None = None, before: int | None = None, limit: int) -> list[OwnQuote]:
    """The actor's quotes older than the line `before`, newest first: of one standing, or all. One query. Changes of
    plan are none of them: their policy's page has them."""
    now = clock.now()
    query = _own(actor)
    if standing is not None:
        query = query.where(_stands(standing, now))
    page = paging.newest(query, Quote.id, before=before, limit=limit)
    return [_line(row, now) for row in db.session.execute(page)]


def unfinished(actor: Actor, *, limit: int) -> Sequence[OwnQuote]:
    """The quotes that the actor can still do something with, changes of plan too: those being bought first, then the
    newest. One query."""
    now = clock.now()
    buying = _stands(QuoteState.BUYING, now)
    query = (
        _lines(actor)
        .where(or_(buying, _stands(QuoteState.VALID, now)))
        .order_by(buying.desc(), Quote.id.desc())
        .limit(limit)
    )
    return [_line(row, now) for row in db.session.execute(query)]


def _own(actor: Actor) -> Any:
    return _lines(actor).where(Quote.purpose != QuotePurpose.PLAN_CHANGE)


def _lines(actor: Actor) -> Any:
    """One row a quote: a purchase has one living payment at most, and a quote one purchase and one policy."""
    changed = aliased(Policy)
    return (
        select(Quote, Purchase.public_id, Purchase.state, Payment, Policy.number, changed.number)
        .outerjoin(Purchase, Purchase.quote_id == Quote.id)
        .outerjoin(Payment, and_(Payment.purchase_id == Purchase.id, Payment.state.in_(LIVE_STATES)))
        .outerjoin(Policy, Policy.purchase_id == Purchase.id)
        .outerjoin(changed, and_(changed.id == Quote.policy_id, Quote.purpose == QuotePurpose.PLAN_CHANGE))
        .where(Quote.account_id == actor.account_id)
    )


def _stands(standing: QuoteState, moment: datetime) -> ColumnElement[bool]:
    """The rule of `OwnQuote.standing` for the database, so that a filter fills its pages."""
    if standing is QuoteState.BOUGHT:
        return Quote.state == standing
    is_open = and_(Quote.state == QuoteState.VALID, Quote.valid_until >= moment)
    is_begun = and_(Purchase.id.is_not(None), Purchase.state.in_(_UNDER_WAY))
    is_paying = and_(Payment.id.is_not(None), Payment.state.in_(COMMITTED_STATES))
    if standing is QuoteState.BUYING:
        return and_(Quote.state == QuoteState.VALID, is_begun, or_(is_paying, Quote.valid_until >= moment))
    if standing is QuoteState.VALID:
        return and_(is_open, ~is_begun)
    return and_(Quote.state == QuoteState.VALID, Quote.valid_until < moment, ~and_(is_begun, is_paying))


def _line(row: Any, now: datetime) -> OwnQuote:
    quote, public_id, state, payment, policy_number, changed = row
    product, plan = offers.plan_of(quote)
    standing = quote.state_on(now)
    return OwnQuote(quote.id, quote, product, plan, standing, public_id, state, payment, policy_number, changed)
