"""Jobs of the queue `refunds`."""

from portal.services.payments.bank_refunds import REFUNDS


def refund(outbox_id: int) -> None:
    """Give part or all of a charge back."""
    REFUNDS.perform(outbox_id)
