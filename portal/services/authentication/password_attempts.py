"""Whether a password opens an account: five tries, counted before anything is compared."""

from portal.models import Account
from portal.services.authentication import lockout, passwords

_NOBODY = 0  # an id no account has: the same statement runs and finds nothing


def is_right(account: Account | None, password_hash: str, password: str) -> bool:
    """Whether the password is the hash's and may open the account.

    Takes one of its five tries first. With no account, or none left to try, the work is the same.
    """
    is_open = account is not None and account.disabled_at is None
    may_try = lockout.take(account.id if account else _NOBODY, Account.failed_logins, Account.locked_until) is not None
    return passwords.matches(password_hash, password) and may_try and is_open


def forget(account: Account) -> None:
    """Give the tries back, in the present transaction."""
    account.failed_logins, account.locked_until = 0, None
