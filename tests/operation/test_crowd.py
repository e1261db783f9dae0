"""The crowd that the benchmark loads is one that the portal could have made: tiny here, and held to the invariants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from benchmarks import crowd
from benchmarks.plans import plans
from portal import create_app
from portal.domain.actor import Actor
from portal.extensions import db
from portal.models import (
    Account,
    CashReceipt,
    Claim,
    ClaimPaper,
    ClaimResolution,
    Document,
    Endorsement,
    Evidence,
    Message,
    NameWord,
    Notice,
    Payment,
    Payout,
    Policy,
    Refund,
    StoredFile,
)
from portal.services.claims import unpaid
from portal.services.desk import search, work_queues
from portal.services.documents import kinds
from portal.services.evidence import review
from portal.services.payments import open_payments, open_payouts
from portal.services.payments.cash_payouts import CASH_PAYOUT
from portal.services.payments.refunds import CASH_REFUND
from portal.services.platform.pending import counted
from portal.settings import Settings
from tests import applications
from tests.databases import migrate
from tests.factories import AGENCY, Factories
from tests.faults import invariants

PEOPLE, POLICIES, HEAVY = 60, 800, 90


@pytest.fixture(scope="module")
def crowded(postgres, redis_server, bank_server, mailbox_server, tmp_path_factory) -> Iterator[Flask]:
    data, url = tmp_path_factory.mktemp("crowd"), postgres.create("crowd")
    env = applications.settings(data, url, redis_server.url, bank_server, mailbox_server.smtp_port)
    app = create_app(Settings.from_env({"BASE_URL": "http://localhost", **env}))
    migrate(app)
    app.config["CROWD"] = crowd.load(app, people=PEOPLE, policies=POLICIES, heavy=HEAVY)
    yield app
    applications.close(app)


def count(*conditions) -> int:
    return db.session.scalar(select(func.count()).where(*conditions)) or 0


def test_everybody_and_every_policy_is_there(crowded: Flask) -> None:
    made = crowded.config["CROWD"]
    with crowded.app_context():
        assert count(Account.username.startswith("gente")) == PEOPLE
        copied = count(Policy.id > 0) - POLICIES  # the sales themselves
        assert 2 <= copied <= 12
        assert count(Policy.account_id == made.heavy) == HEAVY
        assert count(CashReceipt.id > 0) == POLICIES // 20 + 1
        assert count(Message.account_id == made.heavy) >= HEAVY
        assert count(Document.storage_key.is_(None)) == 0
        own = (Document.kind == kinds.POLICY.code, Document.subject_id == Endorsement.id, Endorsement.number == 0)
        assert (
            count(*own, Endorsement.policy_id == Policy.id, Policy.account_id == Document.account_id)
            == POLICIES + copied
        )
        assert count(Payment.state != "approved") == 0


def test_what_happened_came_as_the_portal_would_have_it(crowded: Flask) -> None:
    with crowded.app_context():
        claims = list(db.session.scalars(select(Claim)))
        assert len(claims) >= 18
        staff = set(db.session.scalars(select(Account.id).where(Account.is_staff)))
        for claim in claims:
            assert claim.registered_by_id in {claim.policy.account_id, *staff}
            assert claim.parties
            assert claim.papers
            assert claim.events
            assert {one.party_id for one in claim.papers} <= {None, *(one.id for one in claim.parties)}
        assert count(Payout.state == "done") > count(Payout.state != "done") > 0, "nearly all have been paid"
        assert count(Payout.state == "done") == count(Claim.state == "paid")
        assert count(Claim.state == "rejected") == count(ClaimResolution.outcome == "reject") >= 10
        assert count(Evidence.state == "accepted") > 0 < count(Evidence.state == "received")
        files = StoredFile.owner_kind == ClaimPaper.FILES
        assert count(files) > count(files, StoredFile.owner_id == ClaimPaper.id, ClaimPaper.state == "pending") == 0
        evidence = StoredFile.owner_kind == Evidence.FILES
        assert count(evidence) == count(evidence, StoredFile.owner_id == Evidence.id) == count(Evidence.id > 0)
        assert count(Notice.number.is_not(None)) >= 3


def test_the_rows_keep_what_the_portal_promises(crowded: Flask) -> None:
    with crowded.app_context():
        for question in (
            invariants.cash(),
            invariants.numbers(),
            invariants.nothing_stuck(),
            invariants.audit_chain(),
        ):
            assert list(question) == []


def test_the_portal_goes_on_after_them(crowded: Flask) -> None:
    make = Factories(crowded)
    with crowded.app_context():
        given = count(Policy.number.startswith("MA-"))
    number = make.policy(make.customer(names="Única", paternal_surname="Zzyzx"))
    assert number.endswith(f"{given + 1:06d}")
    with crowded.app_context():
        assert count(NameWord.word == "zzyzx") == 1
        assert list(invariants.numbers()) == [] == list(invariants.audit_chain())


def test_they_are_found_by_name(crowded: Flask) -> None:
    with crowded.app_context():
        assert len(search.matches("quispe", limit=PEOPLE)) >= 1


_MANY = (
    "accounts, people, quotes, purchases, purchase_beneficiaries, policies, evidence, stored_files, payments, refunds,"
    " claims, claim_parties, claim_resolutions, claim_awards, payouts, decisions"
)
_WAITING = {
    "payments": lambda _member: open_payments.waiting(),
    "payouts": lambda _member: open_payouts.waiting(),
    "evidence": review.waiting,
    "counts": lambda member: work_queues.waiting(work_queues.QUEUES, member),
    "refunds at the agency": lambda member: CASH_REFUND.waiting(member, limit=20),
    "payouts at the agency": lambda member: CASH_PAYOUT.waiting(member, limit=20),
    "awards without a way": lambda member: unpaid.lines(member, limit=20),
}


@pytest.fixture(scope="module")
def member(crowded: Flask) -> Actor:
    """Somebody at an agency, of a portal whose database believes that it holds a million of each."""
    someone = Factories(crowded).collaborator()
    with crowded.app_context():
        payment = db.session.scalars(select(Payment).limit(1)).one()
        given = {"account_id": someone.account_id, "payment_id": payment.id, "amount": payment.amount}
        db.session.add(Refund(number="DV-2026-000001", method="efectivo", agency_code=AGENCY, state="done", **given))
        db.session.commit()
    with crowded.app_context(), db.engine.begin() as connection:
        connection.execute(text("ANALYZE refunds"))
        many = text("UPDATE pg_class SET reltuples = 1000000 WHERE relname = ANY (string_to_array(:names, ', '))")
        connection.execute(many, {"names": _MANY})
    return someone.actor


@pytest.mark.parametrize("asked", _WAITING)
def test_what_waits_is_found_by_index_however_much_there_was(crowded: Flask, member: Actor, asked: str) -> None:
    def work() -> None:
        with crowded.app_context():
            _WAITING[asked](member)

    found = plans(crowded, work)
    assert found
    assert "\n\n".join(one.lines for one in found if one.sequential) == ""


def test_whose_evidence_waits_is_not_asked_of_each_by_itself(crowded: Flask, member: Actor) -> None:
    def work() -> None:
        with crowded.app_context():
            counted([review.pending(member)])

    with crowded.app_context():
        waiting = count(Evidence.state == "received")
    assert waiting > 200
    (found,) = plans(crowded, work)
    assert found.buffers < 8 * waiting, found.lines  # a piece and its policy, with what an agency took for it
