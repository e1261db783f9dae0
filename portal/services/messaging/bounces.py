"""Mails that a server took and reports later as not delivered: read from the mailbox of the return addresses, matched
to their message, and treated as a refusal at once would be."""

import structlog
from sqlalchemy import update

from portal.domain.bounce import LARGEST, Bounce, read_bounce
from portal.domain.message import MessageState, bounced
from portal.extensions import db
from portal.integrations import imap
from portal.models import Message, OutboxRow, OutboxState
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.messaging import delivery, outgoing, policy_delivery, return_path
from portal.settings import current_settings

log = structlog.get_logger(__name__)


def collect() -> int:
    """Take what came into the mailbox of the settings; how many mails, 0 without one. Raises imap.Unreachable."""
    mailbox = current_settings().bounce_mailbox
    return imap.take_unseen(mailbox, take, largest=LARGEST) if mailbox else 0


def take(raw: bytes) -> bool:
    """Take one mail of that mailbox; taken again, nothing more happens. False when its message is just being sent: it
    is to be shown again."""
    found = read_bounce(raw)
    if found is None:
        log.info("no_bounce")
        return True
    return all(_mark(message_id, seal, found) for message_id, seal in return_path.marks_in(found.addressed))


def _mark(message_id: int, seal: str, found: Bounce) -> bool:
    """Say on the message's row that it came back, and on its job that it failed."""
    with writing() as session:
        message = session.get(Message, message_id, with_for_update=NOT_THE_KEY, populate_existing=True)
        if message is None or not return_path.is_of(message, seal):
            log.info("bounce_of_no_present_try", message_id=message_id)  # an earlier one, or nobody's
            return True
        if message.state in (MessageState.QUEUED, MessageState.SENDING):
            return False
        if message.state is MessageState.SENT:
            reason = bounced(found.status)
            delivery.not_delivered(message.id, reason)
            policy_delivery.disproved(message)
            done = (OutboxRow.dedupe_key == outgoing.job_key(message)) & (OutboxRow.state == OutboxState.DONE)
            db.session.execute(update(OutboxRow).where(done).values(state=OutboxState.FAILED, last_error=reason))
            log.info("mail_bounced", message_id=message.id, status=found.status)
    return True
