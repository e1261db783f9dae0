"""Renewal (B07): what the year that follows a policy would be, and beginning to buy it.

Source: docs/rules.md, Administer. From there on it is a purchase like any other.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import lazyload

from portal.domain import beneficiaries as beneficiary_rules
from portal.domain import calendar, clock, renewal
from portal.domain.actor import Actor
from portal.domain.catalogue import Plan, Product, UnknownPlan
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.formats import day
from portal.domain.identity import age_on
from portal.domain.purchase import PurchaseState
from portal.domain.quote import QuotePurpose
from portal.domain.renewal import Change, Term
from portal.extensions import db
from portal.models import Policy, PolicyBeneficiary, Purchase, PurchaseBeneficiary, Quote
from portal.models.transaction import judged_anew, writing
from portal.services.accounts import consents
from portal.services.catalogue.offers import Offer
from portal.services.catalogue.renewals import renewal_terms
from portal.services.platform import audit
from portal.services.platform.numbering import next_number
from portal.services.policies import policy as policies
from portal.services.policies import renewing
from portal.services.policies.renewing import Obstacle, Sight
from portal.services.sale import account_validation, policy_limit, purchasing, quoting
from portal.services.servicing import held
from portal.services.servicing.handing_over import hand_over

CONSENT = "renovacion"
STALE = "Mientras tanto cambió el precio o la fecha. Se lo mostramos de nuevo: revíselo y acepte otra vez."


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why it can't be renewed now, and what is instead: the number of the policy that renews it, or that it can be
    bought anew. `is_told`: its holder is told so by mail before it ends."""

    words: str
    is_told: bool = False
    renewed_by: str | None = None
    is_to_buy: bool = False


@dataclass(frozen=True, slots=True)
class Renewal:
    """The year that follows a policy, as it would be were it paid now. `then`, `plan_then`: what it says when it ends.
    `plan`: that of the new year. `account`: the purchase whose account can be charged
    again. `goes_on`: the purchase that was begun for it, and then `beneficiaries` are those that it names."""

    policy: Policy
    then: Product
    plan_then: Plan
    paid: Decimal
    offer: Offer
    plan: Plan
    is_same_plan: bool
    term: Term
    changes: Sequence[Change]
    beneficiaries: Sequence[PolicyBeneficiary | PurchaseBeneficiary]
    account: Purchase | None
    goes_on: Purchase | None

    @property
    def product(self) -> Product:
        """As it is on sale."""
        return self.offer.product

    @property
    def difference(self) -> Decimal:
        """What the new year costs more, in soles; less than nothing when it costs less."""
        return self.plan.total - self.paid

    @property
    def age(self) -> int:
        """How old the insured is when it begins."""
        return age_on(self.policy.insured.birth_date, clock.lima(self.term.starts_at).date())

    @property
    def stamp(self) -> str:
        """What a page showed of it: the terms, the price, and from when."""
        return f"{self.offer.version_id} {self.plan.code} {self.plan.total} {self.term.starts_at.isoformat()}"


def why_not(policy: Policy, moment: datetime, seen: Sight) -> WhyNot | None:
    """Why it can't be renewed at `moment`, in words for its holder; None when it can."""
    terms = renewal_terms()
    match renewing.obstacle(policy, seen):
        case Obstacle.RENEWED:
            return WhyNot("Ya está renovada.", renewed_by=seen.after)
        case Obstacle.ENDED_EARLY:
            return WhyNot(f"{policy.early_end(moment)} Puede comprar este seguro otra vez.", is_to_buy=True)
        case Obstacle.DIED:
            return WhyNot("Nos avisaron que la persona asegurada falleció: este seguro ya no se renueva.")
    today, ends_at = clock.lima(moment).date(), policy.ends_at
    if today < terms.opens_on(ends_at):
        return WhyNot(f"Todavía es pronto: puede renovarla desde el {day(terms.opens_on(ends_at))}.")
    if today > terms.closes_on(ends_at):
        words = f"Se podía renovar hasta el {day(terms.closes_on(ends_at))}. Puede comprar este seguro otra vez."
        return WhyNot(words, is_to_buy=True)
    if seen.offer is None:
        return WhyNot("Este seguro ya no se vende, así que no se puede renovar.", is_told=True)
    product = seen.offer.product
    latest = calendar.latest_start(today, clock.lima(ends_at).date())
    if not product.age_allowed(policy.insured.birth_date, latest):
        age = age_on(policy.insured.birth_date, latest)
        return WhyNot(
            f"Este seguro es para personas de {product.min_age} a {product.max_age} años. Cuando empiece el año nuevo, "
            f"{policy.insured.short_name} puede tener ya {age}.",
            is_told=True,
        )
    return None


