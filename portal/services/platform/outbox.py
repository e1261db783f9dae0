"""What is owed. A use case writes its rows in its own commit; the queue only rings the bell.

A row ends by the job's own mark. A worker holds a row for LEASE; when it dies, the row is free again after that.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Update, bindparam, or_, select, update

from portal.domain import clock
from portal.extensions import db, queue
from portal.logs import request_id
from portal.models import OutboxRow, OutboxState
from portal.models.transaction import after_commit, writing

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
_RING_AGAIN = timedelta(seconds=15)
_PAUSES = (5, 15, 60, 300, 900, 3600, 3600, 3600)  # seconds after each failed attempt; then it is `failed`


# Every job asks these two: statements built once, of plain columns.
_ROWS = OutboxRow.__table__.c
_CLAIM = (
    update(OutboxRow.__table__)  # type: ignore[arg-type]
    .where(
        _ROWS.id == bindparam("row"),
        _ROWS.state == OutboxState.PENDING,
        or_(_ROWS.locked_until.is_(None), _ROWS.locked_until <= bindparam("moment")),
    )
    .values(locked_until=bindparam("until"), attempts=_ROWS.attempts + 1)
    .returning(_ROWS.id, _ROWS.job, _ROWS.subject_id, _ROWS.attempts, _ROWS.locked_until, _ROWS.request_id)
)
_DONE = (
    update(OutboxRow.__table__)  # type: ignore[arg-type]
    .where(_ROWS.id == bindparam("row"))
    .values(state=OutboxState.DONE, done_at=bindparam("moment"), locked_until=None, last_error=None)
)


# `work(subject_id, outbox_id)` calls done() inside its last transaction; `on_given_up(subject_id, reason)` runs inside
# the one that ends the row as failed.
Work = Callable[[int, int], None]
OnGivenUp = Callable[[int, str], None]


class RetryLater(Exception):
    """Not now: try again at `due_at`. No attempt is counted."""

    def __init__(self, due_at: datetime) -> None:
        super().__init__(due_at.isoformat())
        self.due_at = due_at


class PermanentFailure(Exception):
    """The job can never succeed; the row is `failed` at once, with these words."""


class RetryableFailure(Exception):
    """The try failed, worth another; these words hold nothing personal and are kept on the row. With a
    `longest_pause` it is tried again at least so often, and the work itself says when that has no more sense."""

    def __init__(self, words: str, *, longest_pause: timedelta | None = None) -> None:
        super().__init__(words)
        self.longest_pause = longest_pause


@dataclass(slots=True)
class Owed:
    """A row just written. After the commit: its id, and whether the queue could be rung."""

    id: int = 0
    rung: bool = False


@dataclass(frozen=True, slots=True)
class _Held:
    """A row as it was claimed. A copy: the row in the session is read again after each transaction of the work, and
    would tell of the lease of whoever has it by then."""

    id: int
    job: str
    subject_id: int
    attempts: int
    locked_until: datetime
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """A kind of work that can be owed: its queue, and the worker's function by the name that rows keep, which the
    workers of the release before and after know too."""

    queue: str
    name: str

    def owe(self, subject_id: int, *, key: str, due_at: datetime | None = None) -> Owed:
        """Owe it once per `key`; it is rung for when the present transaction has committed."""
        moment = clock.now()
        row = OutboxRow(
            queue=self.queue,
            job=self.name,
            subject_id=subject_id,
            dedupe_key=key,
            due_at=due_at or moment,
            rung_until=moment + _RING_AGAIN,
            request_id=request_id(),
        )
        db.session.add(row)
        owed = Owed()

        def ring() -> None:
            owed.id = row.id
            if row.due_at <= moment:
                owed.rung = queue.ring(row.queue, row.job, row.id)

        after_commit(ring)
        return owed


def make_due(key: str) -> None:
    """What `key` waited for is there: make the row due now."""
    moment = clock.now()
    row = db.session.scalars(
        select(OutboxRow).where(OutboxRow.dedupe_key == key, OutboxRow.state == OutboxState.PENDING)
    ).one_or_none()
    if row is not None:
        row.due_at, row.rung_until = moment, moment + _RING_AGAIN
        after_commit(lambda: queue.ring(row.queue, row.job, row.id))


def requeue(key: str, *, even_done: bool = False) -> bool:
    """Owe the failed row of `key` again from now, in the present transaction; or one that was done, when told so.
    False when it has not ended."""
    moment = clock.now()
    ended = (OutboxState.FAILED, OutboxState.DONE) if even_done else (OutboxState.FAILED,)
    row = db.session.scalars(
        update(OutboxRow)
        .where(OutboxRow.dedupe_key == key, OutboxRow.state.in_(ended))
        .values(
            state=OutboxState.PENDING,
            due_at=moment,
            attempts=0,
            last_error=None,
            done_at=None,
            rung_until=moment + _RING_AGAIN,
        )
        .returning(OutboxRow)
    ).one_or_none()
    if row is None:
        return False
    after_commit(lambda: queue.ring(row.queue, row.job, row.id))
    return True


def concerns_nobody(_subject_id: int, _reason: str) -> None:
    """The `on_given_up` of a job whose subject tells by itself that it is not done."""


def perform(outbox_id: int, work: Work, on_given_up: OnGivenUp = concerns_nobody) -> None:
    """Do the row's work, unless it is done or somebody is at it."""
    row = _claim(outbox_id)
    if row is None:
        return
    with structlog.contextvars.bound_contextvars(request_id=row.request_id, outbox_id=outbox_id):
        _attempt(row, work, on_given_up)


