"""Periodic tasks may be begun by any number of processes; the lease's row lets one of them through."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError

from portal.domain import clock
from portal.extensions import db
from portal.models import Lease
from portal.models.transaction import end_reading, writing


@contextmanager
def turn(name: str, *, every: timedelta, longest: timedelta) -> Iterator[bool]:
    """Whether the round of `name` is ours. The next begins `every` after this one began; a round whose process died
    is open to others `longest` after that. So is one held until a moment that no clock near ours could have meant.
    """
    began = clock.now()
    held = _take(name, began, until=began + longest, latest=began + 2 * max(every, longest))
    try:
        yield held
    finally:
        if held:
            _give_back(name, began + longest, next_at=began + every)


def _take(name: str, moment: datetime, *, until: datetime, latest: datetime) -> bool:
    known = db.session.scalar(select(Lease.until).where(Lease.name == name))
    end_reading()
    if known is not None and moment < known <= latest:
        return False  # the usual answer takes no write lock
    try:
        with writing() as session:
            if known is None:
                session.add(Lease(name=name, until=until))
                return True
            is_free = or_(Lease.until <= moment, Lease.until > latest)
            taken = session.execute(
                update(Lease).where(Lease.name == name, is_free).values(until=until).returning(Lease.name)
            )
            return taken.first() is not None
    except IntegrityError:
        return False  # another process made the row at the same moment


def _give_back(name: str, until: datetime, next_at: datetime) -> None:
    with writing() as session:
        # Not ours any more when the round took longer than allowed and somebody else began the next.
        session.execute(update(Lease).where(Lease.name == name, Lease.until == until).values(until=next_at))
