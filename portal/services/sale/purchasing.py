"""A purchase's answers: kept on its row, and editable until payment."""

import secrets

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.confirmation import still_confirmed
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.payment import COMMITTED_STATES, LIVE_STATES, PaymentState
from portal.domain.purchase import PaymentMethod, PurchaseState
from portal.domain.quote import QuoteState
from portal.extensions import db
from portal.models import Payment, Purchase, Quote
from portal.models.transaction import writing
from portal.services.accounts import consents
from portal.services.payments import slips
from portal.services.platform import audit
from portal.services.policies import plan_changing
from portal.services.sale import policy_limit, quoting

ANSWERS_EDITED = "answers_edited"  # why a payment request was withdrawn


class QuoteExpired(NotAllowed):
    """The quote's validity is over: nothing of the purchase can go on."""

    def __init__(self, number: str) -> None:
        super().__init__(f"La cotización {number} venció. Cotice otra vez: verá si algo cambió.")
        self.number = number


class ChangeGone(NotAllowed):
    """The change of plan that the quote buys can't be had any more, as it says. `policy`: the number of its policy."""

    def __init__(self, policy: str, reason: str) -> None:
        super().__init__(f"{reason} No se cobró nada.")
        self.policy = policy


def start(quote_number: str, actor: Actor, *, accepts: bool) -> Purchase:
    """Begin to buy (S13): one purchase a quote, however often it is asked. Raises DomainError, QuoteExpired."""
    if not accepts:
        raise DomainError("Marque que leyó y acepta las condiciones de la cotización.", "acepta")
    try:
        return _start(quote_number, actor)
    except IntegrityError:
        existing = of_quote(quoting.get(quote_number, actor))
        if existing is None:
            raise
        return existing


def _start(quote_number: str, actor: Actor) -> Purchase:
    with writing() as session:
        quote = quoting.get(quote_number, actor)
        existing = of_quote(quote)
        if existing is not None:
            return existing
        check_quote(quote)
        policy_limit.check(quote)
        purchase = Purchase(public_id=secrets.token_urlsafe(9), quote=quote, account_id=quote.account_id)
        session.add(purchase)
        session.flush()
        consents.record("cotizacion", actor, account_id=quote.account_id, quote=quote, purchase=purchase)
        audit.record(actor, "purchase.start", quote.number)
    return purchase


def of_quote(quote: Quote) -> Purchase | None:
    """The purchase that the quote led to."""
    return db.session.scalars(select(Purchase).where(Purchase.quote_id == quote.id)).one_or_none()


# Every request of the wizard asks this, three times when it saves: one statement, built once. The few beneficiaries
# and payments come along as rows, which is 0.5 ms against 1.3 with a query for each.
_OWN = (
    select(Purchase)
    .where(Purchase.public_id == bindparam("public_id"), Purchase.account_id == bindparam("account_id"))
    .options(
        joinedload(Purchase.beneficiaries),
        joinedload(Purchase.payments),
        joinedload(Purchase.quote, innerjoin=True).lazyload(Quote.holder),  # one step shows them
    )
)


def get(public_id: str, actor: Actor) -> Purchase:
    """One of the actor's own purchases. Raises NotFound."""
    asked = {"public_id": public_id, "account_id": actor.account_id}
    purchase = db.session.scalars(_OWN, asked).unique().one_or_none()
    if purchase is None:
        raise NotFound("No encontramos esa compra.")
    return purchase


def open_for_confirming(public_id: str, actor: Actor) -> Purchase:
    """The purchase, inside the present transaction, while its payment is not moving: confirming changes no answer.

    Raises NotAllowed once money is moving, QuoteExpired.
    """
    purchase = get(public_id, actor)
    check_quote(purchase.quote)
    if is_committed(purchase):
        raise NotAllowed("Su pago está en proceso: los datos de la compra ya no se pueden cambiar.")
    if purchase.state not in (PurchaseState.OPEN, PurchaseState.AWAITING_PAYMENT):
        raise NotAllowed("Esta compra ya terminó.")
    purchase.touched_at = clock.now()  # raises the revision: two tabs can't both write
    return purchase


