"""When the portal was last copied, and whether that went well: alarms look at it, since a backup that nobody misses is
missing on the day it is needed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import and_, delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from portal.domain import clock
from portal.extensions import db
from portal.models import Backup
from portal.models.transaction import writing

log = structlog.get_logger(__name__)

_REMEMBERED = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Copies:
    """`made_at`: of what moment the newest copy is, None without any. `has_failed`: the last try made none, or one with
    documents that are not as they were stored."""

    made_at: datetime | None
    has_failed: bool


def record(began_at: datetime, *, is_made: bool, damaged: int = 0) -> None:
    """Remember a try to copy the portal. A database that can't be written has an alarm of its own, and the copy that
    was made of it stands."""
    try:
        with writing() as session:
            session.add(Backup(began_at=began_at, is_made=is_made, damaged=damaged))
            session.execute(delete(Backup).where(Backup.began_at < clock.now() - _REMEMBERED))
    except SQLAlchemyError as error:
        log.error("backup_not_recorded", reason=type(error).__name__)
    if not is_made or damaged:
        log.error("backup_failed", is_made=is_made, damaged=damaged)


def last() -> Copies:
    """How it stands now."""
    made_at = select(func.max(Backup.began_at)).where(Backup.is_made).scalar_subquery()
    is_good = and_(Backup.is_made, Backup.damaged == 0)
    went_well = select(is_good).order_by(Backup.id.desc()).limit(1).scalar_subquery()
    row = db.session.execute(select(made_at, went_well)).one()
    return Copies(row[0], has_failed=row[1] is not None and not row[1])
