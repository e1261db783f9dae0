"""Jobs of the queue `quotes`."""

from portal.services.printing.jobs import QUOTES


def render(outbox_id: int) -> None:
    """Render and keep a quote's document."""
    QUOTES.perform(outbox_id)
