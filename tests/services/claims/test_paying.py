"""The payment of a claim: to each person once, by the bank or in cash, and what follows when they have it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.claim import ClaimEventKind, ClaimState, PartyKind, PayoutWay
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.payout import PayoutState
from portal.domain.payout_way import Chosen
from portal.domain.policy import EndorsementKind, PolicyState
from portal.extensions import db
from portal.models import Claim, ClaimAward, ClaimEvent, ClaimParty, Decision, Endorsement, Message, Payout, Policy
from portal.models.transaction import writing
from portal.services.catalogue import agencies
from portal.services.claims import acting, course, payees
from portal.services.claims import claim as claims
from portal.services.controls import conflicts_of_interest
from portal.services.payments import cash_payouts
from portal.services.payments.cash_payouts import CASH_PAYOUT
from portal.services.platform.pending import counted
from sandbox.scenarios import example_cci
from tests.factories import ACCIDENT, AGENCY, CCI, beneficiary

CLOSED = example_cci("0001")  # an account that its bank has closed


@pytest.fixture
def complete(make, juana):
    """The number of a claim of Juana's with all that it needs."""
    return make.claim(juana, complete=True)


@pytest.fixture
def death(make, juana):
    """A death with two who are named, one of them a minor with their mother, whom the desk knows: its number."""
    rosa, mother = make.customer(names="Rosa"), make.customer(names="Teresa")
    young = portal_clock.today() - timedelta(days=365 * 9)
    named = [
        beneficiary("Rosa", share="50"),
        beneficiary("Luz", share="50", birth_date=young, representative="Teresa Quispe", identity=None),
    ]
    number = make.claim(juana, ACCIDENT, named=named, complete=True)
    make.known(make.party(number, "Rosa"), rosa)
    with make._app.app_context():
        acting = db.session.scalars(select(ClaimParty.id).where(ClaimParty.names == "Teresa")).one()
    make.known(acting, mother)
    return number, rosa, mother


def mails(rows, kind):
    return rows(select(Message).where(Message.kind == kind))


def events(rows, *kinds):
    return rows(select(ClaimEvent.kind).where(ClaimEvent.kind.in_(kinds)))


def test_who_chose_before_the_decision_is_paid_with_it(call, rows, make, juana, complete, drain, bank):
    make.way(complete, juana, cci=CCI)
    assert rows(select(Payout)) == []
    make.approve(complete)
    (payout,) = rows(select(Payout))
    assert (payout.cci, payout.amount, payout.state) == (CCI, Decimal("600.00"), PayoutState.PROCESSING)
    drain()
    assert rows(select(Payout.state)) == [PayoutState.DONE]
    assert [entry["reference"] for entry in bank.ledger.entries()["payouts"]] == [payout.number]
    (claim,) = rows(select(Claim))
    assert (claim.state, claim.due_at) == (ClaimState.PAID, None)
    assert rows(select(ClaimAward.paid_at)) != [None]
    (mail,) = mails(rows, "payout_made")
    assert (mail.recipient, "2155" in mail.text_body, CCI in mail.text_body) == (juana.email, True, False)
    assert events(rows, ClaimEventKind.PAYMENT_MADE, ClaimEventKind.PAID) == ["payment_made", "paid"]
    told = [step.title for step in call(lambda: course.of(claims.get(complete, juana.actor), juana.actor).steps)]
    assert told[-2:] == ["Aprobado", "Pago hecho"]
    assert rows(select(Endorsement.kind)) == [EndorsementKind.ISSUE], "only a death ends a policy"


def test_who_chooses_after_it_is_paid_then(rows, make, juana, complete, drain):
    make.approve(complete)
    drain()
    assert rows(select(Payout)) == []
    make.way(complete, juana, cci=CCI)
    drain()
    assert rows(select(Payout.state)) == [PayoutState.DONE]
    assert rows(select(Claim.state)) == [ClaimState.PAID]


def test_each_change_of_the_account_is_told_by_mail_and_the_same_one_is_none(rows, make, juana, complete):
    other = example_cci("7777")
    for cci in (CCI, CCI, other):
        make.way(complete, juana, cci=cci)
    told = mails(rows, "payout_way")
    assert [one.recipient for one in told] == [juana.email] * 2
    assert [cci in one.text_body + one.html_body for one in told for cci in (CCI, other)] == [False] * 4
    assert rows(select(ClaimParty.cci)) == [other]


