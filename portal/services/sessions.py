"""Who is signed in: a table of sessions behind the random token that the cookie carries.

A session ends on logout, on a change of password, with its account, after 30 minutes without use, and after 12 hours.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from flask_login import UserMixin
from sqlalchemy import select, update

from portal.domain import clock
from portal.domain.actor import Actor
from portal.extensions import db
from portal.models import Account, Person, UserSession
from portal.models.transaction import writing

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, eq=False)
class SignedIn(UserMixin):
    """The account behind a session, as plain values that outlive any transaction. `person` is for reading only."""

    token: str
    account_id: int
    role: str
    is_customer: bool
    username: str
    email: str
    names: str
    full_name: str
    person: Person
    must_change_password: bool

    def get_id(self) -> str:
        """What the cookie holds: never the account's own number, so that a session can be ended."""
        return self.token


def open(account: Account, actor: Actor) -> SignedIn:
    """A new session of `account`, in the present transaction. Only the token's hash is stored."""
    token = secrets.token_urlsafe(32)
    db.session.add(UserSession(token_hash=_hash(token), account_id=account.id, ip=actor.ip, device=actor.device))
    return _signed_in(token, account)


def load(token: str) -> SignedIn | None:
    """Who holds `token`, by one query; None when its session is over. Notes once a minute that it was used."""
    moment = clock.now()
    row = db.session.scalars(
        select(UserSession).where(
            UserSession.token_hash == _hash(token),
            UserSession.ended_at.is_(None),
            UserSession.last_seen_at > moment - IDLE,
            UserSession.created_at > moment - ABSOLUTE,
        )
    ).one_or_none()
    if row is None or row.account.disabled_at is not None:
        return None
    signed_in = _signed_in(token, row.account)
    if moment - row.last_seen_at >= _SEEN_EVERY:
        # Everything needed was copied first: what was read before a write is read again after it.
        with writing() as session:
            session.execute(
                update(UserSession)
                .where(UserSession.token_hash == _hash(token), UserSession.ended_at.is_(None))
                .values(last_seen_at=moment)
            )
    return signed_in


def close(token: str) -> None:
    """End one session, in the present transaction."""
    _end(UserSession.token_hash == _hash(token))


def close_all(account_id: int, except_token: str | None = None) -> None:
    """End the account's sessions, but for that of `except_token`, in the present transaction."""
    if except_token is None:
        _end(UserSession.account_id == account_id)
    else:
        _end(UserSession.account_id == account_id, UserSession.token_hash != _hash(except_token))


def _end(*which: object) -> None:
    db.session.execute(
        update(UserSession).where(*which, UserSession.ended_at.is_(None)).values(ended_at=clock.now())  # type: ignore[arg-type]
    )


def _signed_in(token: str, account: Account) -> SignedIn:
    person = account.person
    return SignedIn(
        token=token,
        account_id=account.id,
        role=account.role.value,
        is_customer=account.is_customer,
        username=account.username,
        email=account.email,
        names=person.names,
        full_name=person.full_name,
        person=_copy(person),
        must_change_password=account.must_change_password,
    )


def _copy(person: Person) -> Person:
    """The same values outside the database session, which forgets what it read whenever somebody writes."""
    columns = Person.__table__.columns.keys()
    return Person(**{name: getattr(person, name) for name in columns})


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
