"""How long what somebody confirmed counts: a validated account, a code that was passed."""

from datetime import datetime, timedelta

# Account validation (the bank's token) and the verified code are worth as long as the bank's contract says.
CONFIRMATION_LIFE = timedelta(minutes=30)


def confirmed_until(confirmed_at: datetime | None) -> datetime | None:
    """When a confirmation given at `confirmed_at` stops counting."""
    return None if confirmed_at is None else confirmed_at + CONFIRMATION_LIFE


def still_confirmed(confirmed_at: datetime | None, moment: datetime) -> bool:
    """Whether a confirmation given at `confirmed_at` still counts at `moment`."""
    return confirmed_at is not None and moment < confirmed_at + CONFIRMATION_LIFE
