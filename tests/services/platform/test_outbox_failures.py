"""A job that cannot do its work now is tried again after growing pauses, and one that never can is given up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.extensions import db
from portal.models import OutboxRow, OutboxState
from portal.models.transaction import writing
from portal.services.platform import outbox
from tests.services.outbox_jobs import JOB, SUBJECT, fail, finish

PAUSES = (5, 15, 60, 300, 900, 3600, 3600, 3600)


def test_not_now_counts_no_attempt_and_comes_back_when_it_said(call, owe, owed_row, clock):
    due_at = portal_clock.now() + timedelta(seconds=10)

    def later(_subject: int, _outbox_id: int) -> None:
        raise outbox.RetryLater(due_at)

    owed = owe()
    for _ in range(20):
        call(outbox.perform, owed, later)
    assert (owed_row().state, owed_row().attempts, owed_row().due_at) == (OutboxState.PENDING, 0, due_at)
    assert call(outbox.enqueue_due) == 0
    clock(seconds=11)
    assert call(outbox.enqueue_due) == 1


def test_failures_are_tried_again_after_growing_pauses_until_the_row_is_failed(call, owe, owed_row, clock):
    owed, told = owe(), []

    def perform() -> None:
        call(outbox.perform, owed, fail, lambda subject, reason: told.append((subject, reason)))

    passed = 0
    for attempt, pause in enumerate(PAUSES, start=1):
        before = portal_clock.now()
        perform()
        tried = owed_row()
        assert (tried.state, tried.attempts, tried.locked_until) == (OutboxState.PENDING, attempt, None)
        assert tried.last_error == "RuntimeError", "its text may hold personal data"
        assert timedelta(seconds=pause) <= tried.due_at - before < timedelta(seconds=pause + 20)
        assert call(outbox.enqueue_due) == 0
        passed += pause + 20
        clock(seconds=passed)
        assert call(outbox.enqueue_due) == 1
    assert not told
    perform()
    assert (owed_row().state, owed_row().attempts) == (OutboxState.FAILED, 9)
    assert told == [(SUBJECT, "RuntimeError")]
    clock(days=30)
    assert call(outbox.enqueue_due) == 0
    call(outbox.perform, owed, finish)
    assert owed_row().state is OutboxState.FAILED


def test_what_can_never_succeed_fails_at_once_and_is_told_in_the_same_commit(call, owe, owed_row):
    def hopeless(_subject: int, _outbox_id: int) -> None:
        raise outbox.PermanentFailure("recipient refused: 550")

    def tell(_subject: int, _reason: str) -> None:
        db.session.add(OutboxRow(queue="mail", job=JOB.name, subject_id=1, dedupe_key="told"))

    call(outbox.perform, owe(), hopeless, tell)
    assert call(lambda: db.session.scalars(select(OutboxRow.dedupe_key).order_by(OutboxRow.id)).all()) == [
        "mail:42",
        "told",
    ]


def test_a_telling_that_fails_leaves_the_row_to_be_tried_again(call, owe, owed_row):
    def hopeless(_subject: int, _outbox_id: int) -> None:
        raise outbox.PermanentFailure("recipient refused: 550")

    def cannot_tell(_subject: int, _reason: str) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        call(outbox.perform, owe(), hopeless, cannot_tell)
    assert owed_row().state is OutboxState.PENDING


def test_a_long_error_is_cut_to_its_column(call, owe, owed_row):
    def verbose(_subject: int, _outbox_id: int) -> None:
        raise outbox.PermanentFailure("x" * 5000)

    call(outbox.perform, owe(), verbose)
    assert len(owed_row().last_error) == 200


def test_what_the_job_had_begun_to_write_is_taken_back_when_it_fails(call, owe, owed_row, rows):
    def half(_subject: int, outbox_id: int) -> None:
        with writing() as session:
            outbox.done(outbox_id)
            session.add(OutboxRow(queue="mail", job=JOB.name, subject_id=1, dedupe_key="half"))
            session.flush()
            raise RuntimeError

    call(outbox.perform, owe(), half)
    assert owed_row().state is OutboxState.PENDING
