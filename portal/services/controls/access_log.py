"""Nobody of the staff reads a customer unrecorded: a search leaves its row in the audit, and that row opens the pages.

The row's subject is the account; it says what kind of thing was searched by, never what was typed. Health data and
faces leave rows of their own, whose subject is what the files were sent for.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, SQLColumnExpression, String, cast, exists, literal, select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.extensions import db
from portal.models import Account, AuditEntry
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.platform import audit

SLIP, CUSTOMER = "cash.find", "customer.find"
_FILE, _THUMBNAILS, _CLAIM, _MAIL = "file.open", "file.thumbnails", "claim.open", "mail.open"
_LASTS = timedelta(hours=12)  # a working day: afterwards it is searched, and recorded, again


def note(actor: Actor, action: str, account_id: int, **details: str) -> None:
    """Write down, in the present transaction, that the actor looks at this customer."""
    audit.record(actor, action, _subject(account_id), **details)


def noted(account_id: int | SQLColumnExpression[int], actor: Actor) -> ColumnElement[bool]:
    """That the actor searched for this customer lately: a condition, to be asked with the rest."""
    whose = _subject(account_id) if isinstance(account_id, int) else literal("account:") + cast(account_id, String)
    return exists().where(
        AuditEntry.subject == whose,
        AuditEntry.action.in_((SLIP, CUSTOMER)),
        AuditEntry.actor_id == actor.account_id,
        AuditEntry.at > clock.now() - _LASTS,
    )


def note_file(actor: Actor, subject: str, file_id: int) -> None:
    """Write down, in a transaction of its own, that somebody of the staff opens this file of `subject` ("claim:7").
    Who is no staff sees their own: of them there is nothing to write."""
    if actor.is_staff:
        with writing():
            audit.record(actor, _FILE, subject, file_id=file_id)


def note_thumbnails(actor: Actor, subject: str) -> None:
    """The same of the small pictures of `subject`: one row for all, again after a working day. May be called for each
    of a page's pictures, also at the same moment."""
    if actor.is_staff:
        _note_once(actor, _THUMBNAILS, subject)


def note_claim(actor: Actor, number: str) -> None:
    """That somebody of the staff reads what a claim is about, in a transaction of its own: once a working day."""
    _note_once(actor, _CLAIM, f"claim:{number}")


def note_mail(actor: Actor, message_id: int) -> None:
    """That somebody of the staff reads what a customer was mailed: as of a claim."""
    _note_once(actor, _MAIL, f"mail:{message_id}")


def saw_claim(number: str, actor: Actor) -> ColumnElement[bool]:
    """That this is written down already: a condition, to be asked with the rest."""
    return _saw(actor, _CLAIM, f"claim:{number}")


def _note_once(actor: Actor, action: str, subject: str) -> None:
    if db.session.scalar(select(_saw(actor, action, subject))):
        return
    with writing() as session:
        # Those who ask at once wait for each other here.
        session.get(Account, actor.account_id, with_for_update=NOT_THE_KEY)
        if not session.scalar(select(_saw(actor, action, subject))):
            audit.record(actor, action, subject)


def _saw(actor: Actor, action: str, subject: str) -> ColumnElement[bool]:
    return exists().where(
        AuditEntry.subject == subject,
        AuditEntry.action == action,
        AuditEntry.actor_id == actor.account_id,
        AuditEntry.at > clock.now() - _LASTS,
    )


def _subject(account_id: int) -> str:
    return f"account:{account_id}"
