"""The audit chain: one row a command, each covering the one before."""

import hashlib
import json
from contextlib import closing
from typing import Any

from sqlalchemy import bindparam, insert, select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.extensions import db
from portal.models import AuditEntry
from portal.services.platform.numbering import last_value, next_value

_FIRST = "0" * 64
_ROWS = AuditEntry.__table__.c
_PREVIOUS = select(_ROWS.hash).where(_ROWS.id == bindparam("number"))
_WRITE = insert(AuditEntry.__table__)  # type: ignore[arg-type]


def record(actor: Actor, action: str, subject: str, **details: Any) -> None:
    """Add the row of a command to the present transaction, as its last statement: the counter row it raises
    makes writers wait for each other until they commit. `details` hold ids and amounts, never personal data."""
    number = next_value("audit")
    previous = db.session.scalar(_PREVIOUS, {"number": number - 1})
    row = {
        "id": number,
        "at": clock.now(),
        "actor_id": actor.account_id,
        "action": action,
        "subject": subject,
        "details": details,
        "previous_hash": previous or _FIRST,
    }
    db.session.execute(_WRITE, row | {"hash": entry_hash(AuditEntry(**row))})


def entry_hash(entry: AuditEntry) -> str:
    """SHA-256 over the row's content and the hash of the row before."""
    content = [
        entry.id,
        entry.at.isoformat(),
        entry.actor_id,
        entry.action,
        entry.subject,
        entry.details,
        entry.previous_hash,
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def first_broken() -> int | None:
    """The number of the first row that was altered, taken out or put in, or None when the chain is whole.

    The counter tells where it ends: the last rows can't be cut off unseen either, nor others be added to them. It is
    asked before the rows and after them, since commands go on while they are read.
    """
    previous, expected, least = _FIRST, 1, length()
    rows = select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=1000)
    with closing(db.session.scalars(rows)) as entries:
        for entry in entries:
            if entry.id != expected or entry.previous_hash != previous or entry_hash(entry) != entry.hash:
                return expected
            previous, expected = entry.hash, expected + 1
    if expected <= least:
        return expected
    most = length()
    return most + 1 if expected > most + 1 else None


def last() -> tuple[int, str]:
    """Number and hash of the last row. Whoever kept them elsewhere sees whether the whole chain was written anew."""
    row = db.session.execute(select(_ROWS.id, _ROWS.hash).order_by(_ROWS.id.desc()).limit(1)).one_or_none()
    return (row.id, row.hash) if row else (0, _FIRST)


def length() -> int:
    """How many rows the chain must have."""
    return last_value("audit") or 0