def test_a_way_is_changed_until_the_money_has_left(make, juana, complete, drain):
    make.way(complete, juana, agency=AGENCY)
    make.way(complete, juana, cci=CCI)
    make.approve(complete)
    with pytest.raises(NotAllowed, match="ya salió al banco"):
        make.way(complete, juana, agency=AGENCY)
    drain()
    with pytest.raises(NotAllowed, match="Ya le pagamos"):
        make.way(complete, juana, agency=AGENCY)


def test_what_the_bank_refuses_is_owed_as_before_and_paid_another_way(rows, make, juana, complete, drain, bank):
    make.way(complete, juana, cci=CLOSED)
    make.approve(complete)
    drain()
    assert rows(select(Payout.state)) == [PayoutState.REFUSED]
    assert rows(select(Claim.state)) == [ClaimState.APPROVED]
    (mail,) = mails(rows, "payout_refused")
    assert mail.recipient == juana.email
    assert "esa cuenta está cerrada" in mail.text_body
    assert "Su dinero no se pierde" in mail.subject
    assert rows(select(ClaimParty.way)) == [None]
    assert events(rows, ClaimEventKind.PAYMENT_REFUSED) == ["payment_refused"]
    drain()
    assert len(rows(select(Payout))) == 1, "nobody sends it again by itself"
    make.way(complete, juana, cci=CCI)
    drain()
    assert rows(select(Payout.state)) == [PayoutState.REFUSED, PayoutState.DONE]
    assert rows(select(Claim.state)) == [ClaimState.PAID]
    moved = [one["status"] for one in bank.ledger.entries()["payouts"]]
    assert sorted(moved) == ["approved", "declined"]


def test_an_account_that_does_not_exist_is_said_to_be_so(rows, make, juana, complete, drain):
    make.way(complete, juana, cci=example_cci("0010"))
    make.approve(complete)
    drain()
    (mail,) = mails(rows, "payout_refused")
    assert "no encontró esa cuenta" in mail.text_body


def test_cash_waits_at_the_agency_and_is_handed_over_by_two(call, rows, make, juana, complete, drain):
    make.way(complete, juana, agency=AGENCY)
    make.approve(complete)
    (payout,) = rows(select(Payout))
    assert (payout.state, payout.agency_code, payout.cci) == (PayoutState.AWAITING_COLLECTION, AGENCY, None)
    drain()
    (mail,) = mails(rows, "payout_to_collect")
    assert (mail.recipient, payout.number in mail.text_body) == (juana.email, True)
    assert mail.expires_at == payout.collect_by
    assert [len(one.attachments) for one in mails(rows, "payout_to_collect")] == [1]
    one, other = make.collaborator(), make.collaborator()
    (line,) = call(CASH_PAYOUT.waiting, one.actor, limit=9)
    assert (line.recipient.identity, line.recipient.email) == (juana.identity, juana.email)
    make.hand_over_payout(payout.number, one)
    assert rows(select(Claim.state)) == [ClaimState.APPROVED]
    call(CASH_PAYOUT.confirm, payout.number, other.actor, handed_over=True)
    assert rows(select(Payout.state)) == [PayoutState.DONE]
    assert rows(select(Claim.state)) == [ClaimState.PAID]
    assert len(mails(rows, "payout_made")) == 1
    assert call(CASH_PAYOUT.waiting, one.actor, limit=9) == []
    with pytest.raises(NotAllowed, match="ya no está por entregar"):
        call(CASH_PAYOUT.confirm, payout.number, other.actor, handed_over=True)


def test_it_is_not_handed_over_without_the_code_to_oneself_or_elsewhere(call, rows, make, juana):
    number = make.payout(juana)
    with pytest.raises(DomainError) as refused:
        call(CASH_PAYOUT.hand_over, number, "123456", make.collaborator().actor)
    assert refused.value.field == "codigo"
    with pytest.raises(NotFound):
        call(CASH_PAYOUT.get, number, make.collaborator(agency="LIM-1").actor)
    me = make.collaborator(document_number=juana.identity.number)
    with pytest.raises(conflicts_of_interest.HasPart):
        make.hand_over_payout(number, me)
    make.hand_over_payout(number, make.collaborator())
    with pytest.raises(conflicts_of_interest.HasPart):
        call(CASH_PAYOUT.confirm, number, me.actor, handed_over=True)
    assert len(rows(select(Decision))) == 1


def test_who_has_another_part_of_the_claim_pays_nobody_of_it(call, rows, make, juana):
    named = [beneficiary("Rosa", share="50"), beneficiary("Luz", share="50")]
    number = make.claim(juana, ACCIDENT, named=named, complete=True)
    luz = make.collaborator()
    rosa, hers = make.party(number, "Rosa"), make.party(number, "Luz")
    rosas = make.customer()
    make.known(rosa, rosas)
    make.known(hers, luz)
    for party in (rosa, hers):
        with pytest.raises(conflicts_of_interest.HasPart):
            call(payees.at_desk, number, party, luz.actor)
    make.way(number, rosas, agency=AGENCY, party=rosa)
    make.approve(number)
    with pytest.raises(conflicts_of_interest.HasPart):
        make.hand_over_payout(rows(select(Payout.number))[0], luz)


