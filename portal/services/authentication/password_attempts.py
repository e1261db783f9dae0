"""The present password, asked in an open session: five tries for each, counted before anything is compared. And the
mail to whoever's account took five wrong ones, there or at login."""

from datetime import timedelta

from sqlalchemy import or_, select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.extensions import db
from portal.models import Account, TryCount
from portal.models.transaction import NOT_THE_KEY, end_reading, writing
from portal.services.authentication import lockout, passwords, sessions
from portal.services.messaging import outgoing
from portal.services.messaging.mails.account import PasswordTries

TOLD_EVERY = timedelta(days=1)  # who is attacked for days is not flooded with mail besides


def is_right(account: Account, password_hash: str, password: str, actor: Actor) -> bool:
    """Whether the password is the hash's and the account may be used. Takes one of the session's five tries first."""
    is_open = account.disabled_at is None
    number = lockout.take_at(account.id, _place(actor))
    return passwords.matches(password_hash, password) and number is not None and is_open


def check_present(account: Account, password: str, actor: Actor) -> None:
    """The present password, asked of whoever is in already. Raises DomainError on `actual`."""
    if is_right(account, account.password_hash, password, actor):
        return
    until = db.session.scalar(
        select(TryCount.locked_until).where(TryCount.account_id == account.id, TryCount.place == _place(actor))
    )
    if until is not None and clock.now() < until:
        minutes = max(1, -(-int((until - clock.now()).total_seconds()) // 60))
        wait = "1 minuto" if minutes == 1 else f"{minutes} minutos"
        raise DomainError(f"Hubo 5 intentos que no eran correctos. Espere {wait} y pruebe otra vez.", "actual")
    raise DomainError("Su contraseña actual no es correcta.", "actual")


def forget(account: Account, actor: Actor) -> None:
    """Give the session's tries back, in the present transaction."""
    lockout.give_back(account.id, _place(actor))


def forget_all(account: Account) -> None:
    """Give all back, in the present transaction: the password is another one. What strangers typed with a name at
    login stays."""
    account.locked_until = None
    lockout.give_back(account.id)


def tell_owners() -> None:
    """Mail whoever's account took five wrong passwords just now, once a day at most: from here and not from the page,
    which takes as long for a name that nobody has."""
    moment = clock.now()
    in_session = select(TryCount.account_id).where(
        TryCount.locked_until > moment, TryCount.place.startswith("session:")
    )
    found = db.session.scalars(
        select(Account.id).where(
            or_(Account.locked_until > moment, Account.id.in_(in_session)),
            or_(Account.tries_told_at.is_(None), Account.tries_told_at <= moment - TOLD_EVERY),
            Account.disabled_at.is_(None),
        )
    ).all()
    end_reading()
    for account_id in found:
        with writing() as session:
            account = session.get_one(Account, account_id, with_for_update=NOT_THE_KEY)
            if account.tries_told_at is None or account.tries_told_at <= moment - TOLD_EVERY:
                account.tries_told_at = moment
                outgoing.queue(PasswordTries(told_at=moment), to=account.email, account=account)


def _place(actor: Actor) -> str:
    return f"session:{sessions.hash_of(actor.session)}"
