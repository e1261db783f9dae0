"""Claims from their registration to the money, by the real answer of two."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.claim import ClaimState, Outcome
from portal.domain.payout import PayoutState
from portal.domain.policy import EndorsementKind
from portal.extensions import db
from portal.models import Claim, ClaimAward, ClaimParty, Endorsement, Message, Payout
from portal.services.claims.resolutions import Proposal
from sandbox.scenarios import example_cci
from tests.factories import ACCIDENT, CCI, beneficiary

CLOSED = example_cci("0001")


def mailed(rows, *kinds):
    return [(one.kind, one.recipient) for one in rows(select(Message).where(Message.kind.in_(kinds)))]


def test_days_in_hospital_are_answered_by_two_and_paid_to_the_holders_account(rows, make, juana, drain, bank):
    number = make.claim(juana, complete=True)
    make.way(number, juana, cci=CCI)
    make.decided(number, make.collaborator(), make.supervisor())
    (award,), (payout,) = rows(select(ClaimAward)), rows(select(Payout))
    assert payout.amount == award.amount > 0
    drain()
    assert rows(select(Claim.state)) == [ClaimState.PAID]
    assert [entry["reference"] for entry in bank.ledger.entries()["payouts"]] == [payout.number]
    assert mailed(rows, "claim_decided", "payout_made") == [
        ("claim_decided", juana.email),
        ("payout_made", juana.email),
    ]


def test_a_death_is_paid_to_two_of_whom_one_is_a_minor_although_a_bank_refuses_once(rows, make, juana, drain):
    rosa, mother = make.customer(names="Rosa"), make.customer(names="Teresa")
    young = portal_clock.today() - timedelta(days=365 * 9)
    named = [
        beneficiary("Rosa", share="50"),
        beneficiary("Luz", share="50", birth_date=young, representative="Teresa Quispe", identity=None),
    ]
    number = make.claim(juana, ACCIDENT, named=named, complete=True)
    with make._app.app_context():
        acting = db.session.scalars(select(ClaimParty.id).where(ClaimParty.names == "Teresa")).one()
    for party, someone in ((make.party(number, "Rosa"), rosa), (acting, mother)):
        make.known(party, someone)
    make.way(number, rosa, cci=CLOSED, party=make.party(number, "Rosa"))
    make.decided(number, make.collaborator(), make.supervisor(), Proposal(Outcome.APPROVE))
    make.way(number, mother, cci=CCI, party=make.party(number, "Luz"))
    drain()
    assert rows(select(Claim.state)) == [ClaimState.APPROVED]
    assert sorted(rows(select(Payout.state))) == [PayoutState.DONE, PayoutState.REFUSED]
    make.way(number, rosa, cci=CCI, party=make.party(number, "Rosa"))
    drain()
    assert rows(select(Claim.state)) == [ClaimState.PAID]
    assert sorted(mailed(rows, "payout_made")) == sorted([("payout_made", rosa.email), ("payout_made", mother.email)])
    assert mailed(rows, "payout_refused") == [("payout_refused", rosa.email)]
    assert rows(select(Endorsement.kind)) == [EndorsementKind.ISSUE, EndorsementKind.BENEFIT_PAID]


def test_the_answer_says_where_to_find_it_with_an_account_and_without(rows, make, juana, change):
    number = make.claim(juana, complete=True)
    make.decided(number, make.collaborator(), make.supervisor())
    other = make.claim(juana, ACCIDENT, named=[beneficiary("Rosa", share="100")], complete=True)
    make.known(make.party(other, "Rosa"), make.customer())
    change(ClaimParty, account_id=None)
    make.decided(other, make.collaborator(), make.supervisor(), Proposal(Outcome.APPROVE))
    own, followed = rows(select(Message).where(Message.kind == "claim_decided").order_by(Message.id))
    assert f"/siniestros/{number}" in own.text_body
    assert f"/siniestros/{other}" not in followed.text_body
    for body in (followed.text_body, followed.html_body):
        assert "/avisos/seguimiento" in body
