"""What the bank would not give back to the account it came from is paid to another account of the same person."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.cci import parse
from portal.domain.clock import lima
from portal.domain.errors import NotAllowed, NotFound
from portal.domain.payout_way import Chosen
from portal.domain.refund import RefundState
from portal.models import (
    AuditEntry,
    Message,
    OutboxRow,
    Payment,
    Policy,
    PolicyChange,
    Refund,
    SettlementDifference,
    SettlementLine,
)
from portal.models.transaction import writing
from portal.services.catalogue import agencies
from portal.services.payments import bank_refunds, open_refunds, refund_ways, review, settlement_days
from portal.services.payments.money_out import MOVED_AFTER_THE_END
from portal.services.platform import audit
from portal.services.servicing import ending
from tests.factories import AGENCY, AMOUNT, CCI
from tests.services.at_once import at_once
from tests.services.payments.moving import DIGITS, HANGS, REFUSED

REFUSES_REFUNDS = "0101"  # the card of sandbox/README.md whose refunds the bank refuses
ACCOUNT = Chosen(cci=parse(CCI))


@pytest.fixture
def refused(make, juana, rows, drain):
    """The refund of a policy that she ended, which the bank would not make."""
    make.ended(make.policy(juana, last4=REFUSES_REFUNDS), juana)
    drain()
    return rows(select(Refund))[0]


@pytest.fixture
def cash(call):
    return Chosen(agency=call(agencies.by_code, AGENCY))


@pytest.fixture
def instead(rows, refused):
    """All that was to give the money in place of what the bank refused, the oldest first."""
    return lambda: rows(select(Refund).where(Refund.instead_of_id == refused.id))


def with_proof(call, number):
    """It was received when it was issued."""

    def receive():
        with writing() as session:
            policy = session.scalars(select(Policy).where(Policy.number == number)).one()
            policy.delivered_at = policy.issued_at

    call(receive)


def told(rows, kind):
    return rows(select(Message).where(Message.kind == kind))


def test_another_account_is_paid_once_under_its_own_number(call, rows, juana, refused, instead, drain, bank):
    with pytest.raises(ValueError, match="is chosen"):
        call(refund_ways.choose, refused.number, Chosen(), juana.actor)
    call(refund_ways.choose, refused.number, ACCOUNT, juana.actor)
    (row,) = instead()
    assert (row.state, row.amount, row.document_number) == (
        RefundState.PROCESSING,
        refused.amount,
        juana.identity.number,
    )
    assert row.number > refused.number
    assert row.idempotency_key not in (None, refused.idempotency_key)
    assert "BCP •••• 2155" in told(rows, "refund_to_account")[0].text_body
    assert call(refund_ways.left) == []
    standing = call(refund_ways.standing, refused.number, juana.actor)
    assert (standing.refund.number, standing.can_choose) == (row.number, False)
    drain()
    drain()
    books = bank.ledger.entries()
    assert [(one["reference"], one["amount"]) for one in books["payouts"]] == [(row.number, f"{refused.amount:.2f}")]
    assert [one.state for one in instead()] == [RefundState.DONE]
    (mail,) = told(rows, "refund_arrived")
    assert "la cuenta que eligió: BCP •••• 2155" in mail.text_body
    assert call(bank_refunds.left_of, rows(select(Payment))[0]) == Decimal(0)
    with pytest.raises(NotAllowed):
        call(refund_ways.choose, refused.number, ACCOUNT, juana.actor)
    (change,) = rows(select(PolicyChange))
    lines = call(ending.refunds_of, change)
    assert [one.refund.number for one in lines] == [row.number], "the page of the end tells of what gave the money"


def test_an_account_that_the_bank_refuses_is_asked_for_again(call, rows, juana, refused, instead, drain, cash):
    call(refund_ways.choose, refused.number, Chosen(cci=parse(DIGITS["payout"][REFUSED])), juana.actor)
    drain()
    assert [one.state for one in instead()] == [RefundState.REFUSED]
    assert len(told(rows, "refund_refused")) == 2
    standing = call(refund_ways.standing, instead()[0].number, juana.actor)
    assert (standing.can_choose, standing.why) == (True, "El banco dice que esa cuenta está cerrada.")
    assert [one.refund.number for one in call(refund_ways.left)] == [refused.number], "once, at the desk"
    assert [one.number for one, _ in call(refund_ways.waiting_for, juana.actor)] == [refused.number]
    call(refund_ways.choose, instead()[0].number, cash, juana.actor)
    assert [one.state for one in instead()] == [RefundState.REFUSED, RefundState.AWAITING_COLLECTION]
    assert call(audit.first_broken) is None


def test_another_persons_refund_is_not_found(call, make, refused, instead):
    with pytest.raises(NotFound):
        call(refund_ways.choose, refused.number, ACCOUNT, make.customer().actor)
    assert instead() == []


def test_both_ways_eight_times_at_once_are_one(app, call, juana, refused, instead, drain, bank, cash):
    results = at_once(app, 8, lambda at: refund_ways.choose(refused.number, ACCOUNT if at % 2 else cash, juana.actor))
    assert sum(isinstance(one, str) for one in results) == 1, results
    drain()
    assert len(instead()) == 1
    assert len(bank.ledger.entries()["payouts"]) == (1 if instead()[0].cci else 0)
    assert call(audit.first_broken) is None


def test_one_that_the_bank_leaves_open_is_ended_by_two(call, make, juana, refused, instead, clock, rows):
    call(refund_ways.choose, refused.number, Chosen(cci=parse(DIGITS["payout"][HANGS])), juana.actor)
    (row,) = instead()
    make.left_open(row.number)
    (found,) = call(open_refunds.waiting)
    assert found.refund.account == "BCP •••• 2156"
    said = {"was_moved": False, "reference": "NO-1", "note": "Mesa"}
    call(review.propose, row.number, **said, actor=make.collaborator().actor)
    shown = call(open_refunds.one, row.number).proposal.id
    call(review.decide, row.number, make.supervisor().actor, shown=shown, accepted=True)
    assert [one.state for one in instead()] == [RefundState.REFUSED]
    assert call(refund_ways.standing, refused.number, juana.actor).can_choose


def test_nothing_is_sent_once_the_bank_made_the_first_after_all(app, call, juana, refused, instead, drain, bank):
    call(refund_ways.choose, refused.number, ACCOUNT, juana.actor)
    with app.app_context(), writing() as session:
        session.get_one(Refund, refused.id).reason = MOVED_AFTER_THE_END
    drain()
    assert [one.state for one in instead()] == [RefundState.REFUSED]
    assert bank.ledger.entries()["payouts"] == []


def test_the_settlement_tells_of_it_as_a_payout(call, rows, make, juana, drain, clock_at):
    day = portal_clock.today() + timedelta(days=2)
    clock_at(datetime.combine(day, time(10), portal_clock.LIMA))
    make.ended(make.policy(juana, last4=REFUSES_REFUNDS), juana)
    drain()
    (refused,) = rows(select(Refund))
    call(refund_ways.choose, refused.number, ACCOUNT, juana.actor)
    drain()
    clock_at(datetime.combine(day + timedelta(days=1), time(7), portal_clock.LIMA))
    call(settlement_days.keep_up)
    (number,) = rows(select(Refund.number).where(Refund.cci.is_not(None)))
    lines = [(one.kind.value, one.matched) for one in rows(select(SettlementLine))]
    assert ("payout", number) in lines
    assert rows(select(SettlementDifference)) == []


def test_what_is_owed_already_is_not_given_again_by_the_next_change(call, rows, make, juana, drain, clock_at, cash):
    """The bank makes neither; each has a way of its own, and together they are what was paid."""
    number = make.policy(juana, last4=REFUSES_REFUNDS)
    with_proof(call, number)
    clock_at(lima(rows(select(Policy.starts_at))[0]) + timedelta(hours=1))
    make.plan_lowered(number, juana)
    drain()
    make.ended(number, juana)
    drain()
    first, second = rows(select(Refund).order_by(Refund.id))
    assert [one.state for one in (first, second)] == [RefundState.REFUSED, RefundState.REFUSED]
    assert (first.amount, first.amount + second.amount) == (Decimal("36.36"), AMOUNT)
    call(refund_ways.choose, second.number, cash, juana.actor)
    call(refund_ways.choose, first.number, ACCOUNT, juana.actor)
    drain()
    assert call(bank_refunds.left_of, rows(select(Payment))[0]) == Decimal(0)
    assert call(refund_ways.left) == []


def test_its_number_of_digits_is_in_no_trace(call, rows, juana, refused):
    """Neither the audit nor the queue carries an account's number."""
    call(refund_ways.choose, refused.number, ACCOUNT, juana.actor)
    written = [*rows(select(AuditEntry.details)), *rows(select(OutboxRow.dedupe_key))]
    assert not [one for one in written if CCI in str(one)]
