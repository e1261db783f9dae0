"""Which browsers an account has been used from, and the mail when there is a new one (B17)."""

from sqlalchemy import select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.device import device_words
from portal.extensions import db
from portal.models import Account, UserSession
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


def _keys(account_id: int, actor: Actor) -> tuple[str, ...]:
    """With each key of now and before: a change of SECRET_KEY makes no browser a stranger."""
    return keyed_hashes("device", f"{account_id}:{actor.browser}")
