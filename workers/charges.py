"""Jobs of the queue `charges`."""

from portal.services import outbox, paying


def charge(outbox_id: int) -> None:
    """Charge the account of a payment."""
    outbox.perform(outbox_id, paying.charge)
