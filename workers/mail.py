"""Jobs of the queue `mail`."""

from portal.services import messages
from portal.services.platform import outbox


def send(outbox_id: int) -> None:
    """Send a stored message."""
    outbox.perform(outbox_id, messages.send, on_failed=messages.not_delivered)
