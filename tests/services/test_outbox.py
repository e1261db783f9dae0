"""What is owed: written with the use case, rung for, held by one, tried again, and ended by the job's own mark."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.domain import clock as portal_clock
from portal.extensions import db
from portal.models import OutboxRow, OutboxState
from portal.models.transaction import writing
from portal.services import outbox
from tests.services.at_once import at_once

JOB, SUBJECT = "workers.mail.send", 42
PAUSES = (5, 15, 60, 300, 900, 3600, 3600, 3600)


class Killed(BaseException):
    """Nothing in the process sees it coming: the row stays as the worker left it."""


@pytest.fixture
def owe(call) -> Callable[..., int]:
    """A row of the outbox; its id."""

    def owe(key: str = "mail:42", **named: Any) -> int:
        def use_case() -> outbox.Owed:
            with writing():
                return outbox.add("mail", JOB, SUBJECT, key=key, **named)

        return call(use_case).id

    return owe


@pytest.fixture
def row(rows):
    def row() -> OutboxRow:
        (found,) = rows(select(OutboxRow))
        return found

    return row


@pytest.fixture
def waiting(app, redis_server):
    """How many jobs the queue holds."""

    def waiting() -> int:
        with redis_server.client as redis:
            return int(redis.llen("rq:queue:mail"))

    return waiting


def finish(_subject: int, outbox_id: int) -> None:
    with writing():
        outbox.done(outbox_id)


def fail(_subject: int, _outbox_id: int) -> None:
    raise RuntimeError("the printer is on fire")


def test_one_key_is_owed_once_and_a_second_takes_its_use_case_back(call, owe, rows):
    owe()

    def again() -> None:
        with writing():
            outbox.add("mail", JOB, 1, key="mail:other")
            outbox.add("mail", JOB, 2, key="mail:42")

    with pytest.raises(IntegrityError):
        call(again)
    assert rows(select(OutboxRow.dedupe_key)) == ["mail:42"]


def test_the_bell_is_rung_when_the_use_case_has_committed_and_not_before(app, waiting):
    with app.app_context(), writing():
        outbox.add("mail", JOB, SUBJECT, key="mail:42")
        db.session.flush()
        assert waiting() == 0
    assert waiting() == 1


def test_a_use_case_that_fails_owes_nothing_and_rings_for_nothing(app, waiting, rows):
    def broken() -> None:
        with writing():
            outbox.add("mail", JOB, SUBJECT, key="mail:42")
            db.session.flush()
            raise RuntimeError

    with app.app_context():
        with pytest.raises(RuntimeError):
            broken()
        with writing():
            pass  # the next use case of the same request
    assert not rows(select(OutboxRow))
    assert waiting() == 0


def test_what_is_due_later_is_rung_for_later(call, owe, waiting, clock):
    owe(due_at=portal_clock.now() + timedelta(seconds=30))
    assert waiting() == 0
    assert call(outbox.ring_due) == 0
    clock(seconds=31)
    assert call(outbox.ring_due) == 1
    assert waiting() == 1


def test_without_the_queue_the_row_is_there_and_says_that_nobody_was_rung(call, redis_server, row):
    def use_case() -> outbox.Owed:
        with writing():
            return outbox.add("mail", JOB, SUBJECT, key="mail:42")

    redis_server.stop()
    try:
        owed = call(use_case)
        assert call(outbox.ring_due) == 0
    finally:
        redis_server.start()
    assert (owed.id, owed.rung) == (row().id, False)


def test_a_lost_bell_is_rung_again_after_a_while(call, owe, waiting, redis_server, clock):
    owe()
    with redis_server.client as redis:
        redis.flushdb()
    assert call(outbox.ring_due) == 0, "it was rung for only just now"
    clock(seconds=16)
    assert call(outbox.ring_due) == 1
    assert call(outbox.ring_due) == 0
    assert waiting() == 1


def test_the_row_ends_by_the_jobs_own_mark_and_then_never_runs_again(call, owe, row):
    ran: list[tuple[int, int]] = []

    def work(subject: int, outbox_id: int) -> None:
        ran.append((subject, outbox_id))
        finish(subject, outbox_id)

    owed = owe()
    for _ in range(3):
        call(outbox.perform, owed, work)
    assert ran == [(SUBJECT, owed)]
    ended = row()
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


def test_while_one_works_nobody_else_begins_nor_is_rung_for(app, call, owe, row, clock):
    owed = owe()
    begun, finished = threading.Event(), threading.Event()

    def slow(subject: int, outbox_id: int) -> None:
        begun.set()
        assert finished.wait(20)
        finish(subject, outbox_id)

    def perform() -> None:
        with app.app_context():
            outbox.perform(owed, slow)

    worker = threading.Thread(target=perform)
    worker.start()
    assert begun.wait(20)
    try:
        call(outbox.perform, owed, fail)  # would be seen in last_error
        clock(seconds=30)
        assert call(outbox.ring_due) == 0
        clock()
    finally:
        finished.set()
        worker.join()
    assert (row().state, row().attempts, row().last_error) == (OutboxState.DONE, 1, None)


def test_a_row_that_a_dead_worker_held_is_free_when_its_lease_ends(call, owe, row, clock, waiting):
    def dies(_subject: int, _outbox_id: int) -> None:
        raise Killed

    owed = owe()
    with pytest.raises(Killed):
        call(outbox.perform, owed, dies)
    call(outbox.perform, owed, finish)
    assert row().state is OutboxState.PENDING
    clock(seconds=45)
    assert call(outbox.ring_due) == 0
    clock(seconds=61)
    assert call(outbox.ring_due) == 1
    call(outbox.perform, owed, finish)
    assert (row().state, row().attempts) == (OutboxState.DONE, 2)


def test_a_worker_that_lost_its_lease_does_not_take_the_row_from_the_next(app, call, owe, row, clock):
    owed = owe()
    with_the_next, next_may_end = threading.Event(), threading.Event()

    def holds(subject: int, outbox_id: int) -> None:
        with_the_next.set()
        assert next_may_end.wait(20)
        finish(subject, outbox_id)

    def perform_next() -> None:
        with app.app_context():
            outbox.perform(owed, holds)

    following = threading.Thread(target=perform_next)

    def too_slow(_subject: int, _outbox_id: int) -> None:
        clock(seconds=61)
        following.start()
        assert with_the_next.wait(20)
        raise RuntimeError("too late")

    try:
        call(outbox.perform, owed, too_slow)
        held = row()
        assert held.locked_until is not None
        assert held.last_error is None
    finally:
        next_may_end.set()
        following.join()
    assert row().state is OutboxState.DONE


@pytest.mark.parametrize("late", [RuntimeError("after the mark"), outbox.GaveUp("after the mark")])
def test_what_goes_wrong_after_the_mark_does_not_undo_it(call, owe, row, late):
    def work(subject: int, outbox_id: int) -> None:
        finish(subject, outbox_id)
        raise late

    told: list[str] = []
    call(outbox.perform, owe(), work, lambda _subject, reason: told.append(reason))
    assert (row().state, row().last_error, told) == (OutboxState.DONE, None, [])


def test_not_now_counts_no_attempt_and_comes_back_when_it_said(call, owe, row, clock):
    due_at = portal_clock.now() + timedelta(seconds=10)

    def later(_subject: int, _outbox_id: int) -> None:
        raise outbox.Later(due_at)

    owed = owe()
    for _ in range(20):
        call(outbox.perform, owed, later)
    assert (row().state, row().attempts, row().due_at) == (OutboxState.PENDING, 0, due_at)
    assert call(outbox.ring_due) == 0
    clock(seconds=11)
    assert call(outbox.ring_due) == 1


def test_failures_are_tried_again_after_growing_pauses_until_the_row_is_failed(call, owe, row, clock):
    owed, told = owe(), []

    def perform() -> None:
        call(outbox.perform, owed, fail, lambda subject, reason: told.append((subject, reason)))

    passed = 0
    for attempt, pause in enumerate(PAUSES, start=1):
        before = portal_clock.now()
        perform()
        tried = row()
        assert (tried.state, tried.attempts, tried.locked_until) == (OutboxState.PENDING, attempt, None)
        assert tried.last_error == "RuntimeError", "its text may hold personal data"
        assert timedelta(seconds=pause) <= tried.due_at - before < timedelta(seconds=pause + 20)
        assert call(outbox.ring_due) == 0
        passed += pause + 20
        clock(seconds=passed)
        assert call(outbox.ring_due) == 1
    assert not told
    perform()
    assert (row().state, row().attempts) == (OutboxState.FAILED, 9)
    assert told == [(SUBJECT, "RuntimeError")]
    clock(days=30)
    assert call(outbox.ring_due) == 0
    call(outbox.perform, owed, finish)
    assert row().state is OutboxState.FAILED


def test_what_can_never_succeed_fails_at_once_and_is_told_in_the_same_commit(call, owe, row):
    def hopeless(_subject: int, _outbox_id: int) -> None:
        raise outbox.GaveUp("recipient refused: 550")

    def tell(_subject: int, _reason: str) -> None:
        db.session.add(OutboxRow(queue="mail", job=JOB, subject_id=1, dedupe_key="told"))

    call(outbox.perform, owe(), hopeless, tell)
    assert call(lambda: db.session.scalars(select(OutboxRow.dedupe_key).order_by(OutboxRow.id)).all()) == [
        "mail:42",
        "told",
    ]


def test_a_telling_that_fails_leaves_the_row_to_be_tried_again(call, owe, row):
    def hopeless(_subject: int, _outbox_id: int) -> None:
        raise outbox.GaveUp("recipient refused: 550")

    def cannot_tell(_subject: int, _reason: str) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        call(outbox.perform, owe(), hopeless, cannot_tell)
    assert row().state is OutboxState.PENDING


def test_a_long_error_is_cut_to_its_column(call, owe, row):
    def verbose(_subject: int, _outbox_id: int) -> None:
        raise outbox.GaveUp("x" * 5000)

    call(outbox.perform, owe(), verbose)
    assert len(row().last_error) == 200


def test_what_the_job_had_begun_to_write_is_taken_back_when_it_fails(call, owe, row, rows):
    def half(_subject: int, outbox_id: int) -> None:
        with writing() as session:
            outbox.done(outbox_id)
            session.add(OutboxRow(queue="mail", job=JOB, subject_id=1, dedupe_key="half"))
            session.flush()
            raise RuntimeError

    call(outbox.perform, owe(), half)
    assert row().state is OutboxState.PENDING


def test_what_was_waited_for_makes_the_row_due_now(call, owe, row, waiting):
    owe(due_at=portal_clock.now() + timedelta(seconds=30))

    def hasten() -> None:
        with writing():
            outbox.hasten("mail:42")
            outbox.hasten("mail:of nobody")

    call(hasten)
    assert row().due_at <= portal_clock.now()
    assert waiting() == 1


def test_a_done_row_is_not_hastened(call, owe, row, waiting, redis_server):
    call(outbox.perform, owe(), finish)
    due_at = row().due_at
    with redis_server.client as redis:
        redis.flushdb()

    def hasten() -> None:
        with writing():
            outbox.hasten("mail:42")

    call(hasten)
    assert row().due_at == due_at
    assert waiting() == 0


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
