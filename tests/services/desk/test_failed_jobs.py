"""A charge that the bank says it never received is sent once more, with the same key, and then given up."""

from __future__ import annotations

from sqlalchemy import select

from portal.domain.payment import PaymentState
from portal.domain.purchase import PurchaseState
from portal.models import Policy, Purchase
from portal.services.payments import movements
from tests.factories import Stage
from tests.services.odd_bank import NOT_FOUND, approved, odd_bank


def test_answered_500_and_never_charged_is_sent_again_with_the_same_key_once_it_has_settled(
    make, juana, press, charge, payment, rows, call, clock, charged, mails
):
    press(make.purchase(juana, Stage.TERMS, last4="0023"))
    charge()
    key = payment().idempotency_key
    for later in ({"seconds": 1}, {"seconds": 285}):
        clock(**later)
        call(movements.reconcile_overdue)
        assert payment().state is PaymentState.UNKNOWN, "a 404 this young may be a charge on its way"
        assert not charged()
    clock(seconds=301)
    call(movements.reconcile_overdue)
    assert payment().state is PaymentState.APPROVED
    assert charged() == [key]
    assert len(mails("payment_confirming")) == 1
    assert len(rows(select(Policy))) == 1


def test_it_is_sent_once_more_and_the_settle_time_begins_anew(
    make, juana, press, payment, charge, use_bank, call, clock
):
    public_id = make.purchase(juana, Stage.TERMS)
    with odd_bank(question=NOT_FOUND) as odd:  # every charge is answered 500, every question 404
        use_bank(odd.url)
        press(public_id)
        charge()
        clock(seconds=1_700)  # the token still lives
        call(movements.reconcile_overdue)
        assert len(odd.keys) == 2
        clock(seconds=1_900)  # it is dead now, and the second sending is 200 s old
        call(movements.reconcile_overdue)
        assert payment().state is PaymentState.UNKNOWN, "the second sending may still be on its way"
        clock(seconds=2_010)
        call(movements.reconcile_overdue)
        assert payment().state is PaymentState.NOT_SENT
        assert len(odd.keys) == 2


def test_never_charged_and_the_token_dead_is_not_sent(make, juana, press, charge, payment, call, clock, charged, mails):
    press(make.purchase(juana, Stage.TERMS, last4="0023"))
    charge()
    clock(minutes=31)
    call(movements.reconcile_overdue)
    assert (payment().state, payment().reason) == (PaymentState.NOT_SENT, "token_expired")
    assert not charged()
    assert len(mails("payment_not_sent")) == 1


def test_it_is_sent_again_once_and_what_twice_did_not_arrive_was_not_made_once_the_token_is_dead(
    make, juana, press, charge, payment, use_bank, call, clock, rows
):
    press(make.purchase(juana, Stage.TERMS))
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        clock(seconds=301)
        call(movements.reconcile_overdue)
        clock(seconds=590)
        call(movements.reconcile_overdue)
        assert payment().state is PaymentState.UNKNOWN, "the second sending has its own time to arrive"
        clock(seconds=1_790)
        call(movements.reconcile_overdue)
        assert payment().state is PaymentState.UNKNOWN, "the bank would still take the token: it may yet arrive"
        clock(seconds=1_861)
        call(movements.reconcile_overdue)
        assert len(odd.keys) == 2
    assert payment().state is PaymentState.NOT_SENT
    assert rows(select(Purchase.state)) == [PurchaseState.OPEN]


def test_a_token_that_died_is_not_even_sent_again(make, juana, press, charge, payment, use_bank, call, clock):
    press(make.purchase(juana, Stage.TERMS))
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        odd.charge = lambda order: (201, approved(order))
        clock(minutes=31)
        call(movements.reconcile_overdue)
        assert len(odd.keys) == 1
    assert (payment().state, payment().reason) == (PaymentState.NOT_SENT, "token_expired")


def test_sent_again_it_is_the_same_key_and_only_while_the_bank_keeps_saying_it_has_nothing(
    make, juana, press, charge, payment, use_bank, call, clock
):
    press(make.purchase(juana, Stage.TERMS))
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        clock(seconds=301)
        call(movements.reconcile_overdue)
        assert len(odd.keys) == 2
        assert set(odd.keys) == {payment().idempotency_key}
    assert payment().state is PaymentState.UNKNOWN
