"""Whether the holder has the account that will be charged (S16): asked of the bank, kept for 30 minutes."""

import time
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import aliased, lazyload

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.domain.payment import PaymentState, has_run_out
from portal.domain.purchase import PaymentMethod
from portal.extensions import db
from portal.integrations.bank import (
    AccountNotFound,
    BankUnavailable,
    CardExpired,
    CardOfPerson,
    InvalidCard,
    TooManyAttempts,
)
from portal.integrations.bank_terms import ValidatedAccount
from portal.models import Payment, Purchase
from portal.models.transaction import end_reading, judged_anew, writing
from portal.services.payments.bank import bank, banks
from portal.services.platform import audit
from portal.services.platform.encryption import keyed_hash, seal
from portal.services.sale import confirming, purchasing

_KNOWN = "known"  # the answer that the holder has the account
_REFUSALS: dict[type[Exception], str] = {
    AccountNotFound: "not_found",
    CardExpired: "expired",
    InvalidCard: "invalid",
    TooManyAttempts: "too_many",
    BankUnavailable: "unavailable",
}
_WORDS = {
    "not_found": (
        "Su banco no encontró una cuenta a su nombre con estos dígitos. Revise la tarjeta y el banco.",
        "digitos",
    ),
    "expired": ("La tarjeta está vencida. Revise la fecha o use otra.", "vence"),
    "invalid": ("Su banco no reconoce estos datos. Revise los dígitos y la fecha.", "digitos"),
    "too_many": (
        "Su banco pide esperar: hubo muchos intentos. Espere unos minutos o llame a su banco.",
        "digitos",
    ),
    "unavailable": (
        "No pudimos comunicarnos con su banco. No se cobró nada. Intente otra vez en unos minutos.",
        None,
    ),
}
_LONGEST = timedelta(seconds=15)  # an exchange with the bank takes up to 13
_LOOK = 0.1  # seconds between two looks at what came of another press


@dataclass(frozen=True, slots=True)
class Card:
    """What the customer types: the last four digits only."""

    bank_code: str
    last4: str
    expiry_month: int
    expiry_year: int

    @property
    def expiry(self) -> str:
        """Until when it is good, as it stands on the card: "03/27"."""
        return f"{self.expiry_month:02d}/{self.expiry_year % 100:02d}"


def card_of(purchase: Purchase) -> Card:
    """The card that was entered for it; an empty one where there is none."""
    return Card(
        bank_code=purchase.bank_code or "",
        last4=purchase.card_last4 or "",
        expiry_month=purchase.card_expiry_month or 0,
        expiry_year=purchase.card_expiry_year or 0,
    )


def can_be_charged_again(purchase: Purchase) -> bool:
    """Whether it was paid by an account, with a card that has not run out."""
    card = card_of(purchase)
    is_good = not has_run_out(card.expiry_month, card.expiry_year, clock.today())
    return purchase.method is PaymentMethod.ACCOUNT and is_good


def charged_before(purchase: Purchase) -> Purchase | None:
    """The purchase of the same account that was charged last, while that card is good and no later charge of it was
    refused: nobody types it twice."""
    later, of_later = aliased(Payment), aliased(Purchase)
    refused = (
        select(later.id)
        .join(of_later, later.purchase_id == of_later.id)
        .where(of_later.account_id == purchase.account_id, later.state == PaymentState.DECLINED)
        .where(later.id > Payment.id, later.bank_name == Payment.bank_name, later.card_last4 == Payment.card_last4)
    )
    last = db.session.scalars(
        select(Purchase)
        .join(Payment, Payment.purchase_id == Purchase.id)
        .where(Purchase.account_id == purchase.account_id, Purchase.method == PaymentMethod.ACCOUNT)
        .where(Payment.state == PaymentState.APPROVED, ~refused.exists())
        .order_by(Purchase.id.desc())
        .limit(1)
        .options(lazyload("*"))
    ).one_or_none()
    return last if last is not None and can_be_charged_again(last) else None


def validate(public_id: str, card: Card, actor: Actor, *, shown: int | None = None) -> None:
    """Ask the bank whether the holder has this account, and keep its answer for 30 minutes. Nothing is charged.

    `shown`: how often the bank had been asked (`account_asks`) when the page was shown. A press that comes after the
    same card was asked for since gets that answer: the bank counts its questions. No transaction is open while the
    bank thinks. Raises DomainError on the field at fault.
    """
    holder = purchasing.get(public_id, actor).quote.holder
    names = {one.code: one.name for one in banks()}
    if card.bank_code not in names:
        raise DomainError("Elija su banco de la lista.", "banco")
    asked = CardOfPerson(
        bank_code=card.bank_code,
        document_type=holder.document_type.value,
        document_number=holder.document_number,
        card_last4=card.last4,
        expiry_month=card.expiry_month,
        expiry_year=card.expiry_year,
    )
    turn = judged_anew(lambda: _take_turn(public_id, card, actor, shown))
    if turn is None:
        _hear_of_the_other(public_id, actor)
        return
    asked_at = clock.now()
    try:
        account = bank().validate_account(asked)
    except tuple(_REFUSALS) as error:
        answer = _REFUSALS[type(error)]
        _note(public_id, turn, answer)
        raise _refused(answer) from error
    judged_anew(lambda: _keep(public_id, card, names[card.bank_code], account, asked_at, actor))


def _keep(
    public_id: str, card: Card, bank_name: str, account: ValidatedAccount, asked_at: datetime, actor: Actor
) -> None:
    with writing():
        purchase = purchasing.open_for_editing(public_id, actor)
        purchase.method, purchase.cash_agency_code = PaymentMethod.ACCOUNT, None
        purchase.bank_code, purchase.bank_name = card.bank_code, bank_name
        purchase.card_last4 = card.last4
        purchase.card_expiry_month, purchase.card_expiry_year = card.expiry_month, card.expiry_year
        purchase.account_token, purchase.masked_account = seal(account.token).decode(), account.masked_account
        purchase.account_validated_at, purchase.account_answer = asked_at, _KNOWN
        is_sent = confirming.CODE.mail_missing(purchase)
        audit.record(actor, "purchase.account_validated", purchase.quote.number)
        if is_sent:
            confirming.CODE.note_sent(purchase, actor)


def _take_turn(public_id: str, card: Card, actor: Actor, shown: int | None) -> int | None:
    """The number of our question; None when another press of the page asked it."""
    key = keyed_hash("card", repr((public_id, *astuple(card))))
    with writing():
        purchase = purchasing.get(public_id, actor)
        if shown is not None and shown < purchase.account_asks and purchase.account_asked == key:
            return None
        purchase = purchasing.open_for_confirming(public_id, actor)
        purchase.account_asks += 1
        purchase.account_asked, purchase.account_answer = key, None
        return purchase.account_asks


def _hear_of_the_other(public_id: str, actor: Actor) -> None:
    """Wait for the answer that another press is about to get. Raises DomainError when it is a refusal."""
    until = time.monotonic() + _LONGEST.total_seconds()
    while (answer := purchasing.get(public_id, actor).account_answer) is None:
        end_reading()
        if time.monotonic() > until:
            raise _refused("unavailable")
        time.sleep(_LOOK)
    if answer != _KNOWN:
        raise _refused(answer)


def _note(public_id: str, turn: int, answer: str) -> None:
    ours = (Purchase.public_id == public_id, Purchase.account_asks == turn)
    with writing() as session:
        session.execute(update(Purchase).where(*ours).values(account_answer=answer))


def _refused(answer: str) -> DomainError:
    return DomainError(*_WORDS[answer])
