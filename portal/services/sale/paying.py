"""What the customer does to pay: the numbered request, and "Procesar Pago".

Source: docs/rules.md, Money moves once. What follows from the bank's answer is in services/payments/settling.py.
"""

from decimal import Decimal

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.confirmation import confirmed_until
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.purchase import PaymentMethod, PurchaseState
from portal.extensions import db
from portal.models import Payment, Purchase
from portal.models.transaction import judged_anew, writing
from portal.services.accounts import consents
from portal.services.catalogue import agencies
from portal.services.payments import charging, sending, slips
from portal.services.platform import audit, outbox
from portal.services.platform.numbering import next_number
from portal.services.sale import confirming, policy_limit, purchasing


class ConfirmationExpired(NotAllowed):
    """The account's validation or the code is older than 30 minutes, or an answer changed since."""


def request_payment(public_id: str, actor: Actor, *, accepts: bool, after: str | None = None) -> Payment:
    """ "Generar solicitud de pago" (S20): accept the terms and make the numbered request. Asked twice, the same one.

    `after`: the newest request (`newest_request`) when the page was shown. One made since is what the press asked for,
    whatever became of it. Raises DomainError on the field `acepta`, ConfirmationExpired.
    """
    if not accepts:
        raise DomainError("Marque que leyó y acepta los términos y condiciones.", "acepta")
    return judged_anew(lambda: _request_payment(public_id, actor, after))


def _request_payment(public_id: str, actor: Actor, after: str | None) -> Payment:
    with writing():
        purchase = purchasing.get(public_id, actor)
        live = purchasing.live_payment(purchase)
        if live is not None and not slips.is_overdue(live):
            return live
        newest = purchasing.latest_payment(purchase)
        if newest is not None and after is not None and newest.number != after:
            return newest
        purchase = purchasing.open_for_editing(public_id, actor)
        _check_confirmed(purchase)
        purchase.terms_binding, purchase.terms_accepted_at = purchase.fingerprint, clock.now()
        terms = confirming.terms_of(purchase).key
        consents.record(terms, actor, account_id=purchase.account_id, quote=purchase.quote, purchase=purchase)
        payment = _new_payment(purchase)
        _note_request(payment, actor)
        if payment.method is PaymentMethod.CASH:
            # Asked last, as for a charge: money at a counter does not ask again.
            policy_limit.check(purchase.quote)
    return payment


def newest_request(purchase: Purchase) -> str:
    """The number of the newest payment request; empty before the first."""
    newest = purchasing.latest_payment(purchase)
    return newest.number if newest else ""


def attempt(purchase: Purchase) -> str:
    """What "Procesar Pago" begins now: the payment of the newest request or, once that has ended, another try; of a
    renewal with its beginning, so that a press after the noon that moves it shows it anew."""
    newest = purchasing.latest_payment(purchase)
    if newest is None:
        return ""
    starts_at = purchase.quote.starts_if_paid_at(clock.now())
    starts = f" {clock.lima(starts_at):%Y-%m-%d}" if purchase.quote.is_renewal else ""
    return f"{newest.number} {newest.state.value}{starts}"


def choose_agency(public_id: str, agency_code: str, actor: Actor) -> None:
    """ "Pago en Efectivo" (S17): where it will be paid. Raises DomainError on the field `agencia`.

    A slip that was made for another agency is replaced at once: what the code and the terms authorised is the same.
    """
    judged_anew(lambda: _choose_agency(public_id, agency_code, actor))


def _choose_agency(public_id: str, agency_code: str, actor: Actor) -> None:
    with writing():
        purchase = purchasing.open_for_confirming(public_id, actor)
        slip = purchasing.living_slip(purchase)
        if slip is not None and slip.agency_code == agency_code:
            return
        if slip is not None:
            slips.cancel(slip)
            db.session.flush()  # before there is another live payment
        else:
            purchase = purchasing.open_for_editing(public_id, actor)
        slips.check_number(purchase)  # here, not after a code and the terms
        purchase.method, purchase.cash_agency_code = PaymentMethod.CASH, _agency(agency_code).code
        purchase.account_token, purchase.account_validated_at = None, None
        if slips.deadline(purchase) is None:
            raise slips.AgencyClosed
        made = slips.make(purchase, replaced=slip) if slip is not None else None
        is_sent = made is None and confirming.CODE.mail_missing(purchase)
        audit.record(actor, "purchase.agency_chosen", purchase.quote.number, agency=agency_code)
        if made is not None:
            _note_request(made, actor)
        if is_sent:
            confirming.CODE.note_sent(purchase, actor)


