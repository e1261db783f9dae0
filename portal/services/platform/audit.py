"""The audit chain: one row a command, each covering the one before with a key that is not in the database."""

import hashlib
import hmac
import json
from contextlib import closing
from typing import Any

from sqlalchemy import bindparam, insert, select

from portal.domain import clock
from portal.domain.actor import SYSTEM, Actor
from portal.extensions import db
from portal.models import AuditEntry
from portal.models.transaction import writing
from portal.services.platform.encryption import audit_keys
from portal.services.platform.numbering import last_value, next_value

_FIRST = "0" * 64
_ROWS = AuditEntry.__table__.c
_PREVIOUS = select(_ROWS.hash).where(_ROWS.id == bindparam("number"))
_WRITE = insert(AuditEntry.__table__)  # type: ignore[arg-type]


class UnknownKey(Exception):
    """A row's hash was made with a key that is not among those of the settings."""

    def __init__(self, number: int) -> None:
        super().__init__(f"row {number} has a key that is neither AUDIT_KEY nor among its fallbacks or SECRET_KEY's")


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
        "key_id": next(iter(audit_keys())),
        "previous_hash": previous or _FIRST,
    }
    db.session.execute(_WRITE, row | {"hash": entry_hash(AuditEntry(**row))})


def entry_hash(entry: AuditEntry) -> str:
    """HMAC-SHA-256 over the row's content and the hash of the row before, with the key that the row names. Those from
    before there was a key have a plain SHA-256. Raises UnknownKey."""
    content = [
        entry.id,
        entry.at.isoformat(),
        entry.actor_id,
        entry.action,
        entry.subject,
        entry.details,
        entry.previous_hash,
    ]
    written = json.dumps(content, sort_keys=True, ensure_ascii=False).encode()
    if entry.key_id is None:
        return hashlib.sha256(written).hexdigest()
    key = audit_keys().get(entry.key_id)
    if key is None:
        raise UnknownKey(entry.id)
    return hmac.new(key, written, hashlib.sha256).hexdigest()


def begin_keys() -> None:
    """Let a chain from before there were keys go on with one: without it nothing tells that chain from a forged one."""
    with writing():
        if db.session.scalar(select(_ROWS.key_id).order_by(_ROWS.id.desc()).limit(1)) is None and length():
            record(SYSTEM, "audit.keyed", "audit")


def first_broken() -> int | None:
    """The number of the first row that was altered, taken out or put in, or None when the chain is whole. Raises
    UnknownKey.

    A row without a key comes before all that have one, and is never the last: who may write to the database can make
    such rows, and no others. The counter tells where the chain ends: the last rows can't be cut off unseen either, nor
    others be added to them. It is asked before the rows and after them, since commands go on while they are read.
    """
    previous, expected, least, key_id = _FIRST, 1, length(), None
    rows = select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=1000)
    with closing(db.session.scalars(rows)) as entries:
        for entry in entries:
            if entry.id != expected or entry.previous_hash != previous or entry_hash(entry) != entry.hash:
                return expected
            if key_id is not None and entry.key_id is None:
                return expected
            previous, expected, key_id = entry.hash, expected + 1, entry.key_id
    if expected <= least:
        return expected
    if expected > 1 and key_id is None:
        return expected - 1
    most = length()
    return most + 1 if expected > most + 1 else None


def has(number: int, its_hash: str) -> bool:
    """Whether the chain goes through a row that it ended with once, as somebody elsewhere was told. Cut off behind it
    and made anew, or with a key that leaked, it does not."""
    return number == 0 or db.session.scalar(_PREVIOUS, {"number": number}) == its_hash


def last() -> tuple[int, str]:
    """Number and hash of the last row. Whoever kept them elsewhere sees whether the whole chain was written anew."""
    row = db.session.execute(select(_ROWS.id, _ROWS.hash).order_by(_ROWS.id.desc()).limit(1)).one_or_none()
    return (row.id, row.hash) if row else (0, _FIRST)


def length() -> int:
    """How many rows the chain must have."""
    return last_value("audit") or 0
