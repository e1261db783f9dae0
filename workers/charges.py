"""Jobs of the queue `charges`."""

from portal.services.payments import charging
from portal.services.platform import outbox


def charge(outbox_id: int) -> None:
    """Charge the account of a payment."""
    outbox.perform(outbox_id, charging.charge)
