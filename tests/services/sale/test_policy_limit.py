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
from portal.models import Payment, Policy, Purchase
from portal.services.catalogue import offers
from portal.services.sale import paying, purchasing, quoting
from tests.factories import HOSPITAL, Stage
from tests.services.at_once import at_once


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


def test_the_limit_is_that_of_the_insured_and_not_of_the_holder(call, make, juana, one_each):
    make.policy(juana, product=HOSPITAL)
    maria = make.customer()
    insured = quoting.OtherInsured(
        juana.identity, "Juana", "Mamani", "Quispe", portal_clock.today().replace(year=1990), agrees=True
    )
    with pytest.raises(NotAllowed, match="Juana"):
        call(purchasing.start, make.quote(maria, HOSPITAL, insured=insured), maria.actor, accepts=True)


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