def mail_slip(public_id: str, actor: Actor) -> str:
    """Mail the slip again: the same stored PDF. The address it goes to. Raises NotAllowed when it can't be paid."""
    with writing():
        payment = payable_slip(public_id, actor)
        recipient = slips.mail(payment).recipient
        audit.record(actor, "payment.mail", payment.number)
    return recipient


def payable_slip(public_id: str, actor: Actor) -> Payment:
    """The slip of one of the actor's own purchases. Raises NotFound, and NotAllowed when it can't be paid."""
    payment = purchasing.living_slip(purchasing.get(public_id, actor))
    if payment is None:
        raise NotAllowed("Esta solicitud ya no se puede pagar en efectivo.")
    return payment


def process(public_id: str, shown: Decimal | None, actor: Actor, *, asked: str | None = None) -> None:
    """ "Procesar Pago" (S22): the first transaction of a charge. Pressed many times, one charge.

    `shown` is the amount that the page showed: refused when it differs, and never sets anything. `asked` is the
    `attempt` that the page offered, by default that of now: a press that comes after it was made, however it ended,
    begins no other. After a refusal the page offers a new try, with a new number and key. Raises DomainError,
    ConfirmationExpired, QuoteExpired, and NotAllowed when the answers were edited since.
    """
    if asked is None:
        asked = attempt(purchasing.get(public_id, actor))
    try:
        owed = _process(public_id, shown, actor, asked)
    except (StaleDataError, IntegrityError):
        purchase = purchasing.get(public_id, actor)
        if not purchasing.is_committed(purchase) and attempt(purchase) == asked:
            raise
        return  # somebody pressed at the same moment and came first: the page shows that payment
    if owed is not None and not owed.rung:
        # Without the queue the sale goes on: the same function, under the same lease.
        charging.CHARGES.perform(owed.id)


def _process(public_id: str, shown: Decimal | None, actor: Actor, asked: str) -> outbox.Owed | None:
    with writing():
        purchase = purchasing.get(public_id, actor)
        payment = purchasing.live_payment(purchase)
        if purchasing.is_committed(purchase):
            return None
        if purchase.method is PaymentMethod.CASH:
            raise NotAllowed("Esta compra se paga en efectivo, en la agencia: no hay nada que cobrar a su cuenta.")
        purchasing.check_quote(purchase.quote)
        if attempt(purchase) != asked:
            if payment is not None:
                raise NotAllowed("Su solicitud de pago cambió. No se cobró nada. Revísela y presione otra vez.")
            return None  # that one has ended: the page says how
        _check_confirmed(purchase)
        if not confirming.terms_are_accepted(purchase):
            raise ConfirmationExpired("Cambió un dato de su compra: acepte otra vez los términos.")
        if shown is None or not shown.is_finite() or shown != purchase.amount:
            raise DomainError("El monto de su compra no es el que mostraba la página. Revíselo antes de pagar.")
        payment = payment or _new_payment(purchase)
        payment.amount = purchase.amount
        payment.account_token = purchase.account_token
        payment.token_until = confirmed_until(purchase.account_validated_at)
        owed = sending.intend(charging.CHARGE, payment)
        audit.record(actor, "payment.process", payment.number, amount=str(payment.amount))
        # Asked last: the audit row makes writers wait for each other, so two purchases for one insured see each other.
        policy_limit.check(purchase.quote)
    return owed


def _new_payment(purchase: Purchase) -> Payment:
    if purchase.state is PurchaseState.OPEN:
        purchase.move_to(PurchaseState.AWAITING_PAYMENT)
    if purchase.method is PaymentMethod.CASH:
        return slips.make(purchase)
    payment = Payment(
        number=next_number("SP"),
        purchase=purchase,
        amount=purchase.amount,
        bank_name=purchase.bank_name or "",
        card_last4=purchase.card_last4 or "",
    )
    db.session.add(payment)
    db.session.flush()
    return payment


def _note_request(payment: Payment, actor: Actor) -> None:
    audit.record(actor, "payment.request", payment.number, amount=str(payment.amount), method=payment.method)


def _agency(code: str) -> Agency:
    try:
        return agencies.by_code(code)
    except NotFound as error:
        raise DomainError("Elija una agencia de la lista.", "agencia") from error


def _check_confirmed(purchase: Purchase) -> None:
    if not purchasing.method_is_answered(purchase):
        if purchase.method is PaymentMethod.CASH:
            raise ConfirmationExpired("La agencia que eligió ya no abre antes de que termine el plazo. Elija otra.")
        raise ConfirmationExpired("La validación con su banco venció: dura 30 minutos. No se cobró nada.")
    if not confirming.CODE.is_passed(purchase):
        raise ConfirmationExpired("Verifique otra vez su compra con un código nuevo. No se cobró nada.")
