"""Something is added to what a contracting file tells (B03): another edition is owed, one for all of a few minutes.

Whoever adds it says so in the same transaction; services/printing/contracting.py looks what has changed, and makes it.
"""

from datetime import UTC, datetime, timedelta

from portal.domain import clock
from portal.services.platform import outbox

EDITION = outbox.Job("contracting", "workers.contracting.make_edition")
_WINDOW = timedelta(minutes=5)
_LONGEST_TRANSACTION = timedelta(minutes=1)  # what is said in one window is committed before the job looks


def added(purchase_id: int) -> None:
    """Owe a look at the purchase, in the present transaction: within six minutes there is a new edition, if it led to a
    policy by then and anything is new."""
    window = int(clock.now().timestamp() // _WINDOW.total_seconds()) + 1
    ends_at = datetime.fromtimestamp(window * _WINDOW.total_seconds(), UTC)
    EDITION.owe_once(purchase_id, key=f"contracting:{purchase_id}:{window}", due_at=ends_at + _LONGEST_TRANSACTION)
