"""The rules of a charge that is not over: when it is sent, asked for, and given up."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from jinja2 import FunctionLoader, TemplateNotFound
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.payment import PaymentState
from portal.domain.purchase import PurchaseState
from portal.models import Message, OutboxRow, OutboxState, Payment, Policy, Purchase
from portal.services.payments import charging, movements, sending
from portal.services.platform import audit, outbox
from sandbox.embedded import free_port
from tests.factories import Stage
from tests.services.at_once import at_once
from tests.services.odd_bank import NOT_FOUND, PROBLEM, approved, odd_bank


def test_a_mail_that_cannot_be_written_hides_no_payment_from_the_desk(
    app, buy, charge, payment, use_bank, call, clock, monkeypatch
):
    buy(last4="0023")
    charge()
    whole = app.jinja_env.loader

    def without_the_mail(name: str) -> str:
        if name.startswith("emails/payment_in_review/"):
            raise TemplateNotFound(name)
        return whole.get_source(app.jinja_env, name)[0]

    with odd_bank() as odd:
        use_bank(odd.url)
        monkeypatch.setattr(app.jinja_env, "cache", None)
        monkeypatch.setattr(app.jinja_env, "loader", FunctionLoader(without_the_mail))
        clock(hours=24, seconds=1)
        call(movements.reconcile_overdue)
    assert payment().state is PaymentState.IN_REVIEW
    assert call(audit.first_broken) is None


def test_a_charge_whose_token_died_before_it_was_sent_never_leaves(buy, charge, payment, use_bank, clock, mails):
    buy()
    with odd_bank(charge=lambda order: (201, approved(order))) as odd:  # a bank that would take the old token
        use_bank(odd.url)
        clock(minutes=31)
        charge()
        assert odd.keys == []
    ended = payment()
    assert (ended.state, ended.reason) == (PaymentState.NOT_SENT, "token_expired")
    assert len(mails("payment_not_sent")) == 1


def test_a_charge_given_up_unsent_ends_when_its_token_is_dead(buy, payment, rows, change, call, clock):
    buy()
    change(OutboxRow, OutboxRow.queue == "charges", state=OutboxState.FAILED)
    clock(minutes=29)
    call(movements.reconcile_overdue)
    assert payment().state is PaymentState.PROCESSING, "staff may still have it tried again"
    clock(minutes=32)
    call(movements.reconcile_overdue)
    assert payment().state is PaymentState.NOT_SENT
    assert rows(select(Purchase.state)) == [PurchaseState.OPEN]


def test_many_reconcilers_that_find_it_unsent_send_it_once(app, buy, payment, rows, charged, clock):
    buy()
    clock(seconds=61)
    answers = at_once(app, 6, lambda _: sending.reconcile(charging.CHARGE, payment().id))
    assert answers == [None] * 6
    assert payment().state is PaymentState.APPROVED
    assert len(charged()) == len(rows(select(Policy))) == 1


def test_a_sending_that_still_waits_for_its_answer_is_not_called_unknown(buy, payment, change, call, clock, mails):
    buy()
    now = portal_clock.now()
    change(Payment, sent_at=now, last_sent_at=now, processing_at=now.replace(year=now.year - 1))
    call(movements.reconcile_overdue)
    assert payment().state is PaymentState.PROCESSING
    assert not mails("payment_confirming")
    clock(seconds=16)
    call(movements.reconcile_overdue)
    assert payment().state is PaymentState.UNKNOWN


def test_many_reconcilers_send_it_once_more(app, buy, charge, payment, use_bank, clock):
    buy()
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        clock(seconds=301)
        at_once(app, 6, lambda _: sending.reconcile(charging.CHARGE, payment().id))
        assert len(odd.keys) == 2
        assert len(set(odd.keys)) == 1
    assert payment().state is PaymentState.UNKNOWN


def test_a_charge_that_arrives_late_is_found(buy, charge, payment, use_bank, call, clock):
    buy()
    with odd_bank(charge=(503, b""), question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        clock(seconds=290)
        call(movements.reconcile_overdue)
        assert payment().state is PaymentState.UNKNOWN
        odd.question = (200, approved(odd.orders[0]))
        call(movements.reconcile_overdue)
        assert len(odd.keys) == 1
    assert payment().state is PaymentState.APPROVED


@pytest.mark.parametrize("answer", [(401, PROBLEM), (429, b""), (422, {"code": "invalid_request"})])
def test_what_keeps_the_second_sending_out_says_nothing_of_the_first(
    buy, charge, payment, use_bank, call, clock, answer
):
    buy()
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        odd.charge = answer
        clock(seconds=301)
        call(movements.reconcile_overdue)
        assert payment().state is PaymentState.UNKNOWN
        odd.charge = (422, {"code": "token_expired"})
        clock(minutes=32)
        call(movements.reconcile_overdue)
        assert len(odd.keys) == 2
    assert payment().state is PaymentState.NOT_SENT


def test_a_token_that_the_bank_takes_no_more_ends_the_second_sending(buy, charge, payment, use_bank, call, clock):
    buy()
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        odd.charge = (422, {"code": "token_expired"})
        clock(seconds=301)
        call(movements.reconcile_overdue)
    assert payment().state is PaymentState.NOT_SENT


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (lambda order: (200, approved(order)), PaymentState.APPROVED),
        (lambda order: (200, approved(order, status="declined")), PaymentState.DECLINED),
        (lambda order: NOT_FOUND, PaymentState.UNKNOWN),
    ],
)
def test_a_key_that_was_used_with_another_body_is_asked_for(buy, charge, payment, use_bank, told, state):
    buy()
    with odd_bank(charge=(409, {"code": "idempotency_mismatch"})) as odd:
        odd.question = lambda _: told(odd.orders[0])
        use_bank(odd.url)
        charge()
        assert (len(odd.keys), odd.questions) == (1, 1)
    assert payment().state is state


def test_the_settle_time_is_a_setting(app, buy, charge, rows, use_bank, call, clock, monkeypatch):
    shorter = dataclasses.replace(app.config["PORTAL"], bank_settle=timedelta(seconds=40))
    monkeypatch.setitem(app.config, "PORTAL", shorter)
    buy()
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        clock(seconds=41)
        call(movements.reconcile_overdue)
        assert len(odd.keys) == 2


def test_a_bank_that_answers_after_a_day_is_still_believed(buy, charge, payment, use_bank, call, clock):
    buy()
    with odd_bank(charge=(500, b"")) as odd:
        use_bank(odd.url)
        charge()
        odd.question = lambda _: (200, approved(odd.orders[0]))
        clock(hours=25)
        call(movements.reconcile_overdue)
    assert payment().state is PaymentState.APPROVED


def test_an_unreachable_bank_in_a_web_process_without_the_queue_is_tried_again_by_the_reconciler(
    make, juana, press, call, payment, rows, use_bank, clock, redis_server, charged
):
    public_id = make.purchase(juana, Stage.TERMS)
    use_bank(f"http://127.0.0.1:{free_port()}")
    redis_server.stop()
    try:
        press(public_id)
        assert payment().state is PaymentState.PROCESSING
        use_bank()
        clock(seconds=61)
        call(outbox.enqueue_due)
        call(movements.reconcile_overdue)
    finally:
        redis_server.start()
    assert payment().state is PaymentState.APPROVED
    assert len(charged()) == 1
    assert rows(select(Message.kind).where(Message.kind == "payment_confirming")) == []
