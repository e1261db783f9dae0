"""Nobody of the staff reads a customer unrecorded: a search leaves its row in the audit, and that row opens the pages.

The row's subject is the account; it says what kind of thing was searched by, never what was typed.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, exists

from portal.domain import clock
from portal.domain.actor import Actor
from portal.models import AuditEntry
from portal.services.platform import audit

SLIP, CUSTOMER = "cash.find", "customer.find"
_LASTS = timedelta(hours=12)  # a working day: afterwards it is searched, and recorded, again


def note(actor: Actor, action: str, account_id: int, **details: str) -> None:
    """Write down, in the present transaction, that the actor looks at this customer."""
    audit.record(actor, action, _subject(account_id), **details)


def noted(account_id: int, actor: Actor) -> ColumnElement[bool]:
    """That the actor searched for this customer lately: a condition, to be asked with the rest."""
    return exists().where(
        AuditEntry.subject == _subject(account_id),
        AuditEntry.action.in_((SLIP, CUSTOMER)),
        AuditEntry.actor_id == actor.account_id,
        AuditEntry.at > clock.now() - _LASTS,
    )


def _subject(account_id: int) -> str:
    return f"account:{account_id}"
