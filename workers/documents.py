"""Jobs of the queue `documents`."""

from portal.services.printing.jobs import DOCUMENTS


def render(outbox_id: int) -> None:
    """Render and keep a document."""
    DOCUMENTS.perform(outbox_id)
