"""Five tries at a secret of an account, then a quarter of an hour of none: counted for each place by itself.

All places where the account is not known count as one; at login as one for each name that is typed, whether or not it
is anybody's, so that a page can say who waits without telling whose name it is. A known browser, an open session and a
colleague count for themselves, so that nobody's wrong tries use up another's. Each of these was opened by the secret
itself before.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, delete, func, select, text, update
from sqlalchemy.orm import InstrumentedAttribute

from portal.domain import clock
from portal.extensions import db
from portal.models import Account, NameTries, TryCount
from portal.models.transaction import writing
from portal.models.types import UtcDateTime

TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
NOBODY = 0  # an id no account has: the same statement runs and finds nothing
KEPT = timedelta(days=90)  # as long as the sessions that make a browser known
_NAMES_KEPT = timedelta(days=1)

_BEGIN = text(
    "INSERT INTO try_counts (account_id, place, made, touched_at) VALUES (:account_id, :place, 0, :moment) "
    "ON CONFLICT DO NOTHING"
).bindparams(bindparam("moment", type_=UtcDateTime))

_BEGIN_NAME = text(
    "INSERT INTO name_tries (key, made, touched_at) VALUES (:key, 0, :moment) ON CONFLICT DO NOTHING"
).bindparams(bindparam("moment", type_=UtcDateTime))


def take(
    account_id: int, made: InstrumentedAttribute[int], locked_until: InstrumentedAttribute[datetime | None]
) -> int | None:
    """Which of the account's five tries this one is; None when there is none left to take.

    Counted in a commit of its own, before anything is compared, so that fifty guesses at once are still five. `made`
    and `locked_until` are the columns that count them.
    """
    with writing():
        return _take(update(Account).where(Account.id == account_id), made, locked_until)


def take_at(account_id: int, place: str) -> int | None:
    """The same of the tries from a place of the account's own."""
    with writing():
        begin(account_id, place)
        row = update(TryCount).where(TryCount.account_id == account_id, TryCount.place == place)
        return _take(row.values(touched_at=clock.now()), TryCount.made, TryCount.locked_until)


def take_typed(name: str) -> int | None:
    """The same of the passwords typed at login with a name, by its key."""
    with writing():
        db.session.execute(_BEGIN_NAME, {"key": name, "moment": clock.now()})
        row = update(NameTries).where(NameTries.key == name)
        return _take(row.values(touched_at=clock.now()), NameTries.made, NameTries.locked_until)


def locked_until(name: str, account_id: int) -> datetime | None:
    """Until when no password opens by this name; None while tries are left. The account, if it is one, is noted as
    locked, for its owner to be told."""
    with writing():
        until = db.session.scalar(select(NameTries.locked_until).where(NameTries.key == name))
        noted = update(Account).where(Account.id == (account_id if until else NOBODY))
        db.session.execute(noted.values(locked_until=until))
    return until


def give_back_typed(name: str, *, all_of_them: bool) -> None:
    """Give back the try that was right, in the present transaction, or all of them where the browser is known.
    Elsewhere the wrong ones stay: a stranger who finds them gone would know that the name's owner came in meanwhile."""
    if all_of_them:
        db.session.execute(delete(NameTries).where(NameTries.key == name))
    else:
        one_less = update(NameTries).where(NameTries.key == name, NameTries.made > 0)
        db.session.execute(one_less.values(made=NameTries.made - 1, locked_until=None))


def begin(account_id: int, place: str) -> None:
    """Let a place count for itself from now on, in the present transaction."""
    db.session.execute(_BEGIN, {"account_id": account_id, "place": place, "moment": clock.now()})


def give_back(account_id: int, place: str | None = None) -> None:
    """Let a place of the account's own have five tries again, or all of them; in the present transaction."""
    at = [TryCount.place == place] if place else []
    db.session.execute(update(TryCount).where(TryCount.account_id == account_id, *at).values(made=0, locked_until=None))


def forget() -> None:
    """Delete the counts of places and names long unused, in the present transaction."""
    db.session.execute(delete(TryCount).where(TryCount.touched_at < clock.now() - KEPT))
    db.session.execute(delete(NameTries).where(NameTries.touched_at < clock.now() - _NAMES_KEPT))


def _take(
    row: Any, made: InstrumentedAttribute[int], locked_until: InstrumentedAttribute[datetime | None]
) -> int | None:
    moment = clock.now()
    tries = case((locked_until.is_not(None), 1), else_=made + 1)
    taken: int | None = db.session.execute(
        row.where(func.coalesce(locked_until, moment) <= moment)
        .values({made: tries, locked_until: case((tries >= TRIES, moment + LOCKED_FOR), else_=None)})
        .returning(made)
    ).scalar_one_or_none()
    return taken
