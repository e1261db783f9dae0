"""The demo's people and their two years: each state is there, and nothing of it is unsound."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from click import ClickException
from sqlalchemy import func, select

from portal import demo
from portal.domain import verification
from portal.domain.actor import Actor
from portal.domain.clock import now
from portal.domain.payment import PaymentState
from portal.domain.policy import PolicyState
from portal.extensions import db
from portal.models import Account, Document, Message, OutboxRow, Payment, Policy
from portal.services.desk import work_queues
from portal.services.operation import integrity
from portal.services.platform import outbox
from portal.services.printing.backlog import LATE_DOCUMENT
from sandbox import history, prepare, scenes
from sandbox.history import COPIED

pytestmark = pytest.mark.one_database


def test_the_demo_shows_every_state_and_is_sound(app, call, clock, tmp_path):
    call(demo.create_demo_users)
    assert call(prepare.is_empty)
    scenes.play(app, tmp_path / "bank.sqlite")
    assert abs(now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert not call(prepare.is_empty)
    assert call(prepare.is_played)
    with app.app_context():
        assert integrity.prove()
        policies = db.session.scalars(select(Policy)).all()
        states = Counter(one.state_at(now()) for one in policies)
        assert set(states) == set(PolicyState), states
        codes = [one.verification_code or "" for one in policies]
        assert [verification.code_in(verification.shown(code)) for code in codes] == codes, (
            "each is read as it is printed"
        )
        months = Counter(f"{one.issued_at:%Y-%m}" for one in policies)
        assert len(months) >= 24
        assert min(months.values()) >= 1
        assert {PaymentState.APPROVED, PaymentState.IN_REVIEW} <= set(db.session.scalars(select(Payment.state)))
        bodies = db.session.scalars(select(Message.text_body).where(Message.kind == "policy")).all()
        for copied in COPIED:
            assert sum(copied["names"] in one for one in bodies) == 1, "who a copy is of is named in no other's mail"
        waiting = work_queues.waiting(work_queues.DESK, Actor(_key("jorge.jefe"), "supervisor"))
        assert {one.endpoint for one, _ in waiting} >= {"reviewing.index", "evidence.review_index", "assessing.index"}
        late = [found.count for _, found in waiting if found.what is LATE_DOCUMENT]
        assert sum(late) < 30, "those that are copied are ordered later"
        later = select(OutboxRow.id).where(OutboxRow.queue == "documents", OutboxRow.due_at > now())
        assert len(db.session.scalars(later).all()) > 100, "documents of the past wait for a quiet moment"
        own, planned = outbox.due("documents", 999), db.session.scalars(later).all()
        history.put_off()
        assert db.session.scalars(later).all() == planned, "none is late"
    clock(days=1)  # on which nothing was started
    with app.app_context():
        assert len(outbox.due("documents", 999)) > 100
        history.put_off()
        assert outbox.due("documents", 999) == own, "what somebody orders now waits behind none of the past"
        ordered = select(Document.created_at).join(OutboxRow, OutboxRow.subject_id == Document.id)
        assert db.session.scalars(ordered.where(OutboxRow.id == planned[0])).one() > now()


def test_a_demo_that_was_interrupted_is_begun_anew(app, call, tmp_path):
    call(demo.create_demo_users)
    ledger, database = tmp_path / "bank.sqlite", tmp_path / "portal.sqlite"
    ledger.mkdir()  # a bank that can't write its books
    with app.app_context(), pytest.raises(ClickException, match="begins it anew"):
        prepare._scenes(app, ledger)
    ledger.rmdir()
    for file in (ledger, database, tmp_path / "portal.sqlite-wal"):
        file.write_text("half")
    prepare.undo_unfinished(ledger)
    assert [file.name for file in tmp_path.iterdir()] == ["portal.sqlite"]
    with closing(sqlite3.connect(database)) as found:
        assert found.execute("SELECT count(*) FROM accounts").fetchone() == (call(_accounts),)
        assert found.execute("SELECT count(*) FROM purchases").fetchone() == (0,)
    prepare.undo_unfinished(ledger)
    assert database.exists(), "nothing is left to undo"


def _accounts():
    return db.session.scalar(select(func.count()).select_from(Account))


def _key(username):
    return db.session.scalars(select(Account.id).filter_by(username=username)).one()
