"""Jobs of the queue `mail`."""

from portal.services.messaging.jobs import MAIL


def send(outbox_id: int) -> None:
    """Send a stored message."""
    MAIL.perform(outbox_id)
