"""What a death that is paid does to the other policies of who died."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.clock import lima
from portal.domain.payment import PaymentState
from portal.domain.policy import EndorsementKind, PolicyState
from portal.domain.refund import RefundState
from portal.models import Claim, Endorsement, Message, Payment, Policy, PolicyChange, Refund
from portal.services.claims import others
from portal.services.payments import receipts
from portal.services.policies import policy as policies
from portal.services.servicing import ending
from tests.factories import ACCIDENT, AGENCY, AMOUNT, CCI, HOSPITAL, beneficiary


@pytest.fixture
def mourned(app, make, drain, rows, clock_at):
    """A policy near its end is renewed; then the death of whom it insures is told and paid. The policy's number."""

    def mourned(someone, *, agency=None, insured=None) -> str:
        quote = make.quote(someone, insured=insured) if insured else None
        old = make.policy(someone, named=[beneficiary("Rosa", share="100")], quote=quote)
        clock_at(lima(rows(select(Policy.ends_at).order_by(Policy.id))[-1]).replace(hour=10) - timedelta(days=30))
        if agency is None:
            make.renewed(old, someone)
        else:
            make.renewal(old, someone, agency=agency)
            (slip,) = rows(select(Payment).where(Payment.state == PaymentState.AWAITING_CASH))
            with app.app_context():
                receipts.receive(slip.number, slip.amount, make.collaborator().actor)
        number, rosa = make.claim(someone, ACCIDENT, policy=old, complete=True), make.customer(names="Rosa")
        make.known(make.party(number, "Rosa"), rosa)
        make.way(number, rosa, cci=CCI, party=make.party(number, "Rosa"))
        make.approve(number, Decimal("20000.00"))
        drain()
        return old

    return mourned


def test_one_that_has_not_begun_ends_and_all_of_its_money_goes_back(call, rows, juana, mourned):
    mourned(juana)
    old, new = rows(select(Policy).order_by(Policy.id))
    kinds = rows(select(Endorsement.kind).where(Endorsement.policy_id == new.id).order_by(Endorsement.number))
    assert kinds == [EndorsementKind.ISSUE, EndorsementKind.INSURED_DIED]
    assert old.state_at(portal_clock.now()) is new.state_at(portal_clock.now()) is PolicyState.CANCELLED
    assert (old.ended_by_payment, new.ended_by_payment, new.ended_by_death) == (True, False, True)
    (refund,) = rows(select(Refund))
    assert (refund.payment_id, refund.amount, refund.state) == (new.payment_id, AMOUNT, RefundState.DONE)
    (change,) = rows(select(PolicyChange))
    assert (change.policy_id, change.refund, change.effective_at) == (new.id, AMOUNT, new.starts_at)
    assert rows(select(Message.kind).where(Message.kind == "policy_not_begun")) == [], "its holder is who died"


def test_its_holder_is_told_where_another_was_insured(rows, make, juana, mourned):
    mourned(juana, insured=make.insured())
    (mail,) = rows(select(Message).where(Message.kind == "policy_not_begun"))
    assert mail.recipient == juana.email
    assert "S/ 72.92" in mail.subject.replace("\xa0", " ")
    assert "Sentimos mucho su pérdida" in mail.text_body


def test_what_was_paid_in_cash_waits_where_it_was_paid(rows, make, juana, mourned):
    mourned(juana, agency=AGENCY, insured=make.insured())
    (refund,) = rows(select(Refund))
    assert (refund.state, refund.agency_code) == (RefundState.AWAITING_COLLECTION, AGENCY)


def test_one_that_has_begun_goes_on_and_the_desk_sees_it(call, rows, make, juana, mourned):
    hospital = make.policy(juana, product=HOSPITAL)
    mourned(juana)
    (claim,) = rows(select(Claim))
    assert [one.number for one in call(lambda: others.of(claim)[1])] == [hospital]
    going = rows(select(Policy).where(Policy.number == hospital))[0]
    assert going.cancelled_at is None


def test_another_persons_policies_are_left_alone(rows, make, juana, mourned):
    other = make.policy(make.customer())
    mourned(juana)
    assert rows(select(Policy.cancelled_at).where(Policy.number == other)) == [None]


def test_what_ended_so_is_shown_and_ends_no_more(call, rows, juana, mourned):
    mourned(juana)
    (new,) = rows(select(Policy.number).where(Policy.renews_id.is_not(None)))
    found = call(lambda: ending.preview(policies.get(new, juana.actor), portal_clock.now()))
    assert found.why_not is not None
