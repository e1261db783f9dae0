"""Another address for an account: asked with the password, confirmed by a code at the new address, told at the old.

Several accounts may share an address, as families do: nobody is asked whose it is.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotAllowed
from portal.domain.identity import likely_email, parse_email, veiled_email
from portal.extensions import db
from portal.models import Account, CodePurpose
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.authentication import one_time_codes, password_attempts, recovery
from portal.services.messaging import outgoing
from portal.services.messaging.mails.account import EmailChanged, EmailCode, EmailConfirmed
from portal.services.platform import audit

_PURPOSE = CodePurpose.EMAIL


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that waits. `suggestion` is the address that was probably meant, when this one looks wrong;
    `is_code_sent`: it was checked and the code has left, whose life is `code`."""

    address: str
    suggestion: str | None
    is_code_sent: bool
    code: one_time_codes.CodeLife | None


class NothingPending(NotAllowed):
    """No change waits: it was confirmed, cancelled, or void by a new password."""

    def __init__(self) -> None:
        super().__init__("No hay ningún cambio de correo por confirmar. Empiece otra vez desde Mi Perfil.")


def pending(actor: Actor) -> Pending | None:
    """The actor's change that waits, or None."""
    account = db.session.get_one(Account, actor.account_id)
    address = account.pending_email
    if address is None:
        return None
    last = one_time_codes.newest(_PURPOSE, account.id)
    is_sent = last is not None and last.used_at is None and last.binding == _binding(address)
    life = one_time_codes.life(_PURPOSE, account.id) if is_sent else None
    return Pending(address, likely_email(address), is_sent, life)


def ask(typed: str, password: str, actor: Actor) -> None:
    """Let the address wait for its confirmation, in place of an earlier one. Raises DomainError on `correo` and
    `actual`, where the present password goes."""
    address = parse_email(typed)
    account = db.session.get_one(Account, actor.account_id)
    if address == account.email:
        raise DomainError("Ese ya es el correo de su cuenta.", "correo")
    checked = account.password_hash
    password_attempts.check_present(account, password, actor)
    with writing() as session:
        account = session.get_one(Account, actor.account_id, with_for_update=NOT_THE_KEY)
        if account.password_hash != checked:
            raise DomainError("Su contraseña actual no es correcta.", "actual")
        password_attempts.forget(account, actor)
        account.pending_email = address
        one_time_codes.withdraw(_PURPOSE, account.id)
        audit.record(actor, "email.ask", account.username)


def take_suggestion(actor: Actor) -> None:
    """Correct the address that waits to the one that was probably meant. Raises DomainError when that one is the
    account's already, NothingPending."""
    with writing():
        account, address = _waiting(actor)
        meant = likely_email(address) or address
        if meant == account.email:
            raise DomainError("Ese ya es el correo de su cuenta: cancele el cambio y todo sigue igual.")
        account.pending_email = meant


def send_code(actor: Actor, *, shown: datetime | None = None) -> None:
    """Mail a code to the address that waits, the first or another, unless one was sent since the page was `shown`.

    Raises DomainError on `codigo` when asked too soon or too often, NothingPending.
    """
    with writing():
        account, address = _waiting(actor)
        if one_time_codes.was_sent_since(_PURPOSE, account.id, shown, binding=_binding(address)):
            return
        digits = one_time_codes.issue(_PURPOSE, account.id, binding=_binding(address))
        code = one_time_codes.just_issued(_PURPOSE, account.id)
        outgoing.queue(EmailCode(secret=digits, code=code), to=address, account=account)
        audit.record(actor, "email.code", account.username)


def confirm(typed: str, actor: Actor) -> str:
    """Pass the code: the account has the new address, which is told, and so is the old one. The address.

    Confirmed again, nothing happens. Raises DomainError on `codigo`, NothingPending.
    """
    try:
        return _confirm(typed, actor)
    except DomainError:
        account = db.session.get_one(Account, actor.account_id, populate_existing=True)
        if account.pending_email is None and one_time_codes.has_just_passed(_PURPOSE, account.id, typed):
            return account.email  # pressed twice, and the first has just come through
        raise


def cancel(actor: Actor) -> None:
    """Keep the present address. Cancelled again, nothing happens."""
    with writing() as session:
        account = session.get_one(Account, actor.account_id, with_for_update=NOT_THE_KEY)
        if account.pending_email is not None:
            account.pending_email = None
            audit.record(actor, "email.cancel", account.username)


def _confirm(typed: str, actor: Actor) -> str:
    account = db.session.get_one(Account, actor.account_id)
    address = account.pending_email
    if address is None:
        raise NothingPending
    code_id = one_time_codes.try_code(_PURPOSE, account.id, typed, binding=_binding(address))
    with writing():
        account, waiting = _waiting(actor)
        if waiting != address:
            raise DomainError(one_time_codes.VOID, "codigo")
        one_time_codes.spend(code_id, actor)
        replace(account, address)
        audit.record(actor, "email.change", account.username)
    return address


def replace(account: Account, address: str, *, keeps_password: bool = True) -> None:
    """Give the account its new address, in the present transaction, and tell both. A code to recover the password that
    lies in the old mailbox is void."""
    old, moment = account.email, clock.now()
    account.email, account.pending_email = address, None
    account.person = account.person.corrected(email=address)
    recovery.end_all(account.id)
    greeting_name = account.person.names.split()[0]
    warning = EmailChanged(greeting_name=greeting_name, address=veiled_email(address), changed_at=moment)
    # Without an account, so that it never leaves for another address than the one it warns.
    outgoing.queue(warning, to=old, account=None)
    news = EmailConfirmed(changed_at=moment, keeps_password=keeps_password)
    outgoing.queue(news, to=address, account=account)


def _waiting(actor: Actor) -> tuple[Account, str]:
    """The actor's account, locked, and the address that waits."""
    account = db.session.get_one(Account, actor.account_id, with_for_update=NOT_THE_KEY)
    if account.pending_email is None:
        raise NothingPending
    return account, account.pending_email


def _binding(address: str) -> str:
    """What a code confirms: this address."""
    return hashlib.sha256(address.encode()).hexdigest()