def perform_now(key: str, work: Work, on_given_up: OnGivenUp) -> None:
    """Do the row of `key` in this process, under the same lease, when it is still owed and due."""
    due = (OutboxRow.state == OutboxState.PENDING) & (OutboxRow.due_at <= clock.now())
    outbox_id = db.session.scalars(select(OutboxRow.id).where(OutboxRow.dedupe_key == key, due)).one_or_none()
    if outbox_id is not None:
        perform(outbox_id, work, on_given_up)


def has_failed(key: str) -> bool:
    """Whether the row of `key` ended without success."""
    state = db.session.scalars(select(OutboxRow.state).where(OutboxRow.dedupe_key == key)).one_or_none()
    return state is OutboxState.FAILED


def _attempt(row: _Held, work: Work, on_given_up: OnGivenUp) -> None:
    began = time.monotonic()
    try:
        work(row.subject_id, row.id)
        milliseconds = round((time.monotonic() - began) * 1000)
        log.info("job_performed", job=row.job, subject_id=row.subject_id, attempt=row.attempts, ms=milliseconds)
    except RetryLater as later:
        _let_go(row, due_at=later.due_at, attempts=OutboxRow.attempts - 1)
    except PermanentFailure as final:
        _fail(row, str(final), on_given_up)
    except Exception as error:
        # Whatever went wrong, the row must say so and be tried again: nothing that was promised is dropped.
        log.exception("job_failed", job=row.job, attempt=row.attempts)
        # Its text may hold personal data, as a database's errors do, unless it was written to be kept.
        reason = str(error) if isinstance(error, RetryableFailure) else type(error).__name__
        longest = error.longest_pause if isinstance(error, RetryableFailure) else None
        if row.attempts > len(_PAUSES) and longest is None:
            _fail(row, reason, on_given_up)
        else:
            pause = timedelta(seconds=_PAUSES[min(row.attempts, len(_PAUSES)) - 1])
            _let_go(row, due_at=clock.now() + min(pause, longest or pause), last_error=reason[:200])


def done(outbox_id: int) -> None:
    """Mark the row done in the present transaction."""
    db.session.flush()  # what the work wrote comes first: everybody locks in this order
    db.session.execute(_DONE, {"row": outbox_id, "moment": clock.now()})


def due(queue_name: str, limit: int) -> Sequence[int]:
    """The rows of a queue that are due and that nobody holds, oldest first: for who does them without the bell."""
    free = select(OutboxRow.id).where(OutboxRow.queue == queue_name, *_free(clock.now()))
    return db.session.scalars(free.order_by(OutboxRow.due_at).limit(limit)).all()


def enqueue_due(limit: int = 200) -> int:
    """Ring for every due row that nobody holds and that was not rung for lately. The number of rows."""
    if not queue.is_reachable():
        return 0  # and nothing is noted as rung for: they are rung for as soon as it is back
    moment = clock.now()
    silent = or_(OutboxRow.rung_until.is_(None), OutboxRow.rung_until <= moment)
    free = select(OutboxRow.id).where(*_free(moment), silent)
    with writing() as session:
        rows = session.execute(
            update(OutboxRow)
            .where(OutboxRow.id.in_(free.order_by(OutboxRow.due_at).limit(limit)))
            .values(rung_until=moment + _RING_AGAIN)
            .returning(OutboxRow.id, OutboxRow.queue, OutboxRow.job)
        ).all()
    rung = 0
    for row in rows:
        if not queue.ring(row.queue, row.job, row.id):
            break  # it went away in between: the round waits for one of its timeouts, not for hundreds
        rung += 1
    return rung


def _free(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OutboxRow.state == OutboxState.PENDING,
        OutboxRow.due_at <= moment,
        or_(OutboxRow.locked_until.is_(None), OutboxRow.locked_until <= moment),
    )


def _claim(outbox_id: int) -> _Held | None:
    moment = clock.now()
    with writing() as session:
        found = session.execute(_CLAIM, {"row": outbox_id, "moment": moment, "until": moment + LEASE}).one_or_none()
    return _Held(*found) if found is not None else None


def _let_go(row: _Held, **values: Any) -> None:
    """Give the row back, to be tried again."""
    with writing():
        db.session.execute(_ours(row).values(locked_until=None, rung_until=None, **values))


def _fail(row: _Held, reason: str, on_given_up: OnGivenUp) -> None:
    """End the row as failed, and tell whom it concerns."""
    with writing():
        ended = db.session.execute(
            _ours(row)
            .values(state=OutboxState.FAILED, locked_until=None, last_error=reason[:200])
            .returning(OutboxRow.id)
        )
        if ended.first() is not None:
            on_given_up(row.subject_id, reason)


def _ours(row: _Held) -> Update:
    """An update of the row as we hold it: not when it is done, nor when our lease ran out and somebody else has it."""
    return update(OutboxRow).where(
        OutboxRow.id == row.id,
        OutboxRow.state == OutboxState.PENDING,
        OutboxRow.locked_until == row.locked_until,
    )
