"""The bank makes a payout after it had ended as not paid: the person is paid once, or two people see to it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.claim import ClaimEventKind, ClaimState
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.payout import PAID_NOTHING, PayoutState
from portal.extensions import db
from portal.integrations.bank import Approved
from portal.models import AuditEntry, Claim, ClaimAward, ClaimEvent, Decision, Endorsement, Message, OutboxRow, Payout
from portal.services.controls import conflicts_of_interest
from portal.services.desk import work_queues
from portal.services.payments import open_payouts, payouts, review, settling
from portal.services.payments.bank import bank as portal_bank
from portal.services.payments.cash_payouts import CASH_PAYOUT
from portal.services.payments.paid_twice import PAID_TWICE
from portal.services.payments.payouts import BANK_PAYOUT
from portal.services.platform import audit
from sandbox.scenarios import example_cci
from tests.factories import ACCIDENT, AGENCY, CCI, beneficiary
from tests.services.at_once import at_once
from tests.services.payments.moving import DIGITS, HANGS, IMPATIENT

CLOSED = example_cci("0001")
LATE = Approved("po_late", "", portal_clock.now())


@pytest.fixture
def refused(make, juana, drain):
    """A claim of Juana's whose payout the bank has refused."""
    number = make.claim(juana, complete=True)
    make.way(number, juana, cci=CLOSED)
    make.approve(number)
    drain()
    return number


@pytest.fixture
def late_word(call, rows):
    """The bank says that it made the oldest payout after all."""

    def late_word(outcome=LATE):
        payout_id = rows(select(Payout.id).order_by(Payout.id))[0]
        call(settling.settle, BANK_PAYOUT, payout_id, outcome, None)

    return late_word


@pytest.fixture
def desk(call, make):
    def desk():
        member = make.collaborator()
        return {one.noun: one.count for _, one in call(work_queues.waiting, work_queues.DESK, member.actor)}

    return desk


def states(rows):
    return rows(select(Payout.state).order_by(Payout.id))


def mails(rows, kind):
    return rows(select(Message).where(Message.kind == kind))


def test_it_pays_the_claim_when_no_other_way_was_opened(rows, refused, juana, late_word, desk, capsys):
    for _ in range(2):
        late_word()
    (payout,) = rows(select(Payout))
    assert (payout.state, payout.bank_id, payout.reason) == (PayoutState.DONE, "po_late", None)
    assert None not in rows(select(ClaimAward.paid_at))
    assert rows(select(Claim.state)) == [ClaimState.PAID]
    assert [one.recipient for one in mails(rows, "payout_made")] == [juana.email]
    assert mails(rows, "paid_twice") == []
    assert all(one.expires_at for one in mails(rows, "payout_refused")), "nobody is asked for another way any more"
    assert "approved_after_the_end" in capsys.readouterr().out
    assert "pago hecho dos veces" not in desk()


def test_a_death_that_was_paid_so_ends_its_policy(rows, make, juana, drain, late_word):
    rosa = make.customer()
    number = make.claim(juana, ACCIDENT, named=[beneficiary("Rosa", share="100")], complete=True)
    make.known(make.party(number, "Rosa"), rosa)
    make.way(number, rosa, cci=CLOSED)
    make.approve(number)
    drain()
    late_word()
    assert rows(select(Claim.state)) == [ClaimState.PAID]
    assert len(rows(select(Endorsement))) == 2


def test_after_two_said_that_nothing_moved_the_banks_word_stands(call, rows, make, juana, use_bank, bank, drain):
    """The sandbox bank makes the payment and hangs up; two people are told wrongly, and then it answers."""
    number = make.claim(juana, complete=True)
    make.way(number, juana, cci=DIGITS["payout"][HANGS])
    make.approve(number)
    use_bank(patience=IMPATIENT)
    drain()
    assert states(rows) == [PayoutState.UNKNOWN]
    (payout,) = rows(select(Payout))
    call(settling.review, BANK_PAYOUT, payout.id)
    carla, jorge = make.collaborator(), make.supervisor()
    call(review.propose, payout.number, was_moved=False, reference="R-1", note="Mesa del banco", actor=carla.actor)
    shown = rows(select(Decision.id))[0]
    call(review.decide, payout.number, jorge.actor, shown=shown, accepted=True)
    assert states(rows) == [PayoutState.REFUSED]
    assert len(mails(rows, "payout_refused")) == 1

    def the_answer():
        row = db.session.get_one(Payout, payout.id)
        order, key = BANK_PAYOUT.order(row), str(row.idempotency_key)
        settling.settle(BANK_PAYOUT, payout.id, portal_bank().find(order, key), None)

    use_bank()
    call(the_answer)
    assert states(rows) == [PayoutState.DONE]
    assert rows(select(Claim.state)) == [ClaimState.PAID]
    moved = [one["reference"] for one in bank.ledger.entries()["payouts"] if one["status"] == "approved"]
    assert moved == [payout.number]


def test_cash_that_waits_for_the_same_is_handed_to_nobody(call, rows, make, refused, juana, late_word):
    make.way(refused, juana, agency=AGENCY)
    cash = rows(select(Payout.number).order_by(Payout.id))[-1]
    late_word()
    assert states(rows) == [PayoutState.DONE, PayoutState.VOID]
    assert rows(select(Claim.state)) == [ClaimState.PAID]
    with pytest.raises(NotAllowed, match="ya no está por entregar"):
        call(CASH_PAYOUT.code.send, cash, make.collaborator().actor)
    assert "payout.void" in rows(select(AuditEntry.action))


