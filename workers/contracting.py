"""Jobs of the queue `contracting`."""

from portal.services.printing.contracting import CONTRACTING


def make_edition(outbox_id: int) -> None:
    """Make another edition of a contracting file, if anything is new."""
    CONTRACTING.perform(outbox_id)
