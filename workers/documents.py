"""Jobs of the queue `documents`."""

from portal.services import documents, outbox


def render(outbox_id: int) -> None:
    """Render and keep a document."""
    outbox.perform(outbox_id, documents.render)
