"""What Prometheus reads, and the alarms that look at it."""

from __future__ import annotations

import io
import math
import re
import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from wsgiref.simple_server import WSGIServer

import pytest
import yaml
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, select

from portal.domain import clock as portal_clock
from portal.domain.claim import AppealState, ClaimState, NoticeState, TaskKind
from portal.domain.evidence import EvidenceKind
from portal.domain.payment import PaymentState
from portal.extensions import db
from portal.models import Appeal, Claim, ClaimTask, Notice, OutboxRow, OutboxState, Policy, Settlement
from portal.models.transaction import writing
from portal.services.desk.background import PARTS
from portal.services.evidence import collecting
from portal.services.payments import bank as banking
from portal.services.payments import payouts, settling
from portal.services.platform import heartbeats
from portal.services.policies import policy as policies
from sandbox.embedded import free_port
from tests.decoder.strangers import drawing, encoded
from tests.factories import Factories, Stage
from tests.guards.queries import statements
from tests.processes import PATIENCE, ROOT, until, worker
from tests.services.payments.moving import ROSA
from workers import metrics

RULES = ROOT / "deploy" / "alerts.yml"
Found = dict[tuple[str, str], float]


@contextmanager
def served(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], metrics_port=free_port()))
    server = metrics.serve(app)
    assert isinstance(server, WSGIServer)
    try:
        yield f"http://127.0.0.1:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()


def read(url: str) -> Found:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        text = answer.read().decode()
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def scrape(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Found]]:
    with served(app, monkeypatch) as url:
        yield lambda: read(url)


def test_a_sale_is_seen_as_it_goes(
    make: Factories, scrape: Callable[[], Found], drain: Callable[[], int], clock: Callable[..., None]
) -> None:
    make.policy(make.customer())
    before = scrape()
    assert before["portal_up", ""] == 1
    assert before["portal_numbers_total", "MA"] == 1
    assert before["portal_outbox_due", "documents"] == 1  # the policy
    clock(minutes=10)
    assert before["portal_outbox_oldest_due_seconds", "documents"] < 300
    assert 590 < scrape()["portal_outbox_oldest_due_seconds", "documents"] < 700
    drain()
    after = scrape()
    assert after["portal_outbox_due", "documents"] == after["portal_outbox_oldest_due_seconds", "documents"] == 0
    assert before["portal_mails", "queued"] > 0 == after["portal_mails", "queued"]
    assert 0 < after["portal_pdf_seconds", "0.5"] <= after["portal_pdf_seconds", "1.0"] < 30


def test_the_certificate_that_signs_is_seen_to_end(scrape: Callable[[], Found], clock: Callable[..., None]) -> None:
    left = scrape()["portal_signing_days_left", ""]
    assert left > 365
    clock(days=left + 2)
    assert -3 < scrape()["portal_signing_days_left", ""] < -1


