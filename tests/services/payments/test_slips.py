"""The slip of a cash payment: made once, and ended in the same commit as the edit."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select
from stdnum import luhn

from portal.domain import clock as portal_clock
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.message import EXPIRED
from portal.domain.payment import PaymentState
from portal.domain.purchase import PaymentMethod, PurchaseState
from portal.models import CashReceipt, Document, Message, Payment, Policy, Purchase, Quote
from portal.services.documents import kinds
from portal.services.messaging import delivery
from portal.services.payments import receipts, slips
from portal.services.platform import outbox
from portal.services.sale import account_validation, beneficiaries, confirming, paying, purchasing
from tests.factories import AMOUNT, HOSPITAL, Stage, beneficiary
from tests.services.at_once import at_once, together

# --- making it -------------------------------------------------------------------------------------------------------


def test_the_request_of_a_purchase_in_cash_is_a_slip(make, juana, rows, mails):
    slip = make.slip(juana, agency="CUS-1")
    (payment,) = rows(select(Payment))
    assert (payment.state, payment.method) == (PaymentState.AWAITING_CASH, PaymentMethod.CASH)
    assert (payment.amount, payment.agency_code) == (AMOUNT, "CUS-1")
    assert (len(slip.code), luhn.is_valid(slip.code)) == (9, True)
    assert portal_clock.now() < payment.due_at <= portal_clock.now() + timedelta(days=3)
    assert rows(select(Purchase.state)) == [PurchaseState.AWAITING_PAYMENT]
    (document,) = rows(select(Document).where(Document.kind == kinds.SLIP.code))
    assert (document.subject_id, document.account_id) == (payment.id, juana.account_id)
    (mail,) = mails("payment_slip")
    assert [one.id for one in mail.attachments] == [document.id]


def test_asked_twenty_times_at_once_it_is_one_slip_and_one_mail(app, make, juana, payments, mails):
    public_id = make.purchase(juana, Stage.VERIFICATION, agency="CUS-1")
    at_once(app, 20, lambda _: paying.request_payment(public_id, juana.actor, accepts=True).number)
    assert payments() == [("SP-2026-000001", PaymentState.AWAITING_CASH)]
    assert len(mails("payment_slip")) == 1


def test_a_code_authorises_one_method_only(call, make, juana):
    public_id = make.purchase(juana, Stage.VERIFICATION)
    call(paying.choose_agency, public_id, "CUS-1", juana.actor)
    with pytest.raises(NotAllowed, match="Verifique otra vez"):
        call(paying.request_payment, public_id, juana.actor, accepts=True)


def test_choosing_an_agency_mails_a_code_that_names_the_method(call, make, juana, mails):
    public_id = make.purchase(juana, Stage.BENEFICIARIES)
    call(paying.choose_agency, public_id, "CUS-1", juana.actor)
    (mail,) = mails("purchase_code")
    assert "Forma de pago: Pago en Efectivo" in mail.text_body


@pytest.mark.parametrize("code", ["", "XXX-9", None])
def test_an_unknown_agency_is_refused_at_its_field(call, make, juana, code, purchase):
    public_id = make.purchase(juana, Stage.BENEFICIARIES)
    with pytest.raises(DomainError) as refused:
        call(paying.choose_agency, public_id, code, juana.actor)
    assert refused.value.field == "agencia"
    assert purchase().method is None


def test_an_agency_that_opens_too_late_is_refused_at_its_field(call, make, juana, clock_at, rows):
    public_id = make.purchase(juana, Stage.BENEFICIARIES)
    clock_at(rows(select(Quote.valid_until))[0], seconds=-60)  # the quote's last minute, at night
    with pytest.raises(DomainError, match="no abre antes") as refused:
        call(paying.choose_agency, public_id, "CUS-1", juana.actor)
    assert refused.value.field == "agencia"


def test_there_is_no_charge_for_a_purchase_in_cash(call, make, juana, payments, bank):
    slip = make.slip(juana)
    with pytest.raises(NotAllowed, match="en efectivo"):
        call(paying.process, slip.public_id, AMOUNT, juana.actor)
    assert payments() == [(slip.number, PaymentState.AWAITING_CASH)]
    assert not bank.ledger.entries()["charges"]


def test_only_its_owner_gets_its_pdf_or_mails_it(call, make, juana):
    slip, other = make.slip(juana), make.customer()
    for use_case in (paying.payable_slip, paying.mail_slip):
        with pytest.raises(NotFound):
            call(use_case, slip.public_id, other.actor)
    assert call(paying.mail_slip, slip.public_id, juana.actor) == juana.email


# --- edits -----------------------------------------------------------------------------------------------------------


def test_an_edited_answer_cancels_it_in_the_same_commit_and_says_so(call, make, juana, payments, mails, purchase):
    slip = make.slip(juana)
    call(beneficiaries.NAMING.put, slip.public_id, None, beneficiary(), juana.actor)
    assert payments() == [(slip.number, PaymentState.CANCELLED)]
    assert (purchase().state, purchase().cash_agency_code) == (PurchaseState.OPEN, None)
    (mail,) = mails("slip_cancelled")
    assert slip.code in "".join(mail.subject.split())


def test_the_mails_of_a_slip_arrive_in_their_order_and_none_asks_to_pay_a_code_that_is_dead(
    call, make, juana, mails, drain, rows
):
    slip = make.slip(juana)
    call(beneficiaries.NAMING.put, slip.public_id, None, beneficiary(), juana.actor)
    (cancelled,) = mails("slip_cancelled")
    with pytest.raises(outbox.RetryLater):
        call(delivery.send, cancelled.id, 0)
    drain()
    told = select(Message.kind).where(Message.sent_at.is_not(None), Message.kind.contains("slip"))
    assert rows(told) == ["slip_cancelled"]
    assert [one.reason for one in mails("payment_slip")] == [EXPIRED]


def test_an_edit_that_fails_leaves_it_alone(call, make, juana, payments, mails):
    slip = make.slip(juana)
    with pytest.raises(DomainError):
        call(beneficiaries.NAMING.put, slip.public_id, None, beneficiary(share="0"), juana.actor)
    assert payments() == [(slip.number, PaymentState.AWAITING_CASH)]
    assert not mails("slip_cancelled")


def test_another_method_cancels_it(call, make, juana, payments, mails, purchase):
    slip = make.slip(juana)
    make.method(juana, slip.public_id)
    assert payments() == [(slip.number, PaymentState.CANCELLED)]
    assert (purchase().method, len(mails("slip_cancelled"))) == (PaymentMethod.ACCOUNT, 1)


def test_another_method_that_the_bank_refuses_leaves_it_alone(call, make, juana, payments):
    slip = make.slip(juana)
    with pytest.raises(DomainError):
        call(account_validation.validate, slip.public_id, account_validation.Card("XXX", "4821", 12, 2030), juana.actor)
    assert payments() == [(slip.number, PaymentState.AWAITING_CASH)]


def test_what_changes_nothing_leaves_it_alone(call, make, juana, payments, clock):
    slip = make.slip(juana, named=[beneficiary()])
    call(beneficiaries.NAMING.finish, slip.public_id, juana.actor)
    call(paying.choose_agency, slip.public_id, "CUS-1", juana.actor)
    call(paying.request_payment, slip.public_id, juana.actor, accepts=True)
    clock(minutes=31)
    call(confirming.CODE.send, slip.public_id, juana.actor)
    make.verification(juana, slip.public_id)
    heirs = make.slip(juana, quote=make.quote(juana))
    call(beneficiaries.NAMING.name_nobody, heirs.public_id, juana.actor)
    assert {state for _, state in payments()} == {PaymentState.AWAITING_CASH}


def test_another_agency_is_a_new_slip_with_one_mail_that_ends_the_old_code(call, make, juana, payments, mails, rows):
    slip = make.slip(juana, agency="CUS-1")
    call(paying.choose_agency, slip.public_id, "LIM-2", juana.actor)
    (_, old_state), (_, new_state) = payments()
    assert (old_state, new_state) == (PaymentState.CANCELLED, PaymentState.AWAITING_CASH)
    assert rows(select(Payment.agency_code).order_by(Payment.id)) == ["CUS-1", "LIM-2"]
    assert len(set(rows(select(Payment.slip_code)))) == 2
    assert not mails("slip_cancelled")
    assert "ya no sirve. Cambió de agencia" in mails("payment_slip")[1].text_body
    assert rows(select(Purchase.state)) == [PurchaseState.AWAITING_PAYMENT]


def test_an_edit_and_the_receipt_at_once_never_both_win(app, make, juana, payments, rows):
    for turn in range(4):
        slip = make.slip(juana, quote=make.quote(juana, HOSPITAL, insured=make.insured()), product=HOSPITAL)
        cashier = make.collaborator()
        edited = partial(paying.choose_agency, slip.public_id, "LIM-2", juana.actor)
        together(app, edited, partial(receipts.receive, slip.number, slip.amount, cashier.actor))
        (first,) = rows(select(Payment).where(Payment.number == slip.number))
        paid = first.state is PaymentState.APPROVED
        assert first.state in (PaymentState.APPROVED, PaymentState.CANCELLED), turn
        issued = rows(select(Policy).where(Policy.payment_id == first.id))
        assert len(issued) == int(paid)
        received = rows(select(CashReceipt).where(CashReceipt.payment_id == first.id, CashReceipt.issues))
        assert len(received) == int(paid)


# --- limits ----------------------------------------------------------------------------------------------------------


def test_a_purchase_has_ten_slips_and_the_last_one_stays_good(call, make, juana, payments, mails):
    slip = make.slip(juana, agency="CUS-1")
    for turn in range(9):
        call(paying.choose_agency, slip.public_id, ("CUS-2", "CUS-1")[turn % 2], juana.actor)
    before, codes = payments(), len(mails("purchase_code"))
    for agency in ("CUS-1", "LIM-2"):
        with pytest.raises(DomainError, match="Ya generó 10 solicitudes") as refused:
            call(paying.choose_agency, slip.public_id, agency, juana.actor)
        assert refused.value.field is None
    assert payments() == before
    assert [state for _, state in before] == [PaymentState.CANCELLED] * 9 + [PaymentState.AWAITING_CASH]
    assert (len(mails("payment_slip")), len(mails("purchase_code"))) == (10, codes)

    call(beneficiaries.NAMING.put, slip.public_id, None, beneficiary(), juana.actor)  # none lives now
    with pytest.raises(DomainError, match="Ya generó 10 solicitudes"):
        call(paying.choose_agency, slip.public_id, "CUS-1", juana.actor)
    make.method(juana, slip.public_id)  # paying by account is still open


def test_a_living_slip_counts_as_a_policy_of_the_insured(call, make, juana, clock):
    insured = make.insured()
    for _ in range(10):  # what the product allows
        make.slip(juana, quote=make.quote(juana, insured=insured))
    number = make.quote(juana, insured=insured)
    with pytest.raises(NotAllowed, match="es el máximo"):
        call(purchasing.start, number, juana.actor, accepts=True)
    clock(days=4)
    call(slips.expire_due)
    call(purchasing.start, number, juana.actor, accepts=True)
