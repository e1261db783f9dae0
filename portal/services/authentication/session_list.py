"""The sessions that an account has open, and closing them (B17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.domain.actor import Actor
from portal.domain.device import device_words
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.models import UserSession
from portal.models.transaction import writing
from portal.services.authentication import sessions
from portal.services.platform import audit


@dataclass(frozen=True, slots=True)
class OpenSession:
    """`device` in plain words; `is_this`: the one that asks."""

    id: int
    device: str
    created_at: datetime
    last_seen_at: datetime
    is_this: bool


def of_actor(actor: Actor, token: str) -> Sequence[OpenSession]:
    """The actor's open sessions, that of `token` first, then by their last use. One query."""
    rows = db.session.scalars(
        select(UserSession).where(UserSession.account_id == actor.account_id, *sessions.still_open())
    ).all()
    this = sessions.hash_of(token)
    found = [
        OpenSession(row.id, device_words(row.device), row.created_at, row.last_seen_at, row.token_hash == this)
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.is_this, one.last_seen_at), reverse=True)


def close(session_id: int, actor: Actor) -> None:
    """End one of the actor's own sessions; one that has ended stays so. Raises NotFound."""
    with writing() as session:
        row = session.get(UserSession, session_id)
        if row is None or actor.account_id is None or row.account_id != actor.account_id:
            raise NotFound
        sessions.close_by_id(row.id)
        audit.record(actor, "session.close", f"account:{actor.account_id}", session=row.id)


def close_others(actor: Actor, token: str) -> None:
    """End every session of the actor's but that of `token`."""
    if actor.account_id is None:
        raise NotFound
    with writing():
        sessions.close_all(actor.account_id, except_token=token)
        audit.record(actor, "session.close_others", f"account:{actor.account_id}")
