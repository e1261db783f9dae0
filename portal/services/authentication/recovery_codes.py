"""Recovery codes: ten, each opens the second step once for somebody of the staff without the phone at hand."""

from sqlalchemy import delete, func, select, update

from portal.domain import clock
from portal.domain.errors import DomainError
from portal.domain.typed import compact
from portal.extensions import db
from portal.models import RecoveryCode
from portal.services.authentication import passwords
from portal.services.platform.encryption import keyed_hash, keyed_hashes

COUNT = 10
_GROUPS, _LENGTH = 2, 10


def replace(account_id: int) -> tuple[str, ...]:
    """Ten new ones, in the present transaction; the ones before are void. Only their hashes are stored."""
    delete_all(account_id)
    codes = tuple(passwords.readable(_GROUPS) for _ in range(COUNT))
    hashes = [keyed_hash("recovery-code", _subject(account_id, code)) for code in codes]
    db.session.add_all(RecoveryCode(account_id=account_id, code_hash=one) for one in hashes)
    return codes


def delete_all(account_id: int) -> None:
    """Make every code of the account void, in the present transaction."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))


def check_shape(typed: str) -> None:
    """Raises DomainError for what can't be a recovery code: that is no guess, and costs no try."""
    if len(_plain(typed)) != _LENGTH:
        raise DomainError("Un código de recuperación tiene 10 letras y números, como k7mt4-x9qpw.", "codigo")


def use(account_id: int, typed: str) -> bool:
    """Whether what was typed is an unused code of the account, which is used up in the present transaction."""
    used = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.code_hash.in_(keyed_hashes("recovery-code", _subject(account_id, typed))),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(RecoveryCode.id)
    ).scalar_one_or_none()
    return used is not None


def left(account_id: int) -> int:
    """How many are not used yet."""
    unused = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.used_at.is_(None))
    return db.session.scalar(unused.where(RecoveryCode.account_id == account_id)) or 0


def _subject(account_id: int, typed: str) -> str:
    return f"{account_id}:{_plain(typed)}"


def _plain(typed: str) -> str:
    """As it was made, whatever case, spaces and hyphens it was typed with."""
    return compact(typed).lower()
