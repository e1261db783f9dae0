"""Something is added to what a contracting file tells (B03): another edition is owed, one for all of a few minutes.

Whoever adds it says so in the same transaction; services/printing/contracting.py looks what has changed, and makes it.
"""

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from portal.domain import clock
from portal.extensions import db
from portal.models import OutboxRow, OutboxState
from portal.services.platform import outbox

EDITION = outbox.Job("contracting", "workers.contracting.make_edition")
_WINDOW = timedelta(minutes=5)
_LONGEST_TRANSACTION = timedelta(minutes=1)  # what is said in one window is committed before the job looks


def added(purchase_id: int) -> None:
    """Owe a look at the purchase, in the present transaction: within six minutes there is a new edition, if it led to a
    policy by then and anything is new.

    Of two transactions at once neither waits for the other, whatever they hold: then there are two looks, and the
    second finds nothing new.
    """
    window = int(clock.now().timestamp() // _WINDOW.total_seconds()) + 1
    due_at = datetime.fromtimestamp(window * _WINDOW.total_seconds(), UTC) + _LONGEST_TRANSACTION
    waiting = select(OutboxRow.id).where(
        OutboxRow.state == OutboxState.PENDING,
        OutboxRow.due_at == due_at,
        OutboxRow.queue == EDITION.queue,
        OutboxRow.subject_id == purchase_id,
    )
    if db.session.scalar(waiting.limit(1)) is None:
        EDITION.owe(purchase_id, key=f"contracting:{purchase_id}:{window}:{secrets.token_hex(4)}", due_at=due_at)
