"""Jobs of the outbox, as short as a job can be."""

from __future__ import annotations

from portal.models.transaction import writing
from portal.services.platform import outbox

JOB, SUBJECT = outbox.Job("mail", "workers.mail.send"), 42


def finish(_subject: int, outbox_id: int) -> None:
    with writing():
        outbox.done(outbox_id)


def fail(_subject: int, _outbox_id: int) -> None:
    raise RuntimeError("the printer is on fire")