def preview(policy: Policy, moment: datetime, offer: Offer, plan_code: str | None = None) -> Renewal:
    """The year that follows, by the plan of that code or else by the one that it has, as far as that is still sold.
    Asked only where nothing is against it (`why_not`). Raises NotFound for a plan that is not on sale."""
    then, plan_then = policies.plan_of(policy, policy.ends_at)  # a change of plan may be done that has not begun
    plan = _plan(offer.product, plan_code or plan_then.code, asked=plan_code is not None)
    account, goes_on = _purchases(policy, offer, plan, moment)
    return Renewal(
        policy=policy,
        then=then,
        plan_then=plan_then,
        paid=policy.terms_at(policy.ends_at).premium_total,
        offer=offer,
        plan=plan,
        is_same_plan=plan.code == plan_then.code,
        term=renewal.term_after(policy.ends_at, moment),
        changes=renewal.changes(then, plan_then, offer.product, plan),
        beneficiaries=goes_on.beneficiaries if goes_on else policy.beneficiaries_at(moment),
        account=account,
        goes_on=goes_on,
    )


def begin(number: str, actor: Actor, *, plan_code: str, accepts: bool, shown: str) -> Purchase:
    """Begin to buy the year that the page showed (`Renewal.stamp`), with what is known of the policy: pressed twice,
    one purchase. Raises DomainError, NotAllowed, NotFound."""
    if not accepts:
        raise DomainError("Marque que leyó las condiciones y que quiere renovar.", "acepta")
    return judged_anew(lambda: _begin(number, actor, plan_code, shown))


def ask_bank(purchase: Purchase, actor: Actor) -> str | None:
    """Confirm the account of before, and mail the code for it, whichever was entered meanwhile. What the bank has
    against it, or the purchase once its money moves, or None: the purchase's own page leads to where it stands."""
    before = _account_of(purchase)
    if before is None:
        return None
    card = account_validation.card_of(before)
    if purchasing.account_is_validated(purchase) and account_validation.card_of(purchase) == card:
        return None
    try:
        account_validation.validate(purchase.public_id, card, actor)
    except DomainError as error:
        return error.message
    return None


def _account_of(purchase: Purchase) -> Purchase | None:
    """The purchase of the policy that is renewed, whose account is shown and can be charged again."""
    renewed = purchase.quote.policy
    return renewed.purchase if renewed and account_validation.can_be_charged_again(renewed.purchase) else None


def _begin(number: str, actor: Actor, plan_code: str, shown: str) -> Purchase:
    with writing() as session:
        policy = held.policy(number, actor)
        moment = clock.now()
        found = _checked(policy, moment, plan_code)
        if found.stamp != shown:
            raise DomainError(STALE)
        if found.goes_on is not None:
            return found.goes_on
        quote = _quote(found, moment)
        session.add(quote)
        session.flush()
        policy_limit.check(quote)
        purchase = Purchase(public_id=secrets.token_urlsafe(9), quote=quote, account_id=quote.account_id)
        _take_beneficiaries(purchase, found)
        if found.account is not None:
            _take_account(purchase, found.account)
        session.add(purchase)
        session.flush()
        hand_over(purchase, policy, found.product, found.plan, actor)
        consents.record(CONSENT, actor, account_id=quote.account_id, quote=quote, purchase=purchase)
        audit.record(
            actor,
            "purchase.renew",
            quote.number,
            policy=policy.number,
            version=found.offer.version,
            plan=found.plan.code,
            amount=str(found.plan.total),
        )
    return purchase


