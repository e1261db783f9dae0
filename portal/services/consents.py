"""What people agreed to: the words' version and hash, when, and from where."""

from portal.domain.actor import Actor
from portal.extensions import db
from portal.models import Consent, Purchase, Quote
from portal.services.catalogue import texts


def record(
    key: str,
    actor: Actor,
    *,
    account_id: int,
    granted: bool = True,
    quote: Quote | None = None,
    purchase: Purchase | None = None,
) -> None:
    """Keep, in the present transaction, that the text `key` was accepted (or offered and not)."""
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
            ip=actor.ip,
            device=actor.device,
        )
    )
