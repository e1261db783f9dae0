"""What comes round by itself. Each task may be begun twice, and does its work once."""

import structlog

from portal.services import banking, charging, outbox, retention, slips

log = structlog.get_logger(__name__)


def ring() -> None:
    """Ring again for what is owed and nobody holds: after a lost job, an empty Redis, or a pause between tries."""
    outbox.ring_due()


def reconcile() -> None:
    """Ask the bank what became of each payment whose outcome is not known. One that fails does not stop the rest."""
    for payment_id in charging.overdue():
        try:
            charging.reconcile(payment_id)
        except Exception:
            log.exception("reconcile_failed", payment_id=payment_id)


def remember_banks() -> None:
    """Keep the bank's list for when it cannot be had."""
    banking.remember_banks()


def expire_slips() -> None:
    """End the slips that were not paid in time."""
    slips.expire_due()


def remind_slips() -> None:
    """Remind of the slips that can be paid for one more day."""
    slips.remind_due()


def forget() -> None:
    """Delete what there is no reason to keep."""
    retention.forget()
