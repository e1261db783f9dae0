"""What is owed is held by one at a time, ended by the job's own mark, and free again when its holder died."""

from __future__ import annotations

import threading

import pytest
import structlog

from portal.models import OutboxState
from portal.models.transaction import end_reading
from portal.services.platform import outbox
from tests.processes import PATIENCE
from tests.services.at_once import at_once
from tests.services.outbox_jobs import SUBJECT, fail, finish


class Killed(BaseException):
    """Nothing in the process sees it coming: the row stays as the worker left it."""


def test_the_row_ends_by_the_jobs_own_mark_and_then_never_runs_again(call, owe, owed_row):
    ran: list[tuple[int, int]] = []

    def work(subject: int, outbox_id: int) -> None:
        ran.append((subject, outbox_id))
        finish(subject, outbox_id)

    owed = owe()
    for _ in range(3):
        call(outbox.perform, owed, work)
    assert ran == [(SUBJECT, owed)]
    ended = owed_row()
    assert (ended.state, ended.attempts, ended.locked_until, ended.last_error) == (OutboxState.DONE, 1, None, None)
    assert ended.done_at is not None


def test_a_row_that_does_not_exist_is_nobodys_work(call):
    call(outbox.perform, 999_999, fail)


def test_one_row_rung_for_many_times_at_once_is_done_once(app, owe):
    ran = []

    def work(subject: int, outbox_id: int) -> None:
        ran.append(subject)
        finish(subject, outbox_id)

    owed = owe()
    assert at_once(app, 8, lambda _: outbox.perform(owed, work)) == [None] * 8
    assert ran == [SUBJECT]


def test_while_one_works_nobody_else_begins_nor_is_rung_for(app, call, owe, owed_row, clock):
    owed = owe()
    begun, finished = threading.Event(), threading.Event()

    def slow(subject: int, outbox_id: int) -> None:
        begun.set()
        assert finished.wait(PATIENCE)
        finish(subject, outbox_id)

    def perform() -> None:
        with app.app_context():
            outbox.perform(owed, slow)

    worker = threading.Thread(target=perform)
    worker.start()
    assert begun.wait(PATIENCE)
    try:
        call(outbox.perform, owed, fail)  # would be seen in last_error
        clock(seconds=30)
        assert call(outbox.enqueue_due) == 0
        clock()
    finally:
        finished.set()
        worker.join()
    assert (owed_row().state, owed_row().attempts, owed_row().last_error) == (OutboxState.DONE, 1, None)


def test_a_row_that_a_dead_worker_held_is_free_when_its_lease_ends(call, owe, owed_row, clock, bells):
    def dies(_subject: int, _outbox_id: int) -> None:
        raise Killed

    owed = owe()
    with pytest.raises(Killed):
        call(outbox.perform, owed, dies)
    call(outbox.perform, owed, finish)
    assert owed_row().state is OutboxState.PENDING
    clock(seconds=45)
    assert call(outbox.enqueue_due) == 0
    clock(seconds=61)
    assert call(outbox.enqueue_due) == 1
    call(outbox.perform, owed, finish)
    assert (owed_row().state, owed_row().attempts) == (OutboxState.DONE, 2)


def test_a_worker_that_lost_its_lease_does_not_take_the_row_from_the_next(app, call, owe, owed_row, clock):
    owed = owe()
    with_the_next, next_may_end = threading.Event(), threading.Event()

    def holds(subject: int, outbox_id: int) -> None:
        with_the_next.set()
        assert next_may_end.wait(PATIENCE)
        finish(subject, outbox_id)

    def perform_next() -> None:
        with app.app_context():
            outbox.perform(owed, holds)

    following = threading.Thread(target=perform_next)

    def too_slow(_subject: int, _outbox_id: int) -> None:
        clock(seconds=61)
        following.start()
        assert with_the_next.wait(PATIENCE)
        assert not outbox.has_failed("another")
        end_reading()  # as a job does before whatever is slow: what it read is forgotten, and not what it holds
        raise RuntimeError("too late")

    try:
        call(outbox.perform, owed, too_slow)
        held = owed_row()
        assert held.locked_until is not None
        assert held.last_error is None
    finally:
        next_may_end.set()
        following.join()
    assert owed_row().state is OutboxState.DONE


@pytest.mark.parametrize("late", [RuntimeError("after the mark"), outbox.PermanentFailure("after the mark")])
def test_what_goes_wrong_after_the_mark_does_not_undo_it(call, owe, owed_row, late):
    def work(subject: int, outbox_id: int) -> None:
        finish(subject, outbox_id)
        raise late

    told: list[str] = []
    call(outbox.perform, owe(), work, lambda _subject, reason: told.append(reason))
    assert (owed_row().state, owed_row().last_error, told) == (OutboxState.DONE, None, [])


def test_the_request_that_caused_a_job_is_named_in_its_logs_and_forgotten_afterwards(call, owe):
    with structlog.contextvars.bound_contextvars(request_id="req-1"):
        owed = owe()
    seen = []

    def work(subject: int, outbox_id: int) -> None:
        seen.append(dict(structlog.contextvars.get_contextvars()))
        finish(subject, outbox_id)

    call(outbox.perform, owed, work)
    assert seen == [{"request_id": "req-1", "outbox_id": owed}]
    assert structlog.contextvars.get_contextvars() == {}
