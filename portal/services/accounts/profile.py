"""What an account's holder reads of it in "Mi Perfil" (S41)."""

from dataclasses import dataclass

from portal.domain.actor import Actor
from portal.extensions import db
from portal.models import Account, Consent
from portal.models.transaction import writing
from portal.services.accounts import consents


@dataclass(frozen=True, slots=True)
class Profile:
    """What "Mi Perfil" shows. `marketing` is the last answer about commercial mail, or None when never asked."""

    account: Account
    marketing: Consent | None


def of(actor: Actor) -> Profile:
    """The actor's own data."""
    account = db.session.get_one(Account, actor.account_id)
    return Profile(account, consents.latest(consents.MARKETING, account.id))


def switch_keys(actor: Actor, *, on: bool) -> None:
    """Whether single keys work the actor's pages of the desk, in every browser."""
    with writing() as session:
        session.get_one(Account, actor.account_id).single_keys = on
