"""Which browsers an account has been used from, and the mail when there is a new one (B17)."""

from sqlalchemy import select, union_all

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.device import device_words
from portal.extensions import db
from portal.models import Account, TryCount, UserSession
from portal.services.authentication import lockout
from portal.services.messaging import outgoing
from portal.services.messaging.mails.account import NewDevice
from portal.services.platform.encryption import keyed_hashes


def key_of(account_id: int, actor: Actor) -> str | None:
    """What a session of the account keeps of the actor's browser. Another account's is another in the same browser:
    nobody can tell from them who shares a phone."""
    return _keys(account_id, actor)[0] if actor.browser else None


def tell_if_new(account: Account, actor: Actor) -> None:
    """Mail the account, in the present transaction, when it was never used from the actor's browser. The very first
    sign-in, with the initial password, is no news."""
    used = db.session.scalars(
        select(UserSession.device_key)
        .where(UserSession.account_id == account.id, UserSession.device_key.is_not(None))
        .distinct()
    ).all()
    is_first = not used and account.password_changed_at is None
    if not actor.browser or is_first or set(used) & set(_keys(account.id, actor)):
        return
    mail = NewDevice(device=device_words(actor.device), signed_in_at=clock.now())
    outgoing.queue(mail, to=account.email, account=account)


def recognise(account_id: int, actor: Actor, *, by_second_step: bool = False) -> str | None:
    """The key of the actor's browser if the account was opened in it before, with its second step too if asked; one
    query, whoever asks."""
    keys = _keys(account_id, actor)
    opened = select(UserSession.id).where(UserSession.account_id == account_id, UserSession.device_key.in_(keys))
    if by_second_step:
        opened = opened.where(UserSession.second_step_at.is_not(None))
    noted = select(TryCount.account_id).where(
        TryCount.account_id == account_id, TryCount.place.in_([place_of(key) for key in keys])
    )
    found = db.session.execute((opened if by_second_step else union_all(opened, noted)).limit(1)).first()
    return keys[0] if found is not None and actor.browser else None


def note(account_id: int, actor: Actor) -> None:
    """Know the actor's browser from now on, in the present transaction: the account's owner has proven to be there."""
    key = key_of(account_id, actor)
    if key is not None:
        lockout.begin(account_id, place_of(key))


def place_of(key: str) -> str:
    """How the browser of this key is named where its tries are counted."""
    return f"browser:{key}"


def _keys(account_id: int, actor: Actor) -> tuple[str, ...]:
    """With each key of now and before: a change of SECRET_KEY makes no browser a stranger."""
    return keyed_hashes("device", f"{account_id}:{actor.browser}")
