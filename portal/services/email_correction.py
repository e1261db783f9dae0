"""The address of a customer's account, corrected by the staff with the person's document in hand.

For who can't reach the mailbox of the account, and so neither change it nor recover the password by mail.
"""

from datetime import date

from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotAllowed
from portal.domain.identity import likely_email, parse_email
from portal.models import Account, CodePurpose
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services import audit, codes, customers, email_change
from portal.services.redirecting import ProbablyMistyped


def open_customer(account_id: int, actor: Actor) -> customers.Customer:
    """A customer whose address the actor may correct. Raises NotFound, HasPart, NotAllowed for a closed account."""
    customer = customers.get(account_id, actor)
    if customer.account.disabled_at is not None:
        raise NotAllowed("La cuenta de este cliente está cerrada: su correo ya no se corrige.")
    return customer


def correct(account_id: int, typed: str, birth_date: date, actor: Actor, *, shown: str, is_sure: bool) -> str:
    """Give the account the address that the person says; the address. Both are told, and what waited is void.

    `shown` is the address when the form was opened: pressed twice, it changes once. `birth_date` is read from the
    document; a wrong one is recorded. Raises DomainError on `correo` and `nacimiento`, ProbablyMistyped unless
    `is_sure`, NotFound, HasPart, NotAllowed.
    """
    address = parse_email(typed)
    if not is_sure and likely_email(address):
        raise ProbablyMistyped("Revise esta dirección: puede tener un error.", "correo")
    with writing() as session:
        open_customer(account_id, actor)
        account = session.get_one(Account, account_id, with_for_update=NOT_THE_KEY)
        is_person = account.person.birth_date == birth_date
        if is_person:
            _replace(account, address, shown, actor)
        else:
            audit.record(actor, "account.email_refused", f"account:{account_id}")
    if not is_person:
        raise DomainError("No es la fecha de nacimiento de este cliente. Léala de su documento.", "nacimiento")
    return address


def _replace(account: Account, address: str, shown: str, actor: Actor) -> None:
    if account.email != shown:
        if account.email == address:
            return  # pressed twice, and the first has just come through
        raise DomainError(f"El correo de este cliente ya cambió, a {account.email}. Abra la página otra vez.")
    if account.email == address:
        raise DomainError("Ese ya es el correo de la cuenta.", "correo")
    codes.withdraw(CodePurpose.EMAIL, account.id)
    email_change.replace(account, address)
    audit.record(actor, "account.email_corrected", f"account:{account.id}")
