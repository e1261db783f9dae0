"""An insured has no more policies of a product than it allows, however they are bought."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.errors import NotAllowed
from portal.domain.payment import PaymentState
from portal.domain.refund import RefundState
from portal.models import CashReceipt, Decision, OutboxRow, Payment, Policy, Purchase, Refund
from portal.services.catalogue import offers
from portal.services.desk import cash_desk
from portal.services.operation import integrity
from portal.services.payments import late_charges, open_payments, receipts
from portal.services.sale import paying, purchasing, quoting
from tests.factories import HOSPITAL, Stage
from tests.services.at_once import at_once
from workers import charges


@pytest.fixture
def one_each(call, tmp_path):
    """The hospital product published again, with one active policy an insured."""
    folder = tmp_path / "catalogue"
    shutil.copytree(offers.FOLDER, folder)
    file = folder / f"{HOSPITAL}.toml"
    file.write_text(re.sub(r"(active_policies_per_insured) = \d+", r"\1 = 1", file.read_text()))
    assert call(offers.publish_files, folder) == [HOSPITAL]


def test_an_insured_has_no_more_policies_than_the_product_allows(call, rows, make, juana, one_each):
    make.policy(juana, product=HOSPITAL)
    with pytest.raises(NotAllowed, match=r"ya tiene 1 póliza de este seguro, .*: es el máximo"):
        call(purchasing.start, make.quote(juana, HOSPITAL), juana.actor, accepts=True)
    assert len(rows(select(Purchase))) == 1
    call(purchasing.start, make.quote(juana), juana.actor, accepts=True)  # another product


def for_juana(make, juana, buyer):
    """The buyer's quote for Juana."""
    insured = quoting.OtherInsured(
        juana.identity, "Juana", "Mamani", "Quispe", portal_clock.today().replace(year=1990), agrees=True
    )
    return make.quote(buyer, HOSPITAL, insured=insured)


def test_the_limit_is_that_of_each_insured_and_not_of_the_holder(call, make, juana, one_each):
    maria = make.customer()
    make.policy(maria, quote=for_juana(make, juana, maria), product=HOSPITAL)
    call(purchasing.start, make.quote(maria, HOSPITAL), maria.actor, accepts=True)
    with pytest.raises(NotAllowed, match="Usted ya tiene 1 póliza de este seguro, para Juana"):
        call(purchasing.start, for_juana(make, juana, maria), maria.actor, accepts=True)


def test_anothers_policy_counts_once_the_money_has_come_which_goes_back(
    call, rows, make, juana, one_each, mails, drain, bank
):
    make.policy(juana, product=HOSPITAL)
    maria = make.customer()
    make.purchase(maria, Stage.PAID, quote=for_juana(make, juana, maria), product=HOSPITAL)
    payment = rows(select(Payment).order_by(Payment.id))[-1]
    assert (payment.state, payment.bought_nothing, payment.account_token) == (PaymentState.APPROVED, True, None)
    assert len(rows(select(Policy))) == 1
    (refund,) = rows(select(Refund))
    assert (refund.amount, refund.state) == (payment.amount, RefundState.PROCESSING)
    (told,) = mails("payment_given_back")
    assert told.recipient == maria.email
    assert not re.search("Quispe|ya tiene|máximo", told.text_body)
    drain()
    assert rows(select(Refund.state)) == [RefundState.DONE]
    (given,) = bank.ledger.entries()["refunds"]
    assert (given["charge_id"], given["amount"]) == (payment.charge_id, f"{payment.amount:.2f}")
    assert call(integrity.prove)
    with pytest.raises(NotAllowed, match="Su pago está en proceso"):
        call(purchasing.open_for_editing, rows(select(Purchase.public_id))[-1], maria.actor)


def test_of_two_who_pay_for_one_insured_at_once_one_is_insured_and_the_other_gets_it_back(
    app, rows, make, juana, one_each
):
    buyers = [make.customer() for _ in range(3)]
    for buyer in buyers:
        bought = make.purchase(buyer, Stage.TERMS, quote=for_juana(make, juana, buyer), product=HOSPITAL)
        with app.app_context():
            paying.process(bought, purchasing.get(bought, buyer.actor).amount, buyer.actor)
    owed = rows(select(OutboxRow.id).where(OutboxRow.queue == "charges"))
    at_once(app, 3, lambda number: charges.charge(owed[number]))
    assert len(rows(select(Policy))) == 1
    assert [one.bought_nothing for one in rows(select(Payment))].count(True) == 2
    assert len(rows(select(Refund))) == 2


