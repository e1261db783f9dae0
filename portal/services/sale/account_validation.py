"""Whether the holder has the account that will be charged (S16): asked of the bank, kept for 30 minutes."""

from dataclasses import dataclass

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.domain.purchase import PaymentMethod
from portal.integrations.bank import (
    AccountNotFound,
    BankUnavailable,
    CardExpired,
    CardOfPerson,
    InvalidCard,
    TooManyAttempts,
)
from portal.models.transaction import end_reading, writing
from portal.services.payments.bank import bank, banks
from portal.services.platform import audit
from portal.services.sale import confirming, purchasing


@dataclass(frozen=True, slots=True)
class Card:
    """What the customer types: the last four digits only."""

    bank_code: str
    last4: str
    expiry_month: int
    expiry_year: int


def validate(public_id: str, card: Card, actor: Actor) -> None:
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
        is_sent = confirming.CODE.mail_missing(purchase)
        audit.record(actor, "purchase.account_validated", purchase.quote.number)
        if is_sent:
            confirming.CODE.note_sent(purchase, actor)
