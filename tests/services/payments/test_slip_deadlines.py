"""A slip past its deadline: expired and reminded of once, whoever does it, and never both expired and paid."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.errors import NotAllowed
from portal.domain.payment import PaymentState
from portal.domain.purchase import PurchaseState
from portal.extensions import db
from portal.models import Payment, Policy
from portal.models.transaction import writing
from portal.services.payments import receipts, slips
from portal.services.sale import paying
from tests.services.at_once import at_once, together


def test_it_lives_until_its_deadline_and_expires_after_it(call, make, juana, clock_at, payments, mails, purchase):
    slip = make.slip(juana)
    clock_at(slip.due_at, seconds=-1)
    call(slips.expire_due)
    assert payments() == [(slip.number, PaymentState.AWAITING_CASH)]
    clock_at(slip.due_at, seconds=1)
    call(slips.expire_due)
    call(slips.expire_due)
    assert payments() == [(slip.number, PaymentState.EXPIRED)]
    assert (purchase().state, purchase().cash_agency_code) == (PurchaseState.OPEN, None)
    (mail,) = mails("slip_expired")
    assert "puede elegir otra vez cómo pagar" in mail.text_body


def test_past_the_quote_the_mail_says_to_quote_again(call, make, juana, clock, mails):
    make.slip(juana)
    clock(days=16)
    call(slips.expire_due)
    (mail,) = mails("slip_expired")
    assert "cotice otra vez" in mail.text_body
    assert "elegir otra vez cómo pagar" not in mail.text_body


def test_after_it_expired_another_can_be_made(call, make, juana, clock_at, payments):
    slip = make.slip(juana)
    clock_at(slip.due_at, seconds=1)
    call(slips.expire_due)
    call(paying.choose_agency, slip.public_id, "LIM-1", juana.actor)
    with pytest.raises(NotAllowed, match="Verifique otra vez"):
        call(paying.request_payment, slip.public_id, juana.actor, accepts=True)
    make.verification(juana, slip.public_id)
    call(paying.request_payment, slip.public_id, juana.actor, accepts=True)
    assert [state for _, state in payments()] == [PaymentState.EXPIRED, PaymentState.AWAITING_CASH]


def test_overdue_and_not_yet_marked_it_is_expired_by_the_next_edit(call, make, juana, clock_at, payments, mails):
    slip = make.slip(juana)
    clock_at(slip.due_at, seconds=1)
    call(paying.choose_agency, slip.public_id, "LIM-1", juana.actor)
    assert payments() == [(slip.number, PaymentState.EXPIRED)]
    assert (len(mails("slip_expired")), len(mails("slip_cancelled"))) == (1, 0)


def test_it_is_reminded_of_once_a_day_before(call, make, juana, clock_at, mails):
    slip = make.slip(juana)
    clock_at(slip.due_at - timedelta(hours=24), seconds=-60)
    call(slips.remind_due)
    assert not mails("slip_reminder")
    clock_at(slip.due_at - timedelta(hours=24), seconds=60)
    call(slips.remind_due)
    call(slips.remind_due)
    (mail,) = mails("slip_reminder")
    assert (mail.recipient, len(mail.attachments)) == (juana.email, 1)


def test_one_made_less_than_twelve_hours_ago_is_not_reminded_of(app, call, make, juana, clock, mails):
    slip = make.slip(juana)
    with app.app_context():
        payment = db.session.scalars(select(Payment)).one()
        payment.due_at = portal_clock.now() + timedelta(hours=13)
        db.session.commit()
    clock(hours=11, minutes=59)
    call(slips.remind_due)
    assert not mails("slip_reminder")
    clock(hours=12, minutes=1)
    call(slips.remind_due)
    assert len(mails("slip_reminder")) == 1
    assert slip.code in "".join(mails("slip_reminder")[0].text_body.split())


def test_schedules_at_once_expire_and_remind_once(app, call, make, juana, clock_at, mails, payments):
    slip = make.slip(juana)
    clock_at(slip.due_at - timedelta(hours=2))
    at_once(app, 6, lambda _: slips.remind_due())
    assert len(mails("slip_reminder")) == 1
    clock_at(slip.due_at, seconds=1)
    at_once(app, 6, lambda _: slips.expire_due())
    assert payments() == [(slip.number, PaymentState.EXPIRED)]
    assert len(mails("slip_expired")) == 1


def test_expired_at_the_moment_it_is_paid_only_one_wins(app, make, juana, rows):
    def expire(number: str) -> None:
        with writing() as session:
            payment = session.scalars(select(Payment).where(Payment.number == number)).one()
            if payment.state is PaymentState.AWAITING_CASH:
                slips.expire(payment)

    for turn in range(4):
        slip, cashier = make.slip(juana, quote=make.quote(juana, insured=make.insured())), make.collaborator()
        received = partial(receipts.receive, slip.number, slip.amount, cashier.actor)
        together(app, partial(expire, slip.number), received)
        (payment,) = rows(select(Payment).where(Payment.number == slip.number))
        assert payment.state in (PaymentState.APPROVED, PaymentState.EXPIRED), turn
        policies = rows(select(Policy).where(Policy.payment_id == payment.id))
        assert len(policies) == int(payment.state is PaymentState.APPROVED)
