"""Signing in and out, and changing one's password.

An unknown user, a wrong password, a locked and a disabled account get the same words after the same work.
"""

from datetime import datetime, timedelta

from sqlalchemy import and_, case, or_, select
from sqlalchemy.orm import joinedload

from portal.domain import clock, formats
from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.domain.identity import DocumentType, possible_numbers
from portal.domain.typed import line
from portal.extensions import db
from portal.models import Account
from portal.models.transaction import NOT_THE_KEY, end_reading, writing
from portal.services.authentication import (
    known_devices,
    lockout,
    one_time_codes,
    password_attempts,
    passwords,
    sessions,
)
from portal.services.authentication.sessions import SignedIn
from portal.services.messaging import outgoing
from portal.services.messaging.mails.account import Credentials, PasswordChanged, StaffCredentials
from portal.services.platform import audit
from portal.services.platform.encryption import keyed_hashes

INITIAL_PASSWORD_LIFE = timedelta(hours=24)

_WRONG = "El usuario o la contraseña no son correctos."


class InitialPasswordExpired(DomainError):
    """The right initial password, too late. A new one was mailed to the account's address."""

    def __init__(self) -> None:
        super().__init__(
            "Su contraseña inicial venció: valía 24 horas. Le enviamos una nueva a su correo. Ingrese con ella."
        )


def sign_in(user: str, password: str, actor: Actor, *, replacing: str | None = None) -> SignedIn:
    """Open a session for a user name, or a customer's document number, and its password.

    The session of the token `replacing`, left in the same browser, ends. Raises DomainError, InitialPasswordExpired.
    """
    account = _find(user)
    # What is verified is kept: the row itself is read again after every write, and may have changed.
    checked = account.password_hash if account else passwords.nobodys_hash()
    account_id, is_open = (account.id, account.disabled_at is None) if account else (lockout.NOBODY, False)
    if account and account.must_change_password:
        password = passwords.as_made(password)
    device = known_devices.recognise(account_id, actor)
    tried = _tried_name(user, device)
    number = lockout.take_typed(tried)
    is_right = passwords.matches(checked, password) and number is not None
    if account is None or not (is_right and is_open):
        raise _wrong(lockout.locked_until(tried, account_id))
    until = account.initial_password_until
    if account.must_change_password and until is not None and clock.now() >= until:
        with writing():
            lockout.give_back_typed(tried, all_of_them=device is not None)
        mail_new_initial_password(account, checked, actor)
        raise InitialPasswordExpired
    end_reading()
    renewed = passwords.hash_password(password) if passwords.must_rehash(checked) else None
    with writing() as session:
        account = session.get_one(Account, account_id, with_for_update=NOT_THE_KEY)
        if account.password_hash != checked or account.disabled_at is not None:
            raise DomainError(_WRONG)
        lockout.give_back_typed(tried, all_of_them=device is not None)
        account.password_hash = renewed or checked
        if replacing:
            sessions.close(replacing)
        known_devices.tell_if_new(account, actor)
        signed_in = sessions.open(account, actor)
        audit.record(_as(account, actor), "session.open", account.username)
    return signed_in


def knows_browser(user: str, actor: Actor) -> bool:
    """Whether whom `user` names was in before in the actor's browser. The work is the same for a name that nobody
    has."""
    account = _find(user)
    return known_devices.recognise(account.id if account else lockout.NOBODY, actor) is not None


def sign_out(token: str, actor: Actor) -> None:
    """End the session of `token`."""
    with writing():
        sessions.close(token)
        audit.record(actor, "session.close", f"account:{actor.account_id}")


def change_password(new: str, actor: Actor, *, current: str | None = None, replacing: str | None = None) -> SignedIn:
    """Change the actor's password and mail that it changed. Every session ends; a new one is returned, in which the
    second step counts as passed if it was in the session of the token `replacing`.

    `current` is not needed at the first change: it was just used to get here. Raises DomainError on the fields
    `actual` and `nueva`.
    """
    account = db.session.get_one(Account, actor.account_id)
    checked, first_time = account.password_hash, account.must_change_password
    if not first_time:
        password_attempts.check_present(account, current or "", actor)
    passwords.check_new(new, account.person, username=account.username, email=account.email)
    end_reading()
    if passwords.matches(checked, passwords.as_made(new) if first_time else new):
        raise DomainError("Elija una contraseña distinta de la actual.", "nueva")
    new_hash = passwords.hash_password(new)
    with writing() as session:
        account = session.get_one(Account, actor.account_id, with_for_update=NOT_THE_KEY)
        if account.password_hash != checked:
            raise DomainError("Su contraseña acaba de cambiar en otro equipo. Ingrese con la nueva.", "nueva")
        passed_at = sessions.second_step_at(replacing) if replacing else None
        take_password(account, new_hash)
        signed_in = sessions.open(account, actor, second_step_at=passed_at)
        audit.record(actor, "password.change", account.username)
    return signed_in


