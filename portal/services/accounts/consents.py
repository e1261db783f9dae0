"""What people agreed to: the words' version and hash, when, and from where. Rows are only ever added."""

from datetime import datetime

from sqlalchemy import select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.extensions import db
from portal.models import Account, Consent, Purchase, Quote
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.catalogue.offers import texts
from portal.services.platform import audit

MARKETING = "comunicaciones-comerciales"


def record(
    key: str,
    actor: Actor,
    *,
    account_id: int,
    granted: bool = True,
    quote: Quote | None = None,
    purchase: Purchase | None = None,
    given_at: datetime | None = None,
) -> None:
    """Keep, in the present transaction, that the text `key` was accepted (or offered and not), now unless told when."""
    text = texts()[key]
    db.session.add(
        Consent(
            account_id=account_id,
            quote_id=quote.id if quote else None,
            purchase_id=purchase.id if purchase else None,
            text_key=text.key,
            text_version=text.version,
            text_sha256=text.sha256,
            granted=granted,
            given_at=given_at or clock.now(),
            ip=actor.ip,
            device=actor.device,
        )
    )


def latest(key: str, account_id: int) -> Consent | None:
    """The account's last answer about the text `key`, or None when it was never asked."""
    return db.session.scalars(
        select(Consent)
        .where(Consent.account_id == account_id, Consent.text_key == key)
        .order_by(Consent.id.desc())
        .limit(1)
    ).one_or_none()


def allow_marketing(actor: Actor, *, shown: str) -> None:
    """Permit commercial mail, in the words whose SHA-256 was on the page. Raises DomainError when these changed."""
    text = texts()[MARKETING]
    if shown != text.sha256:
        raise DomainError("El texto cambió mientras lo leía. Léalo otra vez.")
    _answer(actor, granted=True)


def withdraw_marketing(actor: Actor) -> None:
    """Take that permission back, from now on: as easily as it was given (Ley 29733, DS 016-2024-JUS)."""
    _answer(actor, granted=False)


def _answer(actor: Actor, *, granted: bool) -> None:
    """Add the answer, unless it is the last one already: pressed twice, one row."""
    with writing() as session:
        account = session.get_one(Account, actor.account_id, with_for_update=NOT_THE_KEY)
        last = latest(MARKETING, account.id)
        if last is not None and last.granted == granted and last.text_sha256 == texts()[MARKETING].sha256:
            return
        record(MARKETING, actor, account_id=account.id, granted=granted)
        audit.record(actor, "consent.marketing", account.username, granted=granted)