def test_mail_that_our_server_does_not_take_is_counted_at_the_first_try(
    app: Flask, make: Factories, scrape: Callable[[], Found], drain: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setattr(app.extensions["mail"], "port", free.getsockname()[1])
    make.purchase(make.customer(), Stage.METHOD)
    assert scrape()["portal_mails_held", "no_answer"] == 0
    drain()
    assert scrape()["portal_mails_held", "no_answer"] == 1
    assert scrape()["portal_mails_held", "ours"] == 0


def test_a_payment_without_outcome_has_an_age(
    make: Factories, scrape: Callable[[], Found], clock: Callable[..., None], bank: object
) -> None:
    make.purchase(make.customer(), Stage.PAID, last4="0022")
    clock(minutes=20)
    found = scrape()
    assert found["portal_payments", "unknown"] == 1
    assert 1190 < found["portal_payments_oldest_seconds", "unknown"] < 1300


def test_a_payout_without_outcome_has_an_age_and_is_counted_once_people_must_end_it(
    app: Flask, make: Factories, scrape: Callable[[], Found], clock: Callable[..., None]
) -> None:
    jorge = make.supervisor()
    with app.app_context(), writing():
        payout = payouts.open_for(payouts.Payee("Rosa Quispe", ROSA), Decimal("20.00"), jorge.actor)
    clock(minutes=20)
    assert 1190 < scrape()["portal_money_out_oldest_seconds", "payout"] < 1300
    assert scrape()["portal_money_out_oldest_seconds", "refund"] == 0
    with app.app_context():
        settling.review(payouts.BANK_PAYOUT, payout.id)
    found = scrape()
    assert (found["portal_money_out_in_review", "payout"], found["portal_money_out_in_review", "refund"]) == (1, 0)
    assert found["portal_money_out_oldest_seconds", "payout"] == 0


def test_a_day_of_the_bank_that_does_not_come_is_counted(app: Flask, scrape: Callable[[], Found]) -> None:
    with app.app_context(), writing() as session:
        session.add_all(Settlement(day=portal_clock.today() - timedelta(days=back)) for back in (3, 2, 1))
    # Of the last one it is not noon yet before noon.
    assert scrape()["portal_settlements_missing", ""] in (2, 3)


def test_what_is_past_its_promised_moment_is_counted_until_it_is_done(
    app: Flask, make: Factories, scrape: Callable[[], Found], clock: Callable[..., None]
) -> None:
    number, notice = make.claim(make.customer(), complete=True), make.notice()
    late = ("claims", "notices", "claim_tasks", "appeals")
    assert {what: scrape()["portal_late", what] for what in late} == dict.fromkeys(late, 0)
    with app.app_context(), writing() as session:
        claim = session.scalars(select(Claim).where(Claim.number == number)).one()
        party = claim.parties[0]
        due_at = portal_clock.now() + timedelta(hours=48)
        session.add(ClaimTask(claim=claim, kind=TaskKind.TELL_BENEFICIARIES, due_at=due_at))
        session.add(Appeal(number="AP-2026-000001", claim=claim, party=party, words="No es justo.", due_at=due_at))
    clock(days=21)
    found = scrape()
    assert {what: found["portal_late", what] for what in late} == dict.fromkeys(late, 1)
    with app.app_context(), writing() as session:
        claim = session.scalars(select(Claim).where(Claim.number == number)).one()
        claim.move_to(ClaimState.REJECTED)
        session.scalars(select(Notice).where(Notice.number == notice)).one().move_to(NoticeState.CLOSED)
        session.scalars(select(ClaimTask)).one().done_at = portal_clock.now()
        session.scalars(select(Appeal)).one().move_to(AppealState.DISMISSED)
    found = scrape()
    assert {what: found["portal_late", what] for what in late} == dict.fromkeys(late, 0)


def test_a_policy_that_nothing_proves_to_be_delivered_is_counted_after_eight_days_until_it_is(
    app: Flask, make: Factories, scrape: Callable[[], Found], clock: Callable[..., None]
) -> None:
    undelivered, delivered, ended = (make.policy(someone) for someone in (make.customer() for _ in range(3)))
    with app.app_context(), writing() as session:
        for number, proof in ((delivered, "delivered_at"), (ended, "cancelled_at")):
            policy = session.scalars(select(Policy).where(Policy.number == number)).one()
            setattr(policy, proof, portal_clock.now())
    clock(days=7, hours=23)
    assert scrape()["portal_late", "policies"] == 0
    clock(days=8, hours=1)
    assert scrape()["portal_late", "policies"] == 1
    with app.app_context(), writing() as session:
        policy = session.scalars(select(Policy).where(Policy.number == undelivered)).one()
        policy.delivered_at = portal_clock.now()
    assert scrape()["portal_late", "policies"] == 0


def test_evidence_that_nobody_looks_at_has_an_age(
    app: Flask, make: Factories, scrape: Callable[[], Found], clock: Callable[..., None]
) -> None:
    juana = make.customer()
    number = make.policy(juana)
    assert scrape()["portal_evidence_oldest_seconds", ""] == 0
    with app.app_context():
        photo = io.BytesIO(encoded(drawing(), "PNG"))
        collecting.send(policies.get(number, juana.actor), EvidenceKind.PERSON, photo, juana.actor)
    clock(hours=4)
    assert 14_390 < scrape()["portal_evidence_oldest_seconds", ""] < 14_500


def test_a_bank_that_does_not_answer_falls_silent(
    app: Flask, scrape: Callable[[], Found], clock: Callable[..., None], bank: object
) -> None:
    assert scrape()["portal_bank_silence_seconds", ""] == math.inf, "it was never heard"
    with app.app_context():
        banking.remember_banks()
    clock(minutes=20)
    assert 1190 < scrape()["portal_bank_silence_seconds", ""] < 1300


def test_work_that_was_given_up_is_counted_by_queue(app: Flask, scrape: Callable[[], Found]) -> None:
    with app.app_context(), writing() as session:
        for number in range(3):
            session.add(
                OutboxRow(queue="mail", job="x", subject_id=1, dedupe_key=f"x:{number}", state=OutboxState.FAILED)
            )
    assert scrape()["portal_outbox_failed", "mail"] == 3
    assert scrape()["portal_outbox_failed", "charges"] == 0


def test_the_youngest_sign_of_life_of_each_part_counts(app: Flask, scrape: Callable[[], Found]) -> None:
    with app.app_context():
        heartbeats.beat("old", "mail", portal_clock.now())
        portal_clock.shift(timedelta(seconds=90))
        heartbeats.beat("young", "mail", portal_clock.now())
        portal_clock.shift(timedelta(seconds=100))
    found = scrape()
    assert found["portal_processes", "mail"] == 2
    assert 9 < found["portal_heartbeat_age_seconds", "mail"] < 90


def test_a_part_that_nobody_was_ever_at_is_told_by_its_number(scrape: Callable[[], Found]) -> None:
    found = scrape()
    assert {part: found["portal_processes", part] for part in PARTS} == dict.fromkeys(PARTS, 0)


def test_a_scrape_asks_as_much_of_many_rows_as_of_none(app: Flask, scrape: Callable[[], Found]) -> None:
    with statements(app) as of_none:
        scrape()
    with app.app_context(), writing() as session:
        session.execute(
            insert(OutboxRow),
            [{"queue": "mail", "job": "x", "subject_id": 1, "dedupe_key": f"x:{n}"} for n in range(500)],
        )
    with statements(app) as of_many:
        scrape()
    assert len(of_many) == len(of_none) <= 17


def test_a_database_that_is_away_is_a_metric_and_no_crash(
    app: Flask, scrape: Callable[[], Found], monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), writing() as session:
        session.connection().exec_driver_sql("ALTER TABLE heartbeats RENAME TO away")
    try:
        found = scrape()
    finally:
        with app.app_context(), writing() as session:
            session.connection().exec_driver_sql("ALTER TABLE away RENAME TO heartbeats")
    assert found["portal_up", ""] == 0
    assert {name for name, _label in found} == {"portal_up", "portal_redis_up", "portal_disk_free_bytes"}
    assert scrape()["portal_up", ""] == 1


@pytest.mark.one_database
def test_the_schedule_serves_them_where_the_setting_says(
    app: Flask, portal_env: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    env = {"BASE_URL": "http://localhost", **portal_env, "METRICS_PORT": str(port)}
    log = tmp_path / "log"
    with worker(env, "schedule", log):
        until(lambda: "metrics_served" in log.read_text(), "the metrics are served")
        assert read(f"http://127.0.0.1:{port}/metrics")["portal_up", ""] == 1
        with worker(env, "schedule", tmp_path / "second"):  # the port is taken: what comes round goes on
            until(lambda: "schedule_started" in (tmp_path / "second").read_text(), "the second one works")
            assert "metrics_not_served" in (tmp_path / "second").read_text()


def test_each_metric_is_as_prometheus_wants_it(
    app: Flask, make: Factories, drain: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rules of `promtool check metrics`, which is not installed for one test."""
    make.policy(make.customer())
    drain()
    with app.app_context():
        heartbeats.beat("one", "mail", portal_clock.now())
    with served(app, monkeypatch) as url, urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    assert {"portal_pdf_seconds", "portal_redis_up", "portal_backup_failed"} <= {one.name for one in families}
    for family in families:
        assert family.documentation, family.name
        assert family.type in {"gauge", "counter"}, family.name
        names = {sample.name for sample in family.samples} or {family.name}
        labels = {label for sample in family.samples for label in sample.labels}
        assert not labels & {"quantile", "le"}, f"{family.name}: only of a summary, a histogram"
        for name in names:
            assert re.fullmatch(r"portal(_[a-z]+)+", name)
            assert name.endswith("_total") is (family.type == "counter"), name
            assert not name.endswith(("_count", "_sum", "_bucket", "_ms", "_minutes", "_milliseconds")), name
            assert not set(name.split("_")) & {"gauge", "counter", "summary", "histogram"}, name


def test_each_alarm_looks_at_metrics_that_exist_and_says_what_to_do(
    app: Flask, make: Factories, scrape: Callable[[], Found], drain: Callable[[], int]
) -> None:
    make.policy(make.customer())
    drain()
    with app.app_context():
        heartbeats.beat("one", "mail", portal_clock.now())
        db.session.rollback()
    known = scrape()
    names = {name for name, _label in known}
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    assert len(rules) >= 8
    for rule in rules:
        used = set(re.findall(r"\bportal_\w+", rule["expr"]))
        assert used, rule["alert"]
        assert used <= names, rule["alert"]
        for state in re.findall(r'portal_(?:payments|mails)\{state="(\w+)"\}', rule["expr"]):
            assert state in set(PaymentState) | {"queued", "sending", "sent", "failed"}
        assert re.fullmatch(r"\d+m", rule["for"])
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["do"]
