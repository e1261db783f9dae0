"""What is owed: written with the use case, rung for when it has committed, and rung for again when nobody came."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.domain import clock as portal_clock
from portal.extensions import db
from portal.models import OutboxRow
from portal.models.transaction import writing
from portal.services.platform import outbox
from tests.services.outbox_jobs import JOB, SUBJECT, finish


def test_one_key_is_owed_once_and_a_second_takes_its_use_case_back(call, owe, rows):
    owe()

    def again() -> None:
        with writing():
            JOB.owe(1, key="mail:other")
            JOB.owe(2, key="mail:42")

    with pytest.raises(IntegrityError):
        call(again)
    assert rows(select(OutboxRow.dedupe_key)) == ["mail:42"]


def test_the_bell_is_rung_when_the_use_case_has_committed_and_not_before(app, bells):
    with app.app_context(), writing():
        JOB.owe(SUBJECT, key="mail:42")
        db.session.flush()
        assert bells() == 0
    assert bells() == 1


def test_a_use_case_that_fails_owes_nothing_and_rings_for_nothing(app, bells, rows):
    def broken() -> None:
        with writing():
            JOB.owe(SUBJECT, key="mail:42")
            db.session.flush()
            raise RuntimeError

    with app.app_context():
        with pytest.raises(RuntimeError):
            broken()
        with writing():
            pass  # the next use case of the same request
    assert not rows(select(OutboxRow))
    assert bells() == 0


def test_what_is_due_later_is_rung_for_later(call, owe, bells, clock):
    owe(due_at=portal_clock.now() + timedelta(seconds=30))
    assert bells() == 0
    assert call(outbox.enqueue_due) == 0
    clock(seconds=31)
    assert call(outbox.enqueue_due) == 1
    assert bells() == 1


def test_without_the_queue_the_row_is_there_and_says_that_nobody_was_rung(call, redis_server, owed_row):
    def use_case() -> outbox.Owed:
        with writing():
            return JOB.owe(SUBJECT, key="mail:42")

    redis_server.stop()
    try:
        owed = call(use_case)
        assert call(outbox.enqueue_due) == 0
    finally:
        redis_server.start()
    assert (owed.id, owed.rung) == (owed_row().id, False)


def test_a_lost_bell_is_rung_again_after_a_while(call, owe, bells, redis_server, clock):
    owe()
    with redis_server.client as redis:
        redis.flushdb()
    assert call(outbox.enqueue_due) == 0, "it was rung for only just now"
    clock(seconds=16)
    assert call(outbox.enqueue_due) == 1
    assert call(outbox.enqueue_due) == 0
    assert bells() == 1


def test_what_was_waited_for_makes_the_row_due_now(call, owe, owed_row, bells):
    owe(due_at=portal_clock.now() + timedelta(seconds=30))

    def hasten() -> None:
        with writing():
            outbox.make_due("mail:42")
            outbox.make_due("mail:of nobody")

    call(hasten)
    assert owed_row().due_at <= portal_clock.now()
    assert bells() == 1


def test_a_done_row_is_not_hastened(call, owe, owed_row, bells, redis_server):
    call(outbox.perform, owe(), finish)
    due_at = owed_row().due_at
    with redis_server.client as redis:
        redis.flushdb()

    def hasten() -> None:
        with writing():
            outbox.make_due("mail:42")

    call(hasten)
    assert owed_row().due_at == due_at
    assert bells() == 0
