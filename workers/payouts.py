"""Jobs of the queue `payouts`."""

from portal.services.payments.payouts import PAYOUTS


def pay_out(outbox_id: int) -> None:
    """Pay money to a person."""
    PAYOUTS.perform(outbox_id)
