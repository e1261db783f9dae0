"""A payment moves money once: pressed once or by many at once, it is one charge, one policy and one mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import QueuePool, select

from portal.domain import clock as portal_clock
from portal.domain.errors import DomainError, NotAllowed
from portal.domain.payment import PaymentState
from portal.domain.purchase import PurchaseState
from portal.domain.quote import QuoteState
from portal.extensions import db
from portal.models import AuditEntry, Message, OutboxRow, Payment, Policy, Purchase, Quote
from portal.services.payments import movements
from portal.services.sale import paying, purchasing
from tests.factories import AMOUNT, Stage
from tests.services.at_once import at_once, together
from tests.services.odd_bank import NOT_FOUND, PROBLEM, odd_bank
from workers import charges


def test_an_approved_charge_issues_the_policy_in_the_same_commit(make, juana, press, charge, payment, rows, bank):
    press(make.purchase(juana, Stage.TERMS))
    assert payment().state is PaymentState.PROCESSING
    assert charge() == 1
    paid = payment()
    assert (paid.state, paid.amount) == (PaymentState.APPROVED, AMOUNT)
    (booked,) = bank.ledger.entries()["charges"]
    assert (booked["amount"], booked["currency"], booked["reference"]) == ("72.92", "PEN", paid.number)
    assert (booked["key"], booked["charge_id"]) == (paid.idempotency_key, paid.charge_id)
    assert booked["authorization_code"] == paid.authorization_code
    assert rows(select(Purchase.state)) == [PurchaseState.ISSUED]
    assert rows(select(Quote.state)) == [QuoteState.BOUGHT]
    assert len(rows(select(Policy))) == 1


def test_the_key_is_new_for_each_payment_and_unguessable(make, juana, press, payment):
    keys = set()
    for _ in range(2):
        press(make.purchase(juana, Stage.TERMS))
        keys.add(payment().idempotency_key)
    assert len(keys) == 2
    assert all(len(key) >= 32 for key in keys)


@pytest.mark.parametrize("shown", [None, "0", "72.91", "72.93", "-72.92", "NaN", "sNaN", "Infinity"])
def test_a_shown_amount_that_differs_is_refused_and_nothing_moves(
    make, juana, press, charge, payment, shown, charged, call
):
    public_id = make.purchase(juana, Stage.TERMS)
    with pytest.raises(DomainError, match="no es el que mostraba la página"):
        press(public_id, None if shown is None else Decimal(shown))
    assert payment().state is PaymentState.CREATED
    assert charge() == 0
    assert not charged()


def test_without_a_request_there_is_nothing_to_process(make, juana, press, rows):
    for stage in (Stage.STARTED, Stage.BENEFICIARIES, Stage.METHOD, Stage.VERIFICATION):
        with pytest.raises(NotAllowed):
            press(make.purchase(juana, stage))
    assert not rows(select(Payment))


def test_the_bank_s_token_is_forgotten_once_the_payment_has_ended(make, juana, press, payment, charge, rows):
    press(make.purchase(juana, Stage.TERMS))
    charge()
    assert payment().account_token is None
    assert rows(select(Purchase.account_token)) == [None]


def test_pressed_twenty_times_at_once_it_is_one_charge_one_policy_and_one_mail(
    app, make, juana, payment, rows, charged, drain, mailbox
):
    public_id = make.purchase(juana, Stage.TERMS)
    answers = at_once(app, 20, lambda _: paying.process(public_id, AMOUNT, juana.actor))
    assert answers == [None] * 20
    (owed,) = rows(select(OutboxRow.id).where(OutboxRow.queue == "charges"))
    assert [one.state for one in rows(select(Payment))] == [PaymentState.PROCESSING]
    assert at_once(app, 5, lambda _: charges.charge(owed)) == [None] * 5
    drain()
    assert charged() == [payment().idempotency_key]
    assert len(rows(select(Policy))) == 1
    assert [mail.header("Subject") for mail in mailbox.store.mails()].count(
        rows(select(Message.subject).where(Message.kind == "policy"))[0]
    ) == 1


def test_pressed_again_at_once_after_a_refusal_it_is_one_new_try(app, make, juana, press, charge, rows, charged):
    public_id = make.purchase(juana, Stage.TERMS, last4="0001")
    press(public_id)
    charge()
    make.method(juana, public_id, "5555")
    answers = at_once(app, 12, lambda _: paying.process(public_id, AMOUNT, juana.actor))
    assert answers == [None] * 12
    assert sorted(rows(select(Payment.state))) == [PaymentState.DECLINED, PaymentState.PROCESSING]
    charge()
    assert len(charged()) == len(rows(select(Policy))) == 1


def test_without_the_queue_the_sale_goes_on_in_the_web_process_and_charges_once(
    app, make, juana, payment, rows, charged, redis_server
):
    public_id = make.purchase(juana, Stage.TERMS)
    redis_server.stop()
    try:
        answers = at_once(app, 8, lambda _: paying.process(public_id, AMOUNT, juana.actor))
    finally:
        redis_server.start()
    assert answers == [None] * 8
    assert payment().state is PaymentState.APPROVED
    assert charged() == [payment().idempotency_key]
    assert len(rows(select(Policy))) == 1


def test_of_presses_at_once_with_a_card_that_is_refused_at_once_one_comes_to_the_bank(
    app, make, juana, payment, mails, bank, call, redis_server
):
    public_id = make.purchase(juana, Stage.TERMS, last4="0001")
    for tries in (1, 2):  # the first, and the one that the page of the refusal offers
        asked = call(lambda: paying.attempt(purchasing.get(public_id, juana.actor)))
        redis_server.stop()
        try:
            press = partial(paying.process, public_id, AMOUNT, juana.actor, asked=asked)
            answers = together(app, *[press] * 8)
        finally:
            redis_server.start()
        assert answers == [None] * 8
        assert payment().state is PaymentState.DECLINED
        assert len(bank.ledger.entries()["charges"]) == len(mails("payment_refused")) == tries


def test_no_transaction_is_open_while_the_bank_thinks(app, make, juana, press, charge, payment, use_bank, call, clock):
    press(make.purchase(juana, Stage.TERMS))
    with app.app_context():
        pool = db.engine.pool
    assert isinstance(pool, QueuePool)
    held: list[int] = []

    def look(answer: tuple[int, dict[str, str]]) -> Callable[[object], tuple[int, dict[str, str]]]:
        def answering(_asked: object) -> tuple[int, dict[str, str]]:
            held.append(pool.checkedout())
            return answer

        return answering

    with odd_bank(charge=look((500, PROBLEM)), question=look(NOT_FOUND)) as odd:
        use_bank(odd.url)
        charge()
        clock(seconds=301)
        call(movements.reconcile_overdue)
        assert (len(odd.keys), odd.questions) == (2, 1)
    assert held == [0, 0, 0]


def test_every_step_of_a_payment_leaves_its_audit_row_without_personal_data(make, juana, press, charge, rows):
    press(make.purchase(juana, Stage.TERMS, last4="0022"))
    charge()
    entries = rows(select(AuditEntry).order_by(AuditEntry.id))
    assert [entry.action for entry in entries[-3:]] == ["payment.request", "payment.process", "payment.unknown"]
    said = " ".join(str(entry.details) for entry in entries)
    assert juana.identity.number not in said
    assert juana.email not in said
    assert timedelta(0) <= portal_clock.now() - entries[-1].at < timedelta(minutes=1)
