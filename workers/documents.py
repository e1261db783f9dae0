"""Jobs of the queue `documents`."""

from portal.services.documents import store
from portal.services.platform import outbox


def render(outbox_id: int) -> None:
    """Render and keep a document."""
    outbox.perform(outbox_id, store.render)
