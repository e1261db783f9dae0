"""A year of a policy: bought, its beneficiaries changed, a claim that blocks, renewed, and the renewal given back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.calendar import noon
from portal.domain.claim import ClaimState
from portal.domain.clock import lima
from portal.domain.errors import NotAllowed
from portal.domain.policy import PolicyState
from portal.domain.refund import RefundState
from portal.models import Claim, Message, Policy, Refund
from portal.services.operation import integrity
from portal.services.servicing import renewal_notices
from tests.factories import AMOUNT, beneficiary


@pytest.fixture
def mails_told(rows):
    kinds = ("policy", "policy_ending", "policy_expired", "policy_left")
    return lambda: rows(select(Message.kind).where(Message.kind.in_(kinds)).order_by(Message.id))


def test_a_year_from_the_purchase_to_a_renewal_that_is_given_back(
    call, rows, make, juana, change, clock_at, drain, mails_told
):
    number = make.policy(juana, named=[beneficiary("Rosa")])
    drain()
    starts_at, ends_at = rows(select(Policy.starts_at))[0], rows(select(Policy.ends_at))[0]

    def day(of_the_year: int, hour: int = 9) -> None:
        clock_at(noon(lima(starts_at).date() + timedelta(days=of_the_year)) + timedelta(hours=hour - 12))
        call(renewal_notices.tell_due)

    day(40)
    make.renamed(number, juana, [beneficiary("Luz", share="50"), beneficiary("Pedro", share="50")])
    drain()

    day(90)
    make.claim(juana, "muerte-accidental")
    other = rows(select(Policy.id))[0]
    change(Claim, policy_id=other, coverage_code="invalidez-total")
    with pytest.raises(NotAllowed, match="Primero termina el siniestro"):
        make.ended(number, juana)
    change(Claim, state=ClaimState.WITHDRAWN)

    for one in range(300, 356):
        day(one)
    assert mails_told().count("policy_ending") == rows(select(Message.kind)).count("policy_ending") > 0

    day(355)
    newer = make.renewed(number, juana)
    drain()
    old = rows(select(Policy).where(Policy.number == number))[0]
    new = rows(select(Policy).where(Policy.number == newer))[0]
    assert [one.names for one in new.issue.beneficiaries] == ["Luz", "Pedro"]
    assert (new.starts_at, new.is_first_year) == (ends_at, False)
    before = mails_told().count("policy_ending")
    for one in range(356, 367):
        day(one, 13)
    assert mails_told().count("policy_ending") - before <= 2, "of the other policy alone"

    day(367)
    assert [one.state_at(portal_clock.now()) for one in (old, new)] == [PolicyState.EXPIRED, PolicyState.ACTIVE]
    make.ended(newer, juana)
    drain()
    (refund,) = rows(select(Refund))
    assert (refund.amount, refund.state) == (AMOUNT, RefundState.DONE), "all of it: fifteen days have not passed"
    old = rows(select(Policy).where(Policy.number == number))[0]
    assert (old.cancelled_at, old.ends_at) == (None, ends_at)
    assert call(integrity.prove)
