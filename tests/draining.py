"""The workers' own functions, called until nothing is owed."""

from __future__ import annotations

from typing import Any

from flask import Flask
from rq.utils import import_attribute
from sqlalchemy import select

from portal.domain import clock
from portal.extensions import db
from portal.models import OutboxRow, OutboxState


def drain(app: Flask) -> int:
    """Do what is owed and due, until nothing is. How many jobs that took."""
    performed = 0
    while rows := _due(app):
        for row in rows:
            with app.app_context():
                import_attribute(row.job)(row.id)
            performed += 1
    return performed


def _due(app: Flask) -> list[Any]:
    with app.app_context():
        due = select(OutboxRow.id, OutboxRow.job).where(
            OutboxRow.state == OutboxState.PENDING,
            OutboxRow.due_at <= clock.now(),
            OutboxRow.locked_until.is_(None),
        )
        return list(db.session.execute(due.order_by(OutboxRow.id)).all())