def test_what_nobody_collects_expires_and_is_owed_as_before(call, rows, make, juana, clock_at):
    number = make.payout(juana)
    (payout,) = rows(select(Payout))
    clock_at(payout.collect_by, seconds=-1)
    call(cash_payouts.expire_due)
    assert rows(select(Payout.state)) == [PayoutState.AWAITING_COLLECTION]
    clock_at(payout.collect_by, seconds=1)
    for _ in range(2):
        call(cash_payouts.expire_due)
    assert rows(select(Payout.state)) == [PayoutState.EXPIRED]
    (mail,) = mails(rows, "payout_expired")
    assert "Su dinero sigue aquí" in mail.subject
    with pytest.raises(NotAllowed, match="ya no está por entregar"):
        call(CASH_PAYOUT.code.send, number, make.collaborator().actor)
    claim = rows(select(Claim.number))[0]
    make.way(claim, juana, agency=AGENCY)
    assert rows(select(Payout.state)) == [PayoutState.EXPIRED, PayoutState.AWAITING_COLLECTION]


def test_what_was_handed_over_does_not_expire_while_somebody_must_confirm_it(call, rows, make, juana, clock_at):
    number = make.payout(juana)
    (payout,) = rows(select(Payout))
    make.hand_over_payout(number, make.collaborator())
    clock_at(payout.collect_by, seconds=1)
    call(cash_payouts.expire_due)
    assert rows(select(Payout.state)) == [PayoutState.AWAITING_COLLECTION]
    claim = rows(select(Claim.number))[0]
    with pytest.raises(NotAllowed, match="se está entregando"):
        make.way(claim, juana, cci=CCI)


def test_cash_that_was_not_collected_goes_to_an_account_instead(call, rows, make, juana, drain):
    number = make.payout(juana)
    claim = rows(select(Claim.number))[0]
    make.way(claim, juana, cci=CCI)
    drain()
    assert rows(select(Payout.state)) == [PayoutState.VOID, PayoutState.DONE]
    with pytest.raises(NotAllowed, match="ya no está por entregar"):
        call(CASH_PAYOUT.code.send, number, make.collaborator().actor)
    assert mails(rows, "payout_to_collect")[0].expires_at <= portal_clock.now(), "nobody is sent there any more"


def test_two_who_share_a_death_are_paid_apart_and_then_the_policy_ends(call, rows, make, death, drain):
    number, rosa, mother = death
    make.way(number, rosa, cci=CLOSED, party=make.party(number, "Rosa"))
    make.way(number, mother, cci=CCI, party=make.party(number, "Luz"))
    make.approve(number, Decimal("20000.01"))
    drain()
    assert sorted(rows(select(Payout.state))) == [PayoutState.DONE, PayoutState.REFUSED]
    assert rows(select(Claim.state)) == [ClaimState.APPROVED]
    paid = rows(select(Payout).where(Payout.state == PayoutState.DONE))[0]
    assert (paid.payee_name, paid.payee) == ("Teresa Quispe", mother.identity)
    assert [one.recipient for one in mails(rows, "payout_made")] == [mother.email]
    assert [one.recipient for one in mails(rows, "payout_refused")] == [rosa.email]
    assert all("Luz" not in one.text_body for one in mails(rows, "payout_refused"))
    make.way(number, rosa, agency=AGENCY, party=make.party(number, "Rosa"))
    cash = rows(select(Payout).where(Payout.state == PayoutState.AWAITING_COLLECTION))[0]
    make.pay_in_cash(cash.number, make.collaborator())
    assert rows(select(Claim.state)) == [ClaimState.PAID]
    assert rows(select(Endorsement.kind)) == [EndorsementKind.ISSUE, EndorsementKind.BENEFIT_PAID]
    (policy,) = rows(select(Policy))
    assert policy.state_at(portal_clock.now()) is PolicyState.CANCELLED
    assert mails(rows, "policy_ended") == [], "its holder is who died"


