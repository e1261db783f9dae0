"""Who is signed in: a table of sessions behind the random token that the cookie carries.

A session ends on logout, on a change of password, with its account, after 30 minutes without use, and after 12 hours.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_login import UserMixin
from sqlalchemy import ColumnElement, Row, bindparam, select, update

from portal.domain import clock
from portal.domain.actor import Actor
from portal.extensions import db
from portal.models import Account, Person, Role, UserSession
from portal.models.transaction import writing
from portal.services.authentication import known_devices

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, eq=False)
class SignedIn(UserMixin):
    """The account behind a session, as plain values that outlive any transaction; `facts` are the person's columns."""

    token: str
    account_id: int
    role: str
    is_customer: bool
    username: str
    email: str
    must_change_password: bool
    needs_second_step: bool
    agency_code: str | None
    single_keys: bool
    ends_at: datetime
    facts: dict[str, Any]

    @property
    def person(self) -> Person:
        """The person, for reading only: built when asked for, which most requests do not."""
        return Person(**self.facts)

    @property
    def names(self) -> str:
        """The person's first names."""
        return str(self.facts["names"])

    @property
    def full_name(self) -> str:
        """Names and surnames of the person."""
        return self.person.full_name

    def get_id(self) -> str:
        """What the cookie holds: never the account's own number, so that a session can be ended."""
        return self.token


def open(account: Account, actor: Actor, *, second_step_at: datetime | None = None) -> SignedIn:
    """A new session of `account`, in the present transaction. Only the token's hash is stored."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        UserSession(
            token_hash=hash_of(token),
            account_id=account.id,
            second_step_at=second_step_at,
            ip=actor.ip,
            device=actor.device,
            device_key=known_devices.key_of(account.id, actor),
        )
    )
    facts = {name: getattr(account.person, name) for name in _FACTS}
    return _signed_in(token, account, facts, second_step_at, clock.now() + IDLE)


def second_step_at(token: str) -> datetime | None:
    """When the second step was passed in the session of `token`; None once it is over, since a reset ends it."""
    passed = select(UserSession.second_step_at).where(UserSession.token_hash == hash_of(token), *still_open())
    return db.session.scalar(passed)


# Every request asks this: one statement, built once, of plain columns. Through the mapper it takes half as long again,
# and three entities three times as long.
_SESSIONS, _ACCOUNTS, _PEOPLE = (entity.__table__.c for entity in (UserSession, Account, Person))
_FACTS = tuple(column.key for column in _PEOPLE)
_HELD = (
    select(
        _SESSIONS.last_seen_at,
        _SESSIONS.created_at,
        _SESSIONS.second_step_at,
        _ACCOUNTS.id,
        _ACCOUNTS.role,
        _ACCOUNTS.username,
        _ACCOUNTS.email,
        _ACCOUNTS.must_change_password,
        _ACCOUNTS.agency_code,
        _ACCOUNTS.single_keys,
        *(column.label(f"person_{column.key}") for column in _PEOPLE),
    )
    .join_from(UserSession.__table__, Account.__table__, _SESSIONS.account_id == _ACCOUNTS.id)
    .join(Person.__table__, _ACCOUNTS.person_id == _PEOPLE.id)
    .where(
        _SESSIONS.token_hash == bindparam("token_hash"),
        _SESSIONS.ended_at.is_(None),
        _SESSIONS.last_seen_at > bindparam("used_after"),
        _SESSIONS.created_at > bindparam("opened_after"),
        _ACCOUNTS.disabled_at.is_(None),
    )
)


def load(token: str, *, is_use: bool = True) -> SignedIn | None:
    """Who holds `token`, by one query; None when its session is over. Notes once a minute that it was used; what a page
    asks by itself, without anybody, is no use of it."""
    moment = clock.now()
    asked = {"token_hash": hash_of(token), "used_after": moment - IDLE, "opened_after": moment - ABSOLUTE}
    row = db.session.execute(_HELD, asked).one_or_none()
    if row is None:
        return None
    facts = dict(zip(_FACTS, row[-len(_FACTS) :], strict=True))
    seen_at = row.last_seen_at
    if is_use and moment - seen_at >= _SEEN_EVERY:
        seen_at = moment
        with writing() as session:
            session.execute(
                update(UserSession)
                .where(UserSession.token_hash == hash_of(token), UserSession.ended_at.is_(None))
                .values(last_seen_at=moment)
            )
    return _signed_in(token, row, facts, row.second_step_at, min(seen_at + IDLE, row.created_at + ABSOLUTE))


def still_open() -> tuple[ColumnElement[bool], ...]:
    """That a session has not ended, nor by itself."""
    moment = clock.now()
    return (
        UserSession.ended_at.is_(None),
        UserSession.last_seen_at > moment - IDLE,
        UserSession.created_at > moment - ABSOLUTE,
    )


def close(token: str) -> None:
    """End one session, in the present transaction."""
    _end(UserSession.token_hash == hash_of(token))


def close_by_id(session_id: int) -> None:
    """End the session of this row, in the present transaction."""
    _end(UserSession.id == session_id)


def close_all(account_id: int, except_token: str | None = None) -> None:
    """End the account's sessions, but for that of `except_token`, in the present transaction."""
    if except_token is None:
        _end(UserSession.account_id == account_id)
    else:
        _end(UserSession.account_id == account_id, UserSession.token_hash != hash_of(except_token))


def close_everybodys() -> int:
    """End the sessions of all accounts, in the present transaction. How many there were."""
    ended = update(UserSession).where(UserSession.ended_at.is_(None)).values(ended_at=clock.now())
    return len(db.session.scalars(ended.returning(UserSession.id)).all())


def _end(*which: ColumnElement[bool]) -> None:
    db.session.execute(update(UserSession).where(*which, UserSession.ended_at.is_(None)).values(ended_at=clock.now()))


def _signed_in(
    token: str,
    account: Account | Row[*tuple[Any, ...]],
    facts: dict[str, Any],
    second_step_at: datetime | None,
    ends_at: datetime,
) -> SignedIn:
    return SignedIn(
        token=token,
        account_id=account.id,
        role=account.role.value,
        is_customer=account.role is Role.CUSTOMER,
        username=account.username,
        email=account.email,
        must_change_password=account.must_change_password,
        needs_second_step=account.role is not Role.CUSTOMER and second_step_at is None,
        agency_code=account.agency_code,
        single_keys=account.single_keys,
        ends_at=ends_at,
        facts=facts,
    )


def hash_of(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
