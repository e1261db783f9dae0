"""Five tries at a secret of an account, then a quarter of an hour of none."""

from datetime import datetime, timedelta

from sqlalchemy import case, func, update
from sqlalchemy.orm import InstrumentedAttribute

from portal.domain import clock
from portal.models import Account
from portal.models.transaction import writing

TRIES = 5
LOCKED_FOR = timedelta(minutes=15)


def take(
    account_id: int, made: InstrumentedAttribute[int], locked_until: InstrumentedAttribute[datetime | None]
) -> int | None:
    """Which of the account's five tries this one is; None when there is none left to take.

    Counted in a commit of its own, before anything is compared, so that fifty guesses at once are still five. `made`
    and `locked_until` are the columns that count them.
    """
    moment = clock.now()
    tries = case((locked_until.is_not(None), 1), else_=made + 1)
    with writing() as session:
        taken: int | None = session.execute(
            update(Account)
            .where(Account.id == account_id, func.coalesce(locked_until, moment) <= moment)
            .values({made: tries, locked_until: case((tries >= TRIES, moment + LOCKED_FOR), else_=None)})
            .returning(made)
        ).scalar_one_or_none()
    return taken