def test_a_minor_is_paid_to_an_account_alone_and_through_who_acts_for_them(call, rows, make, death):
    number, rosa, mother = death
    luz = make.party(number, "Luz")
    with pytest.raises(DomainError, match="menor") as refused:
        make.way(number, mother, agency=AGENCY, party=luz)
    assert refused.value.field == "forma"
    with pytest.raises(NotFound):
        make.way(number, rosa, cci=CCI, party=luz)

    def alone():
        with writing() as session:
            session.get_one(ClaimParty, luz).represented_by_id = None

    call(alone)
    with pytest.raises(NotAllowed, match="quién representa"):
        call(
            payees.choose,
            lambda: db.session.get_one(ClaimParty, luz),
            Chosen(agency=agencies.by_code(AGENCY)),
            mother.actor,
        )


def test_who_lost_their_share_is_paid_nothing_for_a_minor_and_the_desk_and_the_holder_know(call, rows, make, juana):
    """The sum of somebody insured by another, who may be told; the mother is named too, and loses her share."""
    mother, young = make.customer(names="Teresa"), portal_clock.today() - timedelta(days=365 * 9)
    luz = beneficiary("Luz", share="50", birth_date=young, representative="Teresa Quispe", identity=None)
    named = [beneficiary("Teresa", share="50"), luz]
    policy = make.policy(juana, product=ACCIDENT, named=named, quote=make.quote(juana, insured=make.insured()))
    number = make.claim(juana, ACCIDENT, policy=policy, complete=True)
    make.known(make.party(number, "Teresa"), mother)
    with make._app.app_context():
        acting_id = db.session.scalars(select(ClaimParty.id).where(ClaimParty.kind == PartyKind.REPRESENTATIVE)).one()
    make.known(acting_id, mother)
    make.way(number, mother, cci=CCI, party=make.party(number, "Luz"))
    assert call(acting.alone) == []

    def lose():
        with writing() as session:
            lost = select(ClaimParty).where(ClaimParty.kind == PartyKind.BENEFICIARY, ClaimParty.names == "Teresa")
            party = session.scalars(lost).one()
            party.excluded_at, party.ground = portal_clock.now(), "Causó la muerte."

    call(lose)
    make.approve(number)
    assert rows(select(Payout)) == []
    (left,) = rows(select(ClaimParty).where(ClaimParty.names == "Luz"))
    assert (left.represented_by_id, left.way, left.cci) == (None, None, None)
    assert [(one.number, one.names) for one in call(acting.alone)] == [(number, "Luz")]
    assert call(lambda: counted([acting.pending(mother.actor)]))[0][0] == 1
    (mail,) = mails(rows, "nobody_acts")
    assert mail.recipient == juana.email
    with pytest.raises(NotFound):
        make.way(number, mother, cci=CCI, party=make.party(number, "Luz"))


def test_who_came_of_age_is_not_paid_to_who_acted_for_them(call, rows, make, death):
    number, _, mother = death
    luz = make.party(number, "Luz")
    make.way(number, mother, cci=CCI, party=luz)

    def grow_up():
        with writing() as session:
            session.get_one(ClaimParty, luz).birth_date = portal_clock.today() - timedelta(days=365 * 19)

    call(grow_up)
    make.approve(number)
    assert rows(select(Payout)) == []
    with pytest.raises(NotFound):
        make.way(number, mother, cci=CCI, party=luz)
    adult = make.customer()
    make.known(luz, adult)
    make.way(number, adult, agency=AGENCY, party=luz)
    assert rows(select(Payout.payee_name))[0].startswith("Luz")
    assert mails(rows, "nobody_acts") == []


def test_nobody_chooses_for_another(make, juana, complete, death):
    number, rosa, _mother = death
    for stranger, claim, party in (
        (rosa, complete, make.party(complete)),
        (juana, number, make.party(number, "Rosa")),  # the holder reads the claim, and is not who is paid
        (make.customer(), number, make.party(number, "Rosa")),
    ):
        with pytest.raises(NotFound):
            make.way(claim, stranger, cci=CCI, party=party)


def test_each_reads_of_their_own_money(call, make, juana, complete):
    def shown():
        return payees.payment(payees.own(complete, make.party(complete), juana.actor))

    before = call(shown)
    assert (before.award, before.payout, before.way, before.why_not) == (None, None, None, None)
    make.way(complete, juana, agency=AGENCY)
    make.approve(complete)
    after = call(shown)
    assert after.award.amount == Decimal("600.00")
    assert after.payout.state is PayoutState.AWAITING_COLLECTION
    assert (after.agency.code, after.party.way) == (AGENCY, PayoutWay.AGENCY)
    assert after.why_not is None


def test_a_rejected_claim_has_nothing_to_choose(make, juana, complete, change):
    change(Claim, state=ClaimState.REJECTED)
    with pytest.raises(NotAllowed, match="no hay un pago"):
        make.way(complete, juana, cci=CCI)
