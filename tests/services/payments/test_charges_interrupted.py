"""A worker or a web process that dies anywhere on a charge's way leaves what the next one completes."""

from __future__ import annotations

from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.payment import PaymentState
from portal.integrations.bank import Approved, Bank
from portal.models import OutboxRow, Payment, Policy
from portal.models.transaction import writing
from portal.services.payments import charging, movements, sending
from portal.services.platform import outbox
from tests.factories import Stage
from tests.services.odd_bank import odd_bank
from workers import charges


def test_a_payment_that_no_worker_took_is_charged_by_the_reconciler(make, juana, press, payment, call, clock, charged):
    press(make.purchase(juana, Stage.TERMS))  # the worker of the queue is dead
    clock(seconds=61)
    call(movements.reconcile_overdue)
    assert payment().state is PaymentState.APPROVED
    assert charged() == [payment().idempotency_key]


def test_a_payment_in_process_for_a_day_goes_there_too(make, juana, press, payment, use_bank, call, clock, rows):
    press(make.purchase(juana, Stage.TERMS))
    call(_leave_as_a_killed_worker_does, payment().id)
    with odd_bank() as odd:
        use_bank(odd.url)
        clock(hours=25)
        call(movements.reconcile_overdue)
    assert payment().state is PaymentState.IN_REVIEW


def _leave_as_a_killed_worker_does(payment_id: int) -> None:
    """What a worker that died right after its first transaction leaves behind."""
    with writing() as session:
        session.get_one(Payment, payment_id).sent_at = portal_clock.now()


def test_a_worker_that_follows_one_killed_before_the_charge_asks_and_does_not_charge(
    make, juana, press, charge, payment, call, clock, charged
):
    press(make.purchase(juana, Stage.TERMS))
    call(_leave_as_a_killed_worker_does, payment().id)
    charge()
    assert payment().state is PaymentState.UNKNOWN
    assert not charged()
    clock(seconds=301)
    call(movements.reconcile_overdue)
    assert payment().state is PaymentState.APPROVED
    assert len(charged()) == 1


def test_a_worker_that_follows_one_killed_after_the_charge_finds_it(
    make, juana, press, charge, payment, call, charged, bank, rows
):
    press(make.purchase(juana, Stage.TERMS))
    sent = payment()
    call(_leave_as_a_killed_worker_does, sent.id)
    outcome = Bank(bank.url, bank.api_key).send(call(charging.CHARGE.order, sent), str(sent.idempotency_key))
    assert isinstance(outcome, Approved)
    charge()
    assert (payment().state, payment().charge_id) == (PaymentState.APPROVED, outcome.bank_id)
    assert charged() == [sent.idempotency_key]
    assert len(rows(select(Policy))) == 1


def test_the_reconciler_comes_to_a_payment_in_process_after_a_minute(make, juana, press, payment, call, clock):
    press(make.purchase(juana, Stage.TERMS))
    call(_leave_as_a_killed_worker_does, payment().id)
    clock(seconds=45)
    assert call(sending.overdue, charging.CHARGE) == []
    clock(seconds=61)
    assert call(sending.overdue, charging.CHARGE) == [payment().id]


def test_web_killed_between_the_two_transactions_leaves_a_charge_that_is_owed(
    make, juana, press, charge, payment, call, clock, charged, redis_server
):
    press(make.purchase(juana, Stage.TERMS))
    with redis_server.client as redis:
        redis.flushdb()  # and the bell was never heard
        clock(seconds=16)
        assert call(outbox.enqueue_due) >= 1
        assert redis.llen("rq:queue:charges") == 1
    charge()
    assert payment().state is PaymentState.APPROVED
    assert len(charged()) == 1


def test_a_charge_that_is_done_twice_charges_once(make, juana, press, charge, app, rows, charged):
    press(make.purchase(juana, Stage.TERMS))
    (owed,) = rows(select(OutboxRow.id).where(OutboxRow.queue == "charges"))
    for _ in range(2):
        with app.app_context():
            charges.charge(owed)
    assert len(charged()) == len(rows(select(Policy))) == 1
