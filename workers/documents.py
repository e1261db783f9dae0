"""Jobs of the queue `documents`."""

from portal.services.platform import outbox
from portal.services.printing import jobs


def render(outbox_id: int) -> None:
    """Render and keep a document."""
    outbox.perform(outbox_id, jobs.render)
