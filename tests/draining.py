"""What is owed, done by the workers' own functions; or given up, as by them."""

from __future__ import annotations

from typing import Any

from flask import Flask
from rq.utils import import_attribute
from sqlalchemy import ColumnElement, select

from portal.domain import clock
from portal.extensions import db
from portal.models import OutboxRow, OutboxState
from portal.services.desk.background import FAMILIES
from portal.services.documents.contracting import EDITION
from portal.services.platform import outbox


def drain(app: Flask, *queues: str) -> int:
    """Do what is owed and due, of these queues or all, until nothing is. How many jobs that took."""
    performed = 0
    while rows := _due(app, queues):
        for row in rows:
            with app.app_context():
                import_attribute(row.job)(row.id)
            performed += 1
    return performed


def owed_now() -> ColumnElement[bool]:
    """That a row is to be done: an edition of a contracting file comes minutes after what it tells."""
    return (OutboxRow.state == OutboxState.PENDING) & (OutboxRow.queue != EDITION.queue)


def give_up(app: Flask, queue: str, reason: str) -> None:
    """End what a queue owes as jobs that can never succeed do."""

    def refuse(_subject_id: int, _outbox_id: int) -> None:
        raise outbox.PermanentFailure(reason)

    (family,) = [family for family in FAMILIES if family.job.queue == queue]
    with app.app_context():
        owed = select(OutboxRow.id).where(OutboxRow.queue == queue, OutboxRow.state == OutboxState.PENDING)
        for outbox_id in db.session.scalars(owed).all():
            outbox.perform(outbox_id, refuse, family.on_given_up)


def _due(app: Flask, queues: tuple[str, ...]) -> list[Any]:
    with app.app_context():
        due = select(OutboxRow.id, OutboxRow.job).where(
            OutboxRow.state == OutboxState.PENDING,
            OutboxRow.due_at <= clock.now(),
            OutboxRow.locked_until.is_(None),
        )
        if queues:
            due = due.where(OutboxRow.queue.in_(queues))
        return list(db.session.execute(due.order_by(OutboxRow.id)).all())
