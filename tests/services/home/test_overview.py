"""What needs doing now: only what its reader can do, the most urgent first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.domain import clock as portal_clock
from portal.models import Message, Policy, Quote
from portal.models.transaction import writing
from portal.services.home import overview
from portal.services.home.overview import Task
from portal.services.messaging import delivery
from portal.services.payments import receipts, slips
from tests.factories import HOSPITAL, Stage

DAY = timedelta(days=1)


@pytest.fixture
def tasks(call, juana):
    return lambda: [one.task for one in call(overview.of, juana.actor).to_do]


@pytest.fixture
def end_in(app):
    """Let a policy that protects end so much later."""

    def end_in(number: str, left: timedelta) -> None:
        with app.app_context(), writing() as session:
            now = portal_clock.now()
            dates = {"starts_at": now - DAY, "ends_at": now + left}
            session.execute(update(Policy).where(Policy.number == number).values(**dates))

    return end_in


@pytest.fixture
def lose(app, juana):
    """Let the mails of a kind come back."""

    def lose(kind: str) -> None:
        with app.app_context(), writing() as session:
            for number in session.scalars(select(Message.id).where(Message.kind == kind)):
                delivery.not_delivered(number, "recipient refused: 550 5.1.1")

    return lose


def test_nobody_has_anything_to_do_who_has_nothing(tasks):
    assert tasks() == []


def test_what_ends_first_comes_first_and_what_has_no_end_after_three_days(app, make, juana, tasks, end_in, lose):
    soon, later = make.policy(juana), make.policy(juana, product=HOSPITAL)
    end_in(soon, 2 * DAY)
    end_in(later, 20 * DAY)
    lose("policy")
    make.purchase(juana)
    with app.app_context(), writing() as session:
        session.execute(update(Quote).values(valid_until=portal_clock.now() + 10 * DAY))
    assert tasks() == [Task.RENEW, Task.CORRECT_ADDRESS, Task.FINISH_PURCHASE, Task.RENEW]


@pytest.mark.parametrize(("left", "told"), [(45 * DAY, 1), (46 * DAY, 0)])
def test_a_policy_is_near_its_end_while_it_can_be_renewed(make, juana, tasks, end_in, left, told):
    end_in(make.policy(juana), left)
    assert tasks() == [Task.RENEW] * told


def test_a_slip_is_paid_and_a_payment_under_way_waited_for(call, make, juana, tasks):
    make.slip(juana)
    make.purchase(juana, Stage.PAID, product=HOSPITAL, last4="0022")
    found = call(overview.of, juana.actor)
    assert [one.task for one in found.to_do] == [Task.PAY_SLIP]
    assert [line.is_being_bought for line in found.paying] == [True]


def test_a_slip_past_its_deadline_is_a_purchase_to_finish(make, juana, tasks, clock):
    make.slip(juana)
    clock(days=4)
    assert tasks() == [Task.FINISH_PURCHASE]


def test_money_that_waits_at_an_agency_is_told_with_it(app, call, make, juana):
    late = make.slip(juana)
    cashier = make.collaborator().actor
    with app.app_context():
        with writing():
            slips.cancel(receipts.slip(late.number))
        receipts.receive_to_return(late.number, late.amount, cashier)
    refunds = [one.about for one in call(overview.of, juana.actor).to_do if one.task is Task.COLLECT_REFUND]
    assert [(refund.amount, agency.code) for refund, agency in refunds] == [(late.amount, "CUS-1")]
    assert call(overview.of, make.customer().actor).to_do == []


def test_many_lost_mails_are_one_thing_to_do(make, juana, tasks, lose):
    for _ in range(3):
        make.policy(juana, quote=make.quote(juana, HOSPITAL, insured=make.insured()), product=HOSPITAL)
    lose("policy")
    assert tasks() == [Task.CORRECT_ADDRESS]


def test_a_lost_code_is_no_address_to_correct(make, juana, tasks, lose):
    make.purchase(juana, Stage.METHOD)
    lose("purchase_code")
    assert tasks() == [Task.FINISH_PURCHASE], "where another code is asked for"
