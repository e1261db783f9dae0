"""Jobs of the queue `charges`."""

from portal.services.payments.charging import CHARGES


def charge(outbox_id: int) -> None:
    """Charge the account of a payment."""
    CHARGES.perform(outbox_id)