def take_password(account: Account, new_hash: str) -> None:
    """Give the account a password of its owner's own, in the present transaction. Every session ends, what waited for
    a confirmation is void, and the account is told."""
    account.password_hash, account.password_changed_at = new_hash, clock.now()
    account.must_change_password, account.initial_password_until = False, None
    account.pending_email = None
    password_attempts.forget_all(account)
    sessions.close_all(account.id)
    mail = PasswordChanged(changed_at=account.password_changed_at)
    outgoing.queue(mail, to=account.email, account=account)


def _find(user: str) -> Account | None:
    """The account of a user name, or else the customer's of a document number (staff use their user name)."""
    name, numbers = line(user).lower(), possible_numbers(user)
    # Nobody takes another's place by opening an account with a passport numbered like a DNI, like a user name, or like
    # another country's passport: who came later comes in by the user name.
    rank = case(
        (Account.username == name, 0),
        (Account.document_type == DocumentType.DNI, 1),
        (Account.document_type == DocumentType.CE, 2),
        else_=3,
    )
    is_theirs = (
        and_(Account.document_type == kind, Account.document_number == numbers.get(kind, "")) for kind in DocumentType
    )
    by_document = and_(or_(*is_theirs), Account.is_staff.is_(False))
    return db.session.scalars(
        select(Account)
        .options(joinedload(Account.person))
        .where(or_(Account.username == name, by_document))
        .order_by(rank, Account.id)
        .limit(1)
    ).one_or_none()


def _tried_name(user: str, device: str | None) -> str:
    """What the tries with this name count under: known browsers each for themselves."""
    name = next(iter(possible_numbers(user).values()), line(user).lower())
    return keyed_hashes("tried name", f"{name} {device or ''}")[0]


def _wrong(until: datetime | None) -> DomainError:
    if until is None:
        return DomainError(_WRONG)
    return DomainError(
        f"Hubo {lockout.TRIES} intentos seguidos con este usuario. Está bloqueado hasta las {formats.hour(until)}. "
        "Si olvidó su contraseña, elija otra: no tiene que esperar."
    )


def mail_credentials(account: Account, password: str) -> None:
    """Mail the user name and the account's initial password, in the present transaction."""
    if account.initial_password_until is None:
        raise ValueError("the account has a password of its own")
    kind = StaffCredentials if account.is_staff else Credentials
    in_one_piece = password.replace("-", "")  # one long press takes it whole
    mail = kind(username=account.username, secret=in_one_piece, until=account.initial_password_until)
    outgoing.end_secret(mail.secret_for)
    outgoing.queue(mail, to=account.email, account=account)


def credentials_again_at(account: Account) -> datetime | None:
    """From when they may be asked for again; None once the account has a password of its own, or is closed."""
    if account.initial_password_until is None or account.disabled_at is not None:
        return None
    return account.initial_password_until - INITIAL_PASSWORD_LIFE + one_time_codes.RESEND_AFTER


def mail_new_initial_password(account: Account, checked: str, actor: Actor) -> None:
    """Mail another initial password to an account that has the hash `checked`; the one before is dead."""
    account_id, password = account.id, passwords.initial_password()
    end_reading()
    new_hash = passwords.hash_password(password)
    with writing() as session:
        account = session.get_one(Account, account_id, with_for_update=NOT_THE_KEY)
        if account.password_hash != checked:
            return  # asked twice at once: that password is on its way
        account.password_hash, account.initial_password_until = new_hash, clock.now() + INITIAL_PASSWORD_LIFE
        known_devices.note(account.id, actor)  # wrong ones typed elsewhere don't keep the new one out here
        mail_credentials(account, password)
        audit.record(_as(account, actor), "password.initial", account.username)


def _as(account: Account, actor: Actor) -> Actor:
    return Actor(account.id, account.role.value, actor.ip, actor.device)
