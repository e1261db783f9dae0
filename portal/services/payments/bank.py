"""The bank as the purchase uses it: its list, and the validation of an account (S16)."""

from dataclasses import dataclass

from flask import current_app
from sqlalchemy import delete, select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.domain.purchase import PaymentMethod
from portal.extensions import db
from portal.integrations.bank import (
    AccountNotFound,
    Bank,
    BankEntity,
    BankUnavailable,
    CardExpired,
    CardOfPerson,
    InvalidCard,
    TooManyAttempts,
)
from portal.models import KnownBank
from portal.models.transaction import end_reading, writing
from portal.services.platform import audit
from portal.services.sale import confirming, purchasing
from portal.settings import Settings


@dataclass(frozen=True, slots=True)
class Card:
    """What the customer types: the last four digits only."""

    bank_code: str
    last4: str
    expiry_month: int
    expiry_year: int


_KNOWN = select(KnownBank.code, KnownBank.name).order_by(KnownBank.position)


def bank() -> Bank:
    """The bank of this installation."""
    found: Bank | None = current_app.extensions.get("bank")
    if found is None:
        settings: Settings = current_app.config["PORTAL"]
        found = current_app.extensions["bank"] = Bank(settings.bank_url, settings.bank_api_key)
    return found


def banks() -> list[BankEntity]:
    """The entities whose accounts can be charged, as last heard: no page waits for the bank to say them again.

    Only before the first time, the bank itself is asked.
    """
    known = [BankEntity(*row) for row in db.session.execute(_KNOWN)]
    if known:
        return known
    end_reading()
    try:
        return bank().banks()
    except BankUnavailable:
        return []


def remember_banks() -> None:
    """Keep the bank's list for when it cannot be had; the last known one stays when there is none."""
    end_reading()
    try:
        heard = bank().banks()
    except BankUnavailable:
        return
    with writing() as session:
        session.execute(delete(KnownBank))
        session.add_all(KnownBank(code=one.code, name=one.name, position=i) for i, one in enumerate(heard))


def validate_account(public_id: str, card: Card, actor: Actor) -> None:
    """Ask the bank whether the holder has this account, and keep its answer for 30 minutes. Nothing is charged.

    No transaction is open while the bank thinks. Raises DomainError on the field at fault.
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
    end_reading()
    asked_at = clock.now()
    try:
        account = bank().validate_account(asked)
    except AccountNotFound as error:
        raise DomainError(
            "Su banco no encontró una cuenta a su nombre con estos dígitos. Revise la tarjeta y el banco.", "digitos"
        ) from error
    except CardExpired as error:
        raise DomainError("La tarjeta está vencida. Revise la fecha o use otra.", "mes") from error
    except InvalidCard as error:
        raise DomainError("Su banco no reconoce estos datos. Revise los dígitos y la fecha.", "digitos") from error
    except TooManyAttempts as error:
        raise DomainError(
            "Su banco pide esperar: hubo muchos intentos. Espere unos minutos o llame a su banco.", "digitos"
        ) from error
    except BankUnavailable as error:
        raise DomainError(
            "No pudimos comunicarnos con su banco. No se cobró nada. Intente otra vez en unos minutos."
        ) from error
    with writing():
        purchase = purchasing.open_for_editing(public_id, actor)
        purchase.method, purchase.cash_agency_code = PaymentMethod.ACCOUNT, None
        purchase.bank_code, purchase.bank_name = card.bank_code, names[card.bank_code]
        purchase.card_last4 = card.last4
        purchase.card_expiry_month, purchase.card_expiry_year = card.expiry_month, card.expiry_year
        purchase.account_token, purchase.masked_account = account.token, account.masked_account
        purchase.account_validated_at = asked_at
        confirming.mail_missing_code(purchase)
        audit.record(actor, "purchase.account_validated", purchase.quote.number)