def _checked(policy: Policy, moment: datetime, plan_code: str) -> Renewal:
    seen = renewing.sight(policy)
    obstacle = why_not(policy, moment, seen)
    if obstacle is not None or seen.offer is None:
        raise NotAllowed(obstacle.words if obstacle else "")
    return preview(policy, moment, seen.offer, plan_code)


def _quote(found: Renewal, moment: datetime) -> Quote:
    policy, plan = found.policy, found.plan
    return Quote(
        number=next_number("COT"),
        request_token=secrets.token_urlsafe(24),
        account_id=policy.account_id,
        holder=policy.holder,
        insured=policy.insured,
        product_version_id=found.offer.version_id,
        purpose=QuotePurpose.RENEWAL,
        policy_id=policy.id,
        plan_code=plan.code,
        premium_net=plan.net,
        premium_igv=plan.igv,
        premium_total=plan.total,
        chosen_start=clock.lima(policy.ends_at).date(),
        valid_until=min(
            quoting.valid_until(clock.lima(moment).date()),
            calendar.end_of(renewal_terms().closes_on(policy.ends_at)),
        ),
    )


def _take_beneficiaries(purchase: Purchase, found: Renewal) -> None:
    """Those in force, answered as far as they still obey the rules; else the wizard asks."""
    for named in found.beneficiaries if found.product.has_beneficiaries else ():
        row = PurchaseBeneficiary()
        row.take(named.as_value())
        purchase.beneficiaries.append(row)
    values = [one.as_value() for one in purchase.beneficiaries]
    try:
        for value in values:
            beneficiary_rules.check_beneficiary(value, found.policy.insured.identity, clock.today())
        if values:
            beneficiary_rules.check_shares(values)
    except DomainError:
        return
    purchase.beneficiaries_answered = found.then.has_beneficiaries


def _take_account(purchase: Purchase, before: Purchase) -> None:
    """Which account it was: the bank is asked for it anew."""
    purchase.bank_code, purchase.bank_name, purchase.card_last4 = before.bank_code, before.bank_name, before.card_last4
    purchase.card_expiry_month, purchase.card_expiry_year = before.card_expiry_month, before.card_expiry_year


def _plan(product: Product, code: str, *, asked: bool) -> Plan:
    try:
        return product.plan(code)
    except UnknownPlan as error:
        if asked:
            raise NotFound("Este plan no está a la venta.") from error
        return product.plans[0]


def _purchases(policy: Policy, offer: Offer, plan: Plan, moment: datetime) -> tuple[Purchase | None, Purchase | None]:
    """The purchase whose account was charged for it, while that card has not run out; and the one of exactly this
    renewal that can still go on. One query."""
    goes_on = and_(
        Quote.policy_id == policy.id,
        Quote.purpose == QuotePurpose.RENEWAL,
        Quote.product_version_id == offer.version_id,
        Quote.plan_code == plan.code,
        Quote.valid_until >= moment,
        Purchase.state.in_((PurchaseState.OPEN, PurchaseState.AWAITING_PAYMENT)),
    )
    found = db.session.scalars(
        select(Purchase)
        .join(Purchase.quote)
        .where(or_(Purchase.id == policy.purchase_id, goes_on))
        .order_by(Purchase.id)
        .options(lazyload(Purchase.beneficiaries), lazyload(Purchase.payments))
    ).all()
    first, *others = found
    return first if account_validation.can_be_charged_again(first) else None, others[-1] if others else None
