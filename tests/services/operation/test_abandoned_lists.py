"""Whom somebody named to be paid and never confirmed is forgotten; who was confirmed stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.policy_change import ChangeState
from portal.models import ChangeBeneficiary, PolicyBeneficiary, PolicyChange, PurchaseBeneficiary, Quote
from portal.services.operation import retention
from tests.factories import Stage, beneficiary


@pytest.fixture
def named(rows):
    """The names that rows of a kind hold."""

    def named(model):
        return rows(select(model.names).order_by(model.id))

    return named


def test_a_list_that_nobody_confirmed_is_withdrawn_after_a_week(make, juana, rows, named, call, clock):
    number = make.policy(juana, named=[beneficiary("Carmen")])
    make.renaming_asked(number, juana, [beneficiary("Rosa")])
    clock(days=6, hours=23)
    call(retention.forget)
    assert named(ChangeBeneficiary) == ["Rosa"]
    clock(days=7, hours=1)
    call(retention.forget)
    assert named(ChangeBeneficiary) == []
    assert rows(select(PolicyChange.state)) == [ChangeState.WITHDRAWN]
    assert named(PolicyBeneficiary) == ["Carmen"], "who is paid stays"
    make.renamed(number, juana, [beneficiary("Luz")])
    clock(days=16)
    call(retention.forget)
    assert (named(ChangeBeneficiary), named(PolicyBeneficiary)) == (["Luz"], ["Carmen", "Luz"])


def test_whom_a_purchase_names_is_forgotten_a_month_after_it_could_be_paid(make, rows, named, call, clock_at):
    for name, stage in (("Ana", Stage.METHOD), ("Berta", Stage.TERMS), ("Carmen", Stage.PAID)):
        make.purchase(make.customer(), stage, named=[beneficiary(name)])
    until = max(rows(select(Quote.valid_until)))
    clock_at(until + timedelta(days=29))
    call(retention.forget)
    assert named(PurchaseBeneficiary) == ["Ana", "Berta", "Carmen"]
    clock_at(until + timedelta(days=31))
    call(retention.forget)
    assert named(PurchaseBeneficiary) == ["Berta", "Carmen"], "a payment that was asked for keeps what it was for"
    assert portal_clock.now() > until
