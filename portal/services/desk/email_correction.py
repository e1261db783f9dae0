"""The address of a customer's account, corrected by the staff with the person's document in hand.

For who can't reach the mailbox of the account, and so neither change it nor recover the password by mail. Whoever has
the address can take the account over, so it takes four eyes: another of the staff confirms by the code of their phone.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import NoReturn

from sqlalchemy import select

from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotAllowed
from portal.domain.identity import likely_email, parse_email
from portal.domain.typed import line
from portal.extensions import db
from portal.models import Account
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.accounts import email_change
from portal.services.authentication import passwords, second_step, sessions
from portal.services.controls import conflicts_of_interest
from portal.services.desk import customers
from portal.services.messaging.resending import ProbablyMistyped
from portal.services.platform import audit

# The same whether the user name or the code is wrong: nobody learns here who works for MASSIV.
_NOT_CONFIRMED = "El usuario o el código no son correctos, o el código ya se usó. Espere el siguiente y escríbalo."


@dataclass(frozen=True, slots=True)
class Confirmer:
    """What the other person of the staff typed: their user name, and what their application shows."""

    username: str
    code: str = field(repr=False)


def open_customer(account_id: int, actor: Actor) -> customers.Customer:
    """A customer whose address the actor may correct. Raises NotFound, HasPart, NotAllowed for a closed account."""
    customer = customers.get(account_id, actor)
    if customer.account.disabled_at is not None:
        raise NotAllowed("La cuenta de este cliente está cerrada: su correo ya no se corrige.")
    return customer


def correct(
    account_id: int, typed: str, birth_date: date, confirmer: Confirmer, actor: Actor, *, shown: str, is_sure: bool
) -> str:
    """Give the account the address that the person says; the address. Both are told, what waited is void, whoever was
    in is out, and the next password is chosen by a code in the new mailbox.

    `shown` is the address when the form was opened: pressed twice, it changes once. `birth_date` is read from the
    document; a wrong one is recorded, and so is a wrong confirmation. Raises DomainError on `correo`, `nacimiento`,
    `otro_usuario` and `otro_codigo`, ProbablyMistyped unless `is_sure`, NotFound, HasPart, NotAllowed.
    """
    address = parse_email(typed)
    if not is_sure and likely_email(address):
        raise ProbablyMistyped("Revise esta dirección: puede tener un error.", "correo")
    account = open_customer(account_id, actor).account
    if account.person.birth_date != birth_date:
        _refuse(account_id, actor, "No es la fecha de nacimiento de este cliente. Léala de su documento.", "nacimiento")
    if not _must_change(account, address, shown):
        return address
    member = _member(confirmer.username, actor)
    if member is None:
        _refuse(account_id, actor, _NOT_CONFIRMED, "otro_codigo")
    try:
        with second_step.confirming(confirmer.code, member, asked_by=actor) as use_up, writing() as session:
            open_customer(account_id, actor)
            account = session.get_one(Account, account_id, with_for_update=NOT_THE_KEY, populate_existing=True)
            if _must_change(account, address, shown):
                use_up()
                _check_no_part(account_id, member)
                _replace(account, address)
                audit.record(actor, "account.email_corrected", f"account:{account_id}", confirmed_by=member.account_id)
    except DomainError as error:
        if error.field != "codigo":
            raise
        _refuse(account_id, actor, _NOT_CONFIRMED, "otro_codigo")
    return address


def _must_change(account: Account, address: str, shown: str) -> bool:
    """Whether the address is still to be replaced: not when it was pressed twice, and the first has come through."""
    if account.email != shown:
        if account.email == address:
            return False
        raise DomainError(f"El correo de este cliente ya cambió, a {account.email}. Abra la página otra vez.")
    if account.email == address:
        raise DomainError("Ese ya es el correo de la cuenta.", "correo")
    return True


def _member(username: str, actor: Actor) -> Actor | None:
    """Who confirms, as the one who acts with their code; None when nobody of that name can. Raises DomainError for the
    actor's own name."""
    found = db.session.execute(
        select(Account.id, Account.role).where(
            Account.username == line(username).lower(),
            Account.is_staff,
            Account.disabled_at.is_(None),
            Account.totp_enrolled_at.is_not(None),
        )
    ).one_or_none()
    if found is None:
        return None
    if found.id == actor.account_id:
        raise DomainError("Ese es su usuario: confirma otra persona del personal.", "otro_usuario")
    return Actor(found.id, found.role.value, actor.ip, actor.device)


def _check_no_part(account_id: int, member: Actor) -> None:
    """Said only to who has their code."""
    if db.session.scalar(select(conflicts_of_interest.in_customer(account_id, member))):
        raise DomainError(
            "Quien confirma es este cliente, o figura en uno de sus seguros: confirma otra persona.", "otro_usuario"
        )


def _replace(account: Account, address: str) -> None:
    email_change.replace(account, address, keeps_password=False)
    # Who knows the password and is not the person must neither stay in nor come back.
    account.password_hash = passwords.nobodys_hash()
    sessions.close_all(account.id)


def _refuse(account_id: int, actor: Actor, words: str, at: str) -> NoReturn:
    with writing():
        audit.record(actor, "account.email_refused", f"account:{account_id}")
    raise DomainError(words, at)