def test_cash_that_somebody_says_to_have_handed_over_tells(call, rows, make, refused, juana, late_word, desk):
    make.way(refused, juana, agency=AGENCY)
    cash = rows(select(Payout.number).order_by(Payout.id))[-1]
    make.hand_over_payout(cash, make.collaborator())
    late_word()
    assert states(rows) == [PayoutState.REFUSED, PayoutState.AWAITING_COLLECTION], "nobody knows yet"
    assert mails(rows, "paid_twice") == []
    assert desk()["pago hecho dos veces"] == 1
    call(CASH_PAYOUT.confirm, cash, make.collaborator().actor, handed_over=False)
    assert states(rows) == [PayoutState.DONE, PayoutState.VOID]
    assert rows(select(Claim.state)) == [ClaimState.PAID]
    assert "pago hecho dos veces" not in desk()


def test_cash_that_was_handed_over_too_is_money_twice(call, rows, make, refused, juana, late_word):
    make.way(refused, juana, agency=AGENCY)
    cash = rows(select(Payout.number).order_by(Payout.id))[-1]
    make.hand_over_payout(cash, make.collaborator())
    late_word()
    call(CASH_PAYOUT.confirm, cash, make.collaborator().actor, handed_over=True)
    assert states(rows) == [PayoutState.REFUSED, PayoutState.DONE]
    assert len(mails(rows, "paid_twice")) == 1


def test_another_that_has_not_left_yet_is_not_sent(rows, make, refused, juana, late_word, drain, bank):
    make.way(refused, juana, cci=CCI)
    late_word()
    assert states(rows) == [PayoutState.REFUSED, PayoutState.PROCESSING]
    drain()
    assert states(rows) == [PayoutState.DONE, PayoutState.REFUSED]
    assert rows(select(Claim.state)) == [ClaimState.PAID]
    assert [one["status"] for one in bank.ledger.entries()["payouts"]] == ["declined"], "the bank never saw the second"
    assert len(mails(rows, "payout_made")) == 1
    assert len(mails(rows, "payout_refused")) == 1, "nobody is asked for a third way"


def test_both_went_out_the_person_and_the_desk_know_and_two_close_it(
    call, rows, make, refused, juana, late_word, drain, desk
):
    make.way(refused, juana, cci=CCI)
    drain()
    assert rows(select(Claim.state)) == [ClaimState.PAID]
    for _ in range(2):
        late_word()
    assert states(rows) == [PayoutState.REFUSED, PayoutState.DONE]
    (mail,) = mails(rows, "paid_twice")
    assert mail.recipient == juana.email
    assert "No los gaste" in mail.text_body
    kinds = select(ClaimEvent.kind).where(ClaimEvent.kind == ClaimEventKind.PAID_TWICE)
    assert len(rows(kinds)) == 1
    assert desk()["pago hecho dos veces"] == 1
    number = rows(select(Payout.number).order_by(Payout.id))[0]
    (line,) = call(open_payouts.waiting)
    assert (line.payout.number, line.is_twice, line.waits_for_other) == (number, True, False)
    carla, jorge, me = make.collaborator(), make.supervisor(), make.supervisor(document_number=juana.identity.number)
    said = {"reference": "DEV-77", "note": "Lo devolvió en su banco."}
    with pytest.raises(conflicts_of_interest.HasPart):
        call(PAID_TWICE.propose, number, **said, actor=me.actor)
    call(PAID_TWICE.propose, number, **said, actor=carla.actor)
    shown = rows(select(Decision.id))[0]
    for member in (carla, make.collaborator()):
        with pytest.raises(NotAllowed):
            call(PAID_TWICE.decide, number, member.actor, shown=shown, accepted=True)
    with pytest.raises(conflicts_of_interest.HasPart):
        call(PAID_TWICE.decide, number, me.actor, shown=shown, accepted=True)
    call(PAID_TWICE.decide, number, jorge.actor, shown=shown, accepted=True)
    assert "pago hecho dos veces" not in desk()
    assert call(open_payouts.waiting) == []
    assert call(open_payouts.one, number).was_twice
    with pytest.raises(NotAllowed, match="ya se resolvió"):
        call(PAID_TWICE.propose, number, **said, actor=carla.actor)
    assert call(audit.first_broken) is None


def test_it_is_not_closed_while_the_other_may_still_fail(call, rows, make, refused, juana, late_word):
    make.way(refused, juana, cci=CCI)
    late_word()
    number = rows(select(Payout.number).order_by(Payout.id))[0]
    assert call(open_payouts.one, number).waits_for_other
    with pytest.raises(NotAllowed, match="todavía no termina"):
        call(PAID_TWICE.propose, number, reference="D-1", note="x", actor=make.collaborator().actor)
    with pytest.raises(NotFound):
        call(open_payouts.one, rows(select(Payout.number).order_by(Payout.id))[-1])


def test_the_late_word_and_another_way_at_once_pay_once_or_are_seen(app, call, rows, make, refused, juana, late_word):
    party = make.party(refused)
    payout_id = rows(select(Payout.id))[0]

    def work(one):
        if one:
            return make.way(refused, juana, cci=CCI, party=party)
        return settling.settle(BANK_PAYOUT, payout_id, LATE, None)

    results = at_once(app, 2, work)
    assert {type(one) for one in results} <= {type(None), NotAllowed, DomainError}, results
    for owed in rows(select(OutboxRow).where(OutboxRow.queue == "payouts")):
        call(payouts.pay_out, owed.subject_id, owed.id)
    assert [one for one in states(rows) if one not in PAID_NOTHING] == [PayoutState.DONE]
    assert rows(select(Claim.state)) == [ClaimState.PAID]
    assert rows(select(Payout.bank_id).where(Payout.state == PayoutState.DONE)) == ["po_late"]