def open_for_editing(public_id: str, actor: Actor) -> Purchase:
    """The purchase, inside the present transaction, ready for an answer to change: a payment request that was not
    yet processed is withdrawn, a slip cancelled. Raises as open_for_confirming."""
    purchase = open_for_confirming(public_id, actor)
    withdraw_request(purchase)
    return purchase


def withdraw_request(purchase: Purchase) -> None:
    """Its answers change, in the present transaction: what was asked for and not yet paid no longer stands."""
    if purchase.state is PurchaseState.AWAITING_PAYMENT:
        for payment in purchase.payments:
            if payment.state is PaymentState.CREATED:
                payment.move_to(PaymentState.NOT_SENT)
                payment.reason, payment.resolved_at = ANSWERS_EDITED, clock.now()
            elif payment.state is PaymentState.AWAITING_CASH:
                slips.end(payment)
        if purchase.state is PurchaseState.AWAITING_PAYMENT:
            purchase.move_to(PurchaseState.OPEN)


def latest_payment(purchase: Purchase) -> Payment | None:
    """The newest try to pay."""
    return purchase.payments[-1] if purchase.payments else None


def refused_payment(purchase: Purchase) -> Payment | None:
    """The newest try, when the bank refused it and has recognised no card since: that would be another one, or another
    answer of the bank."""
    payment, validated_at = latest_payment(purchase), purchase.account_validated_at
    if payment is None or payment.state is not PaymentState.DECLINED:
        return None
    is_older = validated_at is not None and payment.resolved_at is not None and validated_at > payment.resolved_at
    return None if is_older else payment


def live_payment(purchase: Purchase) -> Payment | None:
    """The one payment that may still move money, or has."""
    return next((payment for payment in purchase.payments if payment.state in LIVE_STATES), None)


def living_slip(purchase: Purchase) -> Payment | None:
    """The slip that can still be paid at an agency."""
    return next((payment for payment in purchase.payments if slips.is_living(payment)), None)


def cancelled_slip(purchase: Purchase) -> Payment | None:
    """The newest slip that an edit cancelled: its code may still be on somebody's paper."""
    return next((payment for payment in reversed(purchase.payments) if payment.state is PaymentState.CANCELLED), None)


def is_committed(purchase: Purchase) -> bool:
    """Whether a payment of the purchase has left the customer's hands and is not refused: no answer can change."""
    return any(payment.state in COMMITTED_STATES for payment in purchase.payments)


def account_is_validated(purchase: Purchase) -> bool:
    """Whether the bank's token can still be charged."""
    return purchase.account_token is not None and still_confirmed(purchase.account_validated_at, clock.now())


def method_is_answered(purchase: Purchase) -> bool:
    """Whether it is known how it is paid, and can be: an account that can be charged, or an agency that opens in time.

    A slip is made already, and stays good without it.
    """
    if purchase.method is not PaymentMethod.CASH:
        return account_is_validated(purchase)
    slip = live_payment(purchase)
    return not slips.is_overdue(slip) if slip else slips.deadline(purchase) is not None


def check_quote(quote: Quote) -> None:
    """The quote can still be bought. Raises QuoteExpired, ChangeGone, RenewalGone."""
    if quote.policy is not None and quote.is_plan_change:
        is_over = quote.state_on(clock.now()) is QuoteState.EXPIRED
        reason = "Pasó el plazo para pagar ese cambio de plan." if is_over else plan_changing.why_quote_fails(quote)
        if reason:
            raise ChangeGone(quote.policy.number, reason)
        return
    policy_limit.check_can_follow(quote)
    if quote.state_on(clock.now()) is QuoteState.EXPIRED:
        raise QuoteExpired(quote.number)
