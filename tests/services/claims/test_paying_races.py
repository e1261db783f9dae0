"""Several at once about the money of a claim: one payment, nothing lost, whatever the interleaving."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.claim import ClaimState
from portal.domain.errors import DomainError, NotAllowed
from portal.domain.payout import PAID_NOTHING, PayoutState
from portal.models import Claim, Message, OutboxRow, Payout
from portal.services.payments import cash_payouts, payouts
from portal.services.payments.cash_payouts import CASH_PAYOUT
from portal.services.platform import audit
from sandbox.scenarios import example_cci
from tests.factories import ACCIDENT, CCI, beneficiary
from tests.services.at_once import at_once

OTHER = example_cci("7777")


@pytest.fixture
def complete(make, juana):
    return make.claim(juana, complete=True)


def standing(rows):
    return rows(select(Payout).where(Payout.state.not_in(PAID_NOTHING)))


def test_eight_windows_that_choose_at_once_make_one_payout(app, call, rows, make, juana, complete):
    make.approve(complete)
    party = make.party(complete)
    ccis = (CCI, OTHER)
    results = at_once(app, 8, lambda one: make.way(complete, juana, cci=ccis[one % 2], party=party))
    assert any(one is None for one in results)
    assert {type(one) for one in results} <= {type(None), NotAllowed}, results
    assert len(rows(select(Payout))) == 1
    assert call(audit.first_broken) is None


def test_a_way_that_is_chosen_while_the_answer_is_confirmed_is_paid_once(app, rows, make, juana, complete):
    party = make.party(complete)

    def work(one):
        return make.way(complete, juana, cci=CCI, party=party) if one else make.approve(complete)

    assert at_once(app, 2, work) == [None, None]
    assert [one.state for one in rows(select(Payout))] == [PayoutState.PROCESSING]


def test_a_way_that_is_changed_while_the_money_is_handed_over_is_one_or_the_other(app, call, rows, make, juana):
    number = make.payout(juana)
    (claim,) = rows(select(Claim.number))
    party, one, other = make.party(claim), make.collaborator(), make.collaborator()
    make.hand_over_payout(number, one)
    call(CASH_PAYOUT.confirm, number, other.actor, handed_over=False)
    code = None

    def work(position):
        if position:
            return make.way(claim, juana, cci=CCI, party=party)
        return CASH_PAYOUT.hand_over(number, code or "000000", one.actor)

    results = at_once(app, 2, work)
    assert {type(one) for one in results} <= {type(None), NotAllowed, DomainError}, results
    assert len(standing(rows)) == 1


def test_what_expires_while_another_way_is_chosen_is_owed_once(app, rows, make, juana, clock_at):
    make.payout(juana)
    (claim,), (payout,) = rows(select(Claim.number)), rows(select(Payout))
    party = make.party(claim)
    clock_at(payout.collect_by, seconds=1)

    def work(one):
        return make.way(claim, juana, cci=CCI, party=party) if one % 2 else cash_payouts.expire_due()

    results = at_once(app, 4, work)
    assert {type(one) for one in results} <= {type(None), NotAllowed}, results
    assert len(standing(rows)) <= 1
    if not standing(rows):
        make.way(claim, juana, cci=CCI, party=party)
    assert [one.cci for one in standing(rows)] == [CCI]


def test_two_payouts_of_a_death_that_end_at_once_pay_the_claim_once(app, rows, make, juana):
    rosa, luz = make.customer(), make.customer()
    named = [beneficiary("Rosa", share="50"), beneficiary("Luz", share="50")]
    number = make.claim(juana, ACCIDENT, named=named, complete=True)
    for name, someone in (("Rosa", rosa), ("Luz", luz)):
        make.known(make.party(number, name), someone)
        make.way(number, someone, cci=CCI, party=make.party(number, name))
    make.approve(number)
    owed = rows(select(OutboxRow).where(OutboxRow.queue == "payouts"))
    at_once(app, 2, lambda one: payouts.pay_out(owed[one].subject_id, owed[one].id))
    assert rows(select(Payout.state)) == [PayoutState.DONE] * 2
    assert rows(select(Claim.state)) == [ClaimState.PAID]
    assert len(rows(select(Message).where(Message.kind == "payout_made"))) == 2


def test_two_who_confirm_a_hand_over_at_once_pay_once(app, rows, make, juana):
    number = make.payout(juana)
    make.hand_over_payout(number, make.collaborator())
    others = [make.collaborator() for _ in range(4)]
    results = at_once(app, 4, lambda one: CASH_PAYOUT.confirm(number, others[one].actor, handed_over=True))
    assert sum(one is None for one in results) == 1, results
    assert {type(one) for one in results if one is not None} <= {NotAllowed, DomainError}
    assert rows(select(Claim.state)) == [ClaimState.PAID]
    assert len(rows(select(Message).where(Message.kind == "payout_made"))) == 1
