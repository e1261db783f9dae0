"""Whether a password opens an account: five tries, counted before anything is compared."""

from datetime import timedelta

from sqlalchemy import case, func, update

from portal.domain import clock
from portal.models import Account
from portal.models.transaction import writing
from portal.services import passwords

TRIES = 5
LOCKED_FOR = timedelta(minutes=15)

_NOBODY = 0  # an id no account has: the same statement runs and finds nothing


def is_right(account: Account | None, password_hash: str, password: str) -> bool:
    """Whether the password is the hash's and may open the account.

    Takes one of its five tries first, in a commit of its own, so that fifty guesses at once are still five. With no
    account, or none left to try, the work is the same.
    """
    is_open = account is not None and account.disabled_at is None
    may_try = _take_try(account.id if account else _NOBODY)
    return passwords.matches(password_hash, password) and may_try and is_open


def forget(account: Account) -> None:
    """Give the tries back, in the present transaction."""
    account.failed_logins, account.locked_until = 0, None


def _take_try(account_id: int) -> bool:
    moment = clock.now()
    tries = case((Account.locked_until.is_not(None), 1), else_=Account.failed_logins + 1)
    with writing() as session:
        taken = session.execute(
            update(Account)
            .where(Account.id == account_id, func.coalesce(Account.locked_until, moment) <= moment)
            .values(
                failed_logins=tries,
                locked_until=case((tries >= TRIES, moment + LOCKED_FOR), else_=None),
            )
            .returning(Account.id)
        ).scalar_one_or_none()
    return taken is not None
