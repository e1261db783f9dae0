"""Jobs of the queue `mail`."""

from portal.services.messaging import outgoing
from portal.services.platform import outbox


def send(outbox_id: int) -> None:
    """Send a stored message."""
    outbox.perform(outbox_id, outgoing.send, on_failed=outgoing.not_delivered)