def test_a_refund_that_the_bank_refuses_lies_on_the_desk_for_two_people(
    call, rows, make, juana, one_each, drain, mails
):
    make.policy(juana, product=HOSPITAL)
    maria = make.customer()
    make.purchase(maria, Stage.PAID, quote=for_juana(make, juana, maria), product=HOSPITAL, last4="0101")
    number = rows(select(Payment.number).order_by(Payment.id))[-1]
    assert call(open_payments.waiting) == []
    drain()
    assert rows(select(Refund.state)) == [RefundState.REFUSED]
    (waiting,) = call(open_payments.waiting)
    assert (waiting.payment.number, waiting.is_owed_back) == (number, True)
    call(late_charges.propose, number, reference="rf_1", note="Mesa de comercios", actor=make.collaborator().actor)
    (proposal,) = rows(select(Decision))
    call(late_charges.decide, number, make.supervisor().actor, shown=proposal.id, accepted=True)
    assert call(open_payments.waiting) == []
    assert "Ese cobro no compró nada" in mails("charge_returned")[0].text_body


def test_cash_for_an_insured_with_anothers_policy_is_recorded_and_given_back(
    call, rows, make, juana, one_each, cashier, mails
):
    make.policy(juana, product=HOSPITAL)
    maria = make.customer()
    slip = make.slip(maria, quote=for_juana(make, juana, maria), product=HOSPITAL)
    call(cash_desk.find_by_code, slip.code, cashier.actor)
    call(receipts.receive, slip.number, slip.amount, cashier.actor)
    (receipt,) = rows(select(CashReceipt))
    assert not receipt.issues
    assert len(rows(select(Policy))) == 1
    assert rows(select(Refund.state)) == [RefundState.AWAITING_COLLECTION]
    (told,) = mails("refund_opened")
    assert "no pudimos emitir una póliza con los datos de esa compra" in told.text_body
    assert not re.search("Quispe|ya tiene|máximo|Mis Cotizaciones", told.text_body)
    assert call(integrity.prove)


def test_unpaid_slips_of_another_reserve_nothing(call, make, juana, one_each):
    maria = make.customer()
    make.slip(maria, quote=for_juana(make, juana, maria), product=HOSPITAL)
    call(purchasing.start, make.quote(juana, HOSPITAL), juana.actor, accepts=True)
    make.slip(juana, product=HOSPITAL)
    with pytest.raises(NotAllowed, match="es el máximo"):
        call(purchasing.start, make.quote(juana, HOSPITAL), juana.actor, accepts=True)


def test_a_policy_that_ended_makes_room_for_another(call, make, juana, clock, one_each):
    make.policy(juana, product=HOSPITAL)
    clock(days=368)
    call(purchasing.start, make.quote(juana, HOSPITAL), juana.actor, accepts=True)


def test_a_policy_to_be_cancelled_makes_room_when_it_is(call, make, juana, change, clock, one_each):
    number = make.policy(juana, product=HOSPITAL)
    change(Policy, Policy.number == number, cancelled_at=portal_clock.now() + timedelta(hours=2))
    with pytest.raises(NotAllowed, match="es el máximo"):
        call(purchasing.start, make.quote(juana, HOSPITAL), juana.actor, accepts=True)
    clock(hours=3)
    call(purchasing.start, make.quote(juana, HOSPITAL), juana.actor, accepts=True)


def test_two_purchases_begun_together_do_not_pass_the_limit_together(call, rows, make, juana, one_each):
    first, second = (make.purchase(juana, Stage.TERMS, product=HOSPITAL) for _ in range(2))
    make.pay(juana, first)
    (amount,) = set(rows(select(Payment.amount)))
    with pytest.raises(NotAllowed, match="es el máximo"):
        call(paying.process, second, amount, juana.actor)
    assert sorted(rows(select(Payment.state))) == [PaymentState.APPROVED, PaymentState.CREATED]


def test_nor_when_both_are_paid_at_once(app, rows, make, juana, one_each):
    purchases = [make.purchase(juana, Stage.TERMS, product=HOSPITAL) for _ in range(3)]
    (amount,) = set(rows(select(Payment.amount)))
    answers = at_once(app, 3, lambda number: paying.process(purchases[number], amount, juana.actor))
    assert answers.count(None) == 1
    assert rows(select(Payment.state)).count(PaymentState.PROCESSING) == 1


def test_a_refused_payment_makes_room_again(call, rows, make, juana, one_each):
    first, second = (make.purchase(juana, Stage.TERMS, product=HOSPITAL, last4="0001") for _ in range(2))
    make.pay(juana, first)
    (amount,) = set(rows(select(Payment.amount)))
    call(paying.process, second, amount, juana.actor)
