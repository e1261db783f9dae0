"""Editions of a contracting file: one for all that comes within minutes, none for nothing, none lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.domain.message import MessageState
from portal.domain.policy import EndorsementKind
from portal.extensions import db
from portal.models import ContractingFile, Document, Message, OutboxRow, OutboxState, Policy
from portal.models.transaction import writing
from portal.services.desk import failed_jobs
from portal.services.documents import contracting, kinds, signing
from portal.services.policies import cancellation, endorsing
from portal.services.printing.contracting import CONTRACTING
from sandbox import certificate
from tests.applications import SIGNING_PASSWORD
from tests.documents.stamping import stamp_server
from tests.draining import give_up
from tests.factories import Factories, Stage
from tests.processes import PATIENCE
from tests.services.at_once import at_once

Clock = Callable[..., None]


@pytest.fixture
def editions(app: Flask) -> Callable[[], list[int]]:
    def editions() -> list[int]:
        with app.app_context():
            return list(db.session.scalars(select(ContractingFile.edition).order_by(ContractingFile.id)))

    return editions


def owed(app: Flask) -> Sequence[OutboxRow]:
    with app.app_context():
        return db.session.scalars(select(OutboxRow).where(OutboxRow.queue == contracting.EDITION.queue)).all()


def add(app: Flask) -> None:
    """Something is said to be added to the only policy."""
    with app.app_context(), writing() as session:
        contracting.added(session.scalars(select(Policy.purchase_id)).one())


def endorse(app: Flask) -> None:
    with app.app_context(), writing() as session:
        endorsing.following(session.scalars(select(Policy)).one(), EndorsementKind.CORRECTION)


def test_a_sale_leads_to_one_edition_minutes_later(
    app: Flask, make: Factories, drain: Callable[[], int], clock: Clock, editions: Callable[[], list[int]]
) -> None:
    make.policy(make.customer())
    drain()
    assert editions() == []
    clock(minutes=7)
    drain()
    assert editions() == [1]
    with app.app_context():
        document = db.session.scalars(select(Document).where(Document.kind == kinds.CONTRACTING_FILE.code)).one()
        assert document.is_ready
        assert document.filename == "MA-2026-000001-expediente-1.pdf"


def test_what_is_added_within_minutes_is_one_job_and_one_edition(
    app: Flask, make: Factories, drain: Callable[[], int], clock: Clock, editions: Callable[[], list[int]]
) -> None:
    make.policy(make.customer())
    for _ in range(3):
        add(app)
    assert len({row.due_at for row in owed(app)}) == len(owed(app)) <= 2, "the end of a window may lie between"
    clock(minutes=12)
    drain()
    assert editions() == [1]


def test_nothing_new_makes_no_edition_and_something_new_makes_another(
    app: Flask, make: Factories, drain: Callable[[], int], clock: Clock, editions: Callable[[], list[int]]
) -> None:
    make.policy(make.customer())
    drain()
    clock(minutes=7)
    drain()
    add(app)
    clock(minutes=20)
    drain()
    assert editions() == [1]
    endorse(app)
    clock(minutes=40)
    drain()
    assert editions() == [1, 2]
    with app.app_context():
        assert len({one.sha256 for one in db.session.scalars(select(Document).filter_by(kind="contracting_file"))}) == 2


def test_it_waits_for_a_document_that_is_being_printed_and_then_goes_on_without(
    app: Flask, make: Factories, clock: Clock, editions: Callable[[], list[int]]
) -> None:
    make.policy(make.customer())
    job = owed(app)[0].id
    clock(minutes=7)
    perform(app, job)
    assert editions() == []
    clock(minutes=45)
    perform(app, job)
    assert editions() == [1]
    (row,) = [one for one in owed(app) if one.id == job]
    assert row.state is OutboxState.PENDING, "it is told again once that is printed"


def test_a_purchase_that_led_to_nothing_has_none(
    app: Flask, make: Factories, drain: Callable[[], int], clock: Clock, editions: Callable[[], list[int]]
) -> None:
    make.purchase(make.customer(), Stage.METHOD)
    with app.app_context(), writing():
        contracting.added(1)
    clock(minutes=7)
    drain()
    assert editions() == []
    assert {row.state for row in owed(app)} == {OutboxState.DONE}


def test_two_that_look_at_once_make_one_edition(
    app: Flask, make: Factories, drain: Callable[[], int], clock: Clock, editions: Callable[[], list[int]]
) -> None:
    make.policy(make.customer())
    drain()
    clock(minutes=6)
    add(app)
    clock(minutes=30)
    jobs = [row.id for row in owed(app)]
    assert len(jobs) == 2
    at_once(app, 2, lambda number: CONTRACTING.perform(jobs[number]))
    drain()
    assert editions() == [1]


def test_a_worker_that_died_is_followed_by_another(
    app: Flask, make: Factories, drain: Callable[[], int], clock: Clock, editions: Callable[[], list[int]], monkeypatch
) -> None:
    make.policy(make.customer())
    drain()
    clock(minutes=7)

    class Died(BaseException):
        pass

    def die(*_given: object) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr("portal.services.printing.contracting.audit.record", lambda *_a, **_k: die())
        with pytest.raises(Died):
            perform(app, owed(app)[0].id)
    assert editions() == []
    clock(minutes=9)
    perform(app, owed(app)[0].id)
    assert editions() == [1]


def test_one_that_was_given_up_can_be_tried_again(
    app: Flask, make: Factories, drain: Callable[[], int], clock: Clock, editions: Callable[[], list[int]]
) -> None:
    make.policy(make.customer())
    drain()
    give_up(app, contracting.EDITION.queue, "no")
    supervisor = make.supervisor().actor
    with app.app_context():
        (line,) = failed_jobs.failed()
        assert (line.what, line.whose) == ("Expediente de contratación", "MA-2026-000001")
        assert failed_jobs.retry(line.id, supervisor)
    clock(minutes=7)
    drain()
    assert editions() == [1]


def perform(app: Flask, job: int) -> None:
    with app.app_context():
        CONTRACTING.perform(job)


def test_a_cancelled_policy_has_its_edition_too(
    app: Flask, make: Factories, drain: Callable[[], int], clock: Clock, editions: Callable[[], list[int]]
) -> None:
    make.policy(make.customer())
    drain()
    clock(minutes=7)
    drain()
    with app.app_context(), writing() as session:
        cancellation.cancel(session.scalars(select(Policy)).one())
    clock(minutes=20)
    drain()
    assert editions() == [1, 2]


@pytest.mark.parametrize("ended", [False, True], ids=["none", "ended"])
def test_without_a_good_certificate_a_policy_is_issued_and_what_is_signed_waits_with_its_mail(
    app: Flask,
    make: Factories,
    drain: Callable[[], int],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    ended: bool,
) -> None:
    file = tmp_path / "signing.p12"
    if ended:
        certificate.make(file, SIGNING_PASSWORD, until=datetime.now(UTC) - timedelta(days=1))
    make.policy(make.customer())
    with monkeypatch.context() as patched:
        patched.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], signing_certificate=str(file)))
        drain()
        clock(minutes=7)
        drain()
        assert {one.kind: one.is_ready for one in documents(app)} == {"policy": False}
        assert mail_of_the_policy(app).state is MessageState.QUEUED
        with app.app_context():
            assert signing.trouble()
        clock(days=3)
        drain()
        assert {one.is_ready for one in documents(app)} == {False}
        assert waiting(app, documents(app)[0]) == (OutboxState.PENDING, "No hay un certificado de firma vigente.")
    clock(days=3, minutes=16)
    drain()
    assert {one.kind: one.signature for one in documents(app)}["policy"] == "B-B"
    assert mail_of_the_policy(app).state is MessageState.SENT


def mail_of_the_policy(app: Flask) -> Message:
    with app.app_context():
        return db.session.scalars(select(Message).filter_by(kind="policy")).one()


def waiting(app: Flask, document: Document) -> tuple[OutboxState, str | None]:
    with app.app_context():
        row = db.session.scalars(select(OutboxRow).filter_by(dedupe_key=document.job_key)).one()
        return row.state, row.last_error


def test_its_row_says_that_it_carries_a_time_stamp(
    app: Flask, make: Factories, drain: Callable[[], int], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.policy(make.customer())
    with stamp_server() as (url, _asked):
        monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], timestamp_url=url))
        drain()
        clock(minutes=7)
        drain()
    assert [(one.kind, one.signature) for one in documents(app)] == [("policy", "B-T"), ("contracting_file", "B-T")]


def documents(app: Flask) -> list[Document]:
    with app.app_context():
        return list(db.session.scalars(select(Document).order_by(Document.id)))


def test_who_adds_something_waits_for_nobody_who_adds_to_the_same(app: Flask, make: Factories, clock: Clock) -> None:
    """They hold other rows, and the audit's counter: one that waited for the other here could wait for ever."""
    make.policy(make.customer())
    before = len(owed(app))
    clock(hours=1)
    with app.app_context(), writing() as session:
        contracting.added(1)
        session.flush()
        if session.get_bind().dialect.name != "sqlite":  # which lets one alone write
            with ThreadPoolExecutor(1) as pool:
                pool.submit(add, app).result(PATIENCE)
    assert len(owed(app)) in (before + 1, before + 2)
