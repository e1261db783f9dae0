"""Whether a password opens an account: five tries for each place, counted before anything is compared.

Whoever types wrong passwords somewhere uses up the tries of the places where the account is not known. Its owner goes
on in an open session and in a known browser, and is told of it.
"""

from datetime import timedelta

from sqlalchemy import or_, select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.extensions import db
from portal.models import Account, TryCount
from portal.models.transaction import NOT_THE_KEY, end_reading, writing
from portal.services.authentication import known_devices, lockout, passwords, sessions
from portal.services.messaging import outgoing
from portal.services.messaging.mails.account import PasswordTries

TOLD_EVERY = timedelta(days=1)  # who is attacked for days is not flooded with mail besides
_NOBODY = 0  # an id no account has: the same statement runs and finds nothing


def is_right(account: Account | None, password_hash: str, password: str, actor: Actor) -> bool:
    """Whether the password is the hash's and may open the account, tried where the actor is.

    Takes one of that place's five tries first. With no account, or none left to try, the work is the same.
    """
    is_open = account is not None and account.disabled_at is None
    account_id = account.id if account else _NOBODY
    place = _place(account_id, actor)
    if place is None:
        number = lockout.take(account_id, Account.failed_logins, Account.locked_until)
    else:
        number = lockout.take_at(account_id, place)
    return passwords.matches(password_hash, password) and number is not None and is_open


def check_present(account: Account, password: str, actor: Actor) -> None:
    """The present password, asked of whoever is in already. Raises DomainError on `actual`."""
    if is_right(account, account.password_hash, password, actor):
        return
    place = _place(account.id, actor)
    until = db.session.scalar(
        select(TryCount.locked_until).where(TryCount.account_id == account.id, TryCount.place == place)
        if place
        else select(Account.locked_until).where(Account.id == account.id)
    )
    if until is not None and clock.now() < until:
        minutes = max(1, -(-int((until - clock.now()).total_seconds()) // 60))
        wait = "1 minuto" if minutes == 1 else f"{minutes} minutos"
        raise DomainError(f"Hubo 5 intentos que no eran correctos. Espere {wait} y pruebe otra vez.", "actual")
    raise DomainError("Su contraseña actual no es correcta.", "actual")


def forget(account: Account, actor: Actor) -> None:
    """Give the tries of where the actor is back, in the present transaction. Those of other places stay: whoever
    guesses gets no more of them because the owner came in."""
    place = _place(account.id, actor)
    if place is None:
        account.failed_logins, account.locked_until = 0, None
    else:
        lockout.give_back(account.id, place)


def forget_all(account: Account) -> None:
    """Give all back, in the present transaction: the password is another one."""
    account.failed_logins, account.locked_until = 0, None
    lockout.give_back(account.id)


def tell_owners() -> None:
    """Mail whoever's account took five wrong passwords just now, once a day at most: from here and not from the page,
    which takes as long for a name that nobody has."""
    moment = clock.now()
    elsewhere = select(TryCount.account_id).where(
        TryCount.locked_until > moment,
        or_(TryCount.place.startswith("browser:"), TryCount.place.startswith("session:")),
    )
    found = db.session.scalars(
        select(Account.id).where(
            or_(Account.locked_until > moment, Account.id.in_(elsewhere)),
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


def _place(account_id: int, actor: Actor) -> str | None:
    """What of the account's own the actor tries from; None where it is not known."""
    device = known_devices.recognise(account_id, actor)
    if actor.session and actor.account_id == account_id:
        return f"session:{sessions.hash_of(actor.session)}"
    return known_devices.place_of(device) if device else None
