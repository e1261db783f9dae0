"""The invariants that close the tests of faults say nothing of a whole portal, and name what is broken in another."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from portal.extensions import db
from portal.models import Policy
from tests.databases import all_of
from tests.factories import Stage, beneficiary
from tests.faults import invariants

WITHOUT_REFERENCES = {
    "sqlite": "PRAGMA defer_foreign_keys = ON",
    "postgresql": "SET LOCAL session_replication_role = replica",
}
BROKEN = {
    "a charge without its policy": ("UPDATE policies SET payment_id = payment_id + 9", "has 0 policies"),
    "a refusal that was charged": ("UPDATE payments SET state = 'declined'", "was charged and is declined"),
    "another amount": ("UPDATE payments SET amount = amount + 1", "is not what the bank booked"),
    "another key": ("UPDATE payments SET idempotency_key = 'k' || id", "the bank has no charge of it"),
    "a payment in the air": ("UPDATE payments SET state = 'unknown'", "is unknown"),
    "a gap": ("UPDATE counters SET value = value + 1 WHERE name LIKE 'MA-%'", "and gave [1, 2, 3]"),
    "a job that nobody did": ("UPDATE outbox SET state = 'failed' WHERE queue = 'mail'", "is failed after 1 attempts"),
    "a document that was not made": ("UPDATE documents SET storage_key = NULL", "was not made"),
    "other bytes": ("UPDATE documents SET sha256 = 'x'", "has other bytes"),
    "a mail that never came": ("UPDATE messages SET rfc_message_id = 'm' || id", "arrived 0 times"),
    "an altered past": ("UPDATE audit SET action = 'x' WHERE id = 3", "breaks at 3"),
    "an end that nobody asked for": (
        "UPDATE endorsements SET kind = 'termination' WHERE number > 0",
        "has 2 endorsements of termination, 1 were asked for",
    ),
    "another refund than was shown": ("UPDATE policy_changes SET refund = refund - 1", "back, its refunds 97."),
    "more back than was paid": ("UPDATE policy_changes SET refund = refund * 3", " was paid"),
    "a plan that nobody has": ("UPDATE endorsements SET payment_id = NULL", "has 0 policies or plans"),
    "a refund in the air": ("UPDATE refunds SET state = 'unknown'", "is unknown"),
    "a purchase that waits": ("UPDATE purchases SET state = 'paid'", "is paid, with policy"),
}


@pytest.fixture
def sold(make, drain) -> None:
    """Three policies, one with another plan and then ended, and a refusal, all delivered."""
    juana = make.customer()
    make.policy(juana, named=[beneficiary()])
    make.purchase(juana, Stage.PAID, last4="0001")
    make.policy(juana)
    rosa = make.customer()
    changed = make.policy(rosa)
    make.in_force(changed)
    make.plan_bought(changed, rosa)
    drain()
    make.ended(changed, rosa)
    drain()


@pytest.mark.one_database
def test_a_whole_portal_has_nothing_to_say_and_whatever_is_broken_is_named(app, sold, bank, mailbox):
    books, mails = bank.ledger.entries(), mailbox.store.mails()
    invariants.assert_all_hold(app, books, mails)
    for fault, (statement, words) in BROKEN.items():
        with app.app_context():
            db.session.execute(text(WITHOUT_REFERENCES[db.engine.dialect.name]))
            db.session.execute(text(statement))  # never committed
            said = [*invariants.everything(books, mails)]
        assert any(words in one for one in said), (fault, said)

    with pytest.raises(AssertionError, match="1 mails too many came twice"):
        invariants.assert_all_hold(app, books, [*mails, mails[0]])
    invariants.assert_all_hold(app, books, [*mails, mails[0]], duplicates=1)

    with app.app_context():
        assert len(all_of(select(Policy.account_id))) == 3, "equal values are not one"

    charged = books["charges"][0]
    books["charges"] += [charged, charged | {"key": "another"}]
    with app.app_context():
        said = [*invariants.everything(books, mails)]
    assert said == [f"the bank booked the key {charged['key']} 2 times", "1 charges belong to no payment"]
