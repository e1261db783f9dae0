"""A charge whose outcome nobody knows: nobody pays again meanwhile, and asking the bank ends it."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from portal.domain import clock as portal_clock
from portal.domain.payment import PaymentState
from portal.domain.purchase import PurchaseState
from portal.integrations.bank import Approved, Patience
from portal.models import AuditEntry, Payment, Policy, Purchase
from portal.models.transaction import writing
from portal.services.payments import charging, movements, sending, settling
from tests.factories import Stage
from tests.processes import until
from tests.services.at_once import at_once
from tests.services.held_purchase import assert_nobody_can_pay_or_edit
from tests.services.odd_bank import NOT_FOUND, PROBLEM, approved, odd_bank


def test_charged_and_answered_500_is_unknown_until_the_bank_is_asked(
    app, make, juana, press, charge, payment, rows, call, charged, mails
):
    public_id = make.purchase(juana, Stage.TERMS, last4="0022")
    press(public_id)
    charge()
    assert payment().state is PaymentState.UNKNOWN
    assert len(mails("payment_confirming")) == 1
    assert not mails("payment_refused")
    assert_nobody_can_pay_or_edit(public_id, press, call, juana, rows)
    assert call(sending.overdue, charging.CHARGE) == [payment().id]
    told = app.test_cli_runner().invoke(args=["reconcile"])
    assert (told.exit_code, told.output.splitlines()[-1]) == (0, "Pagos que el banco todavía no aclara: 0")
    assert payment().state is PaymentState.APPROVED
    assert charged() == [payment().idempotency_key]
    assert len(rows(select(Policy))) == 1
    assert len(mails("policy")) == 1


def test_charged_and_never_answered_is_unknown_until_the_bank_is_asked(
    make, juana, press, charge, payment, rows, call, charged, use_bank
):
    public_id = make.purchase(juana, Stage.TERMS, last4="0021")
    press(public_id)
    use_bank(patience=Patience(connect=1.0, read=0.3, total=0.5))
    charge()
    use_bank()
    assert payment().state is PaymentState.UNKNOWN
    until(charged, "the bank has charged")
    assert_nobody_can_pay_or_edit(public_id, press, call, juana, rows)
    call(movements.reconcile_overdue)
    assert payment().state is PaymentState.APPROVED
    assert charged() == [payment().idempotency_key]


def test_money_that_moves_for_a_payment_already_ended_raises_an_alarm_and_is_kept_on_record(
    make, juana, press, payment, charge, call, rows, capsys
):
    press(make.purchase(juana, Stage.TERMS, last4="0012"))
    charge()
    assert payment().state is PaymentState.NOT_SENT
    late = Approved("ch_late", "123456", portal_clock.now())
    call(settling.settle, charging.CHARGE, payment().id, late, None)
    assert (payment().state, payment().charge_id) == (PaymentState.NOT_SENT, "ch_late")
    assert "approved_after_the_end" in capsys.readouterr().out
    assert rows(select(AuditEntry.action).order_by(AuditEntry.id))[-1] == "payment.approved_after_the_end"


ODD_ANSWERS = {
    "garbage": lambda order: (201, b"\x00\xffnot json"),
    "nothing": lambda order: (201, b""),
    "another amount": lambda order: (201, approved(order, amount="1.00")),
    "another reference": lambda order: (201, approved(order, reference="SP-0000-000000")),
    "created but declined": lambda order: (201, approved(order, status="declined")),
    "refused but approved": lambda order: (402, approved(order)),
    "a refusal in garbage": lambda order: (402, b"<html>"),
    "a redirection": lambda order: (302, b""),
    "accepted for later": lambda order: (202, approved(order)),
    "the key was used": lambda order: (409, PROBLEM),
    "a broken bank": lambda order: (500, approved(order)),
    "a broken way": lambda order: (503, b"Service Unavailable"),
}


@pytest.mark.parametrize("answer", ODD_ANSWERS.values(), ids=ODD_ANSWERS)
def test_an_answer_that_proves_nothing_is_unknown_and_never_a_second_charge(
    make, juana, press, charge, payment, rows, call, use_bank, mails, answer
):
    public_id = make.purchase(juana, Stage.TERMS)
    press(public_id)
    with odd_bank(charge=answer) as odd:
        use_bank(odd.url)
        charge()
        assert payment().state is PaymentState.UNKNOWN
        assert not mails("payment_refused")
        assert_nobody_can_pay_or_edit(public_id, press, call, juana, rows)
        for _ in range(3):
            call(movements.reconcile_overdue)
        charge()
        assert odd.keys == [payment().idempotency_key]
        assert payment().state is PaymentState.UNKNOWN
        assert len(mails("payment_confirming")) == 1


def test_a_bank_that_says_in_the_end_what_happened_ends_the_doubt(
    make, juana, press, charge, payment, use_bank, call, rows
):
    press(make.purchase(juana, Stage.TERMS))
    with odd_bank(charge=(201, b"garbage")) as odd:
        use_bank(odd.url)
        charge()
        declined = approved(odd.orders[0], status="declined", decline_code="limit_exceeded")
        odd.question = (200, declined)
        call(movements.reconcile_overdue)
    assert (payment().state, payment().reason) == (PaymentState.DECLINED, "limit_exceeded")
    assert rows(select(Purchase.state)) == [PurchaseState.OPEN]


def test_a_404_that_the_bank_did_not_say_is_no_proof_even_late(
    make, juana, press, charge, payment, use_bank, call, clock
):
    press(make.purchase(juana, Stage.TERMS))
    with odd_bank(question=(404, b"<html>nginx</html>")) as odd:
        use_bank(odd.url)
        charge()
        clock(seconds=400)
        call(movements.reconcile_overdue)
        assert len(odd.keys) == 1
    assert payment().state is PaymentState.UNKNOWN


def test_what_is_not_known_after_a_day_lies_on_the_staffs_desk(
    make, juana, press, charge, payment, use_bank, call, clock, rows
):
    public_id = make.purchase(juana, Stage.TERMS)
    press(public_id)
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        clock(hours=24, seconds=1)
        call(movements.reconcile_overdue)
        assert len(odd.keys) == 1, "the bank has forgotten the key: sent again, it would be a second charge"
    assert payment().state is PaymentState.IN_REVIEW
    assert_nobody_can_pay_or_edit(public_id, press, call, juana, rows)
    assert call(sending.overdue, charging.CHARGE) == []
    assert rows(select(AuditEntry.action).order_by(AuditEntry.id.desc()))[0] == "payment.in_review"


def test_an_unknown_payment_asked_for_by_many_at_once_becomes_one_policy(
    app, make, juana, press, charge, payment, rows, charged
):
    press(make.purchase(juana, Stage.TERMS, last4="0022"))
    charge()
    answers = at_once(app, 6, lambda _: sending.reconcile(charging.CHARGE, payment().id))
    assert all(answer is None or isinstance(answer, StaleDataError) for answer in answers)
    assert payment().state is PaymentState.APPROVED
    assert len(charged()) == len(rows(select(Policy))) == 1


def test_one_payment_that_cannot_be_reconciled_does_not_hold_up_the_others(make, juana, press, charge, rows, call):
    for _ in range(2):
        press(make.purchase(juana, Stage.TERMS, last4="0022"))
    charge()
    first, second = rows(select(Payment).order_by(Payment.id))

    def break_the_first() -> None:
        with writing() as session:
            session.get_one(Payment, first.id).idempotency_key = "not a key"

    call(break_the_first)
    call(movements.reconcile_overdue)
    states = {one.id: one.state for one in rows(select(Payment))}
    assert states == {first.id: PaymentState.UNKNOWN, second.id: PaymentState.APPROVED}
