"""How a customer is reached, corrected by themselves. Names, document and birth date are not theirs to correct."""

from dataclasses import dataclass

from portal.domain import ubigeo
from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.domain.identity import parse_mobile
from portal.models import Account
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.accounts.signup_answers import parse_address
from portal.services.platform import audit


@dataclass(frozen=True, slots=True)
class Contact:
    """As typed; `district` is its ubigeo (INEI)."""

    phone: str
    address: str
    district: str


def correct(contact: Contact, actor: Actor) -> None:
    """Reach the actor this way from now on. Quotes and policies keep what they were made with.

    Raises DomainError on the fields `celular`, `direccion` and `distrito`.
    """
    phone, address = parse_mobile(contact.phone), parse_address(contact.address)
    if not ubigeo.is_district(contact.district):
        raise DomainError("Elija su distrito.", "distrito")
    given = {"phone": phone, "address": address, "ubigeo": contact.district}
    with writing() as session:
        account = session.get_one(Account, actor.account_id, with_for_update=NOT_THE_KEY)
        changes = {name: value for name, value in given.items() if getattr(account.person, name) != value}
        if changes:
            account.person = account.person.corrected(**changes)
            audit.record(actor, "contact.correct", account.username, fields=sorted(changes))
