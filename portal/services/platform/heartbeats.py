"""Which processes of the background work are alive: each says so in the database every BEAT, and takes its row away
when it stops. What died leaves its row behind, which says since when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from portal.domain import clock
from portal.extensions import db
from portal.models import Heartbeat
from portal.models.transaction import writing

BEAT = timedelta(seconds=15)
SILENCE = timedelta(seconds=60)  # longer than this and the process is taken for dead
FORGET = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class PartStatus:
    """A part of the background work. `stopped_at` is None while it works, and when nothing tells since when it
    does not."""

    part: str
    is_alive: bool
    stopped_at: datetime | None = None


def beat(name: str, part: str, started_at: datetime) -> None:
    """The process `name`, at work on `part` since `started_at`, is alive."""
    moment = clock.now()
    try:
        with writing() as session:
            known = session.execute(
                update(Heartbeat).where(Heartbeat.name == name).values(seen_at=moment).returning(Heartbeat.name)
            )
            if known.first() is None:
                session.add(Heartbeat(name=name, part=part, started_at=started_at, seen_at=moment))
    except IntegrityError:
        return  # another thread of the same process wrote the row at the same moment


def remove(name: str) -> None:
    """The process `name` has stopped as it was told to."""
    with writing() as session:
        session.execute(delete(Heartbeat).where(Heartbeat.name == name))


def forget_copied() -> None:
    """Delete all rows, in the present transaction: those that a restored database brought along are of processes that
    are none of its own."""
    db.session.execute(delete(Heartbeat))


def alive() -> Sequence[Heartbeat]:
    """The processes that were alive within SILENCE."""
    return db.session.scalars(
        select(Heartbeat).where(Heartbeat.seen_at > clock.now() - SILENCE).order_by(Heartbeat.part, Heartbeat.name)
    ).all()


def standing(parts: Iterable[str]) -> Sequence[PartStatus]:
    """Each of these parts of the background work, and whether anybody is at it. One query."""
    seen: dict[str, datetime] = {}
    for part, seen_at in db.session.execute(select(Heartbeat.part, Heartbeat.seen_at)):
        seen[part] = max(seen_at, seen.get(part, seen_at))
    limit = clock.now() - SILENCE
    return [
        PartStatus(part, is_alive=True)
        if part in seen and seen[part] > limit
        else PartStatus(part, is_alive=False, stopped_at=seen.get(part))
        for part in parts
    ]


def forget() -> None:
    """Delete the rows of processes that died long ago, in the present transaction."""
    db.session.execute(delete(Heartbeat).where(Heartbeat.seen_at < clock.now() - FORGET))
