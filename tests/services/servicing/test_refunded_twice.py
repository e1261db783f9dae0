"""The bank tells of a refund that had ended as refused: it stands where nothing else gives the same, and else two
people see to what went out twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.cci import parse
from portal.domain.errors import DomainError, NotAllowed
from portal.domain.payout_way import Chosen
from portal.domain.refund import RefundState
from portal.integrations.bank import Approved
from portal.models import Decision, Message, Payment, Policy, Refund
from portal.services.catalogue import agencies
from portal.services.payments import bank_refunds, open_refunds, refund_ways, returning, settling
from portal.services.payments.bank_refunds import BANK_REFUND
from portal.services.payments.money_out import MOVED_AFTER_THE_END
from portal.services.payments.paid_twice import REFUNDED_TWICE
from portal.services.payments.refunds import CASH_REFUND
from portal.services.platform import audit
from portal.services.policies import policy as policies
from tests.factories import AGENCY, AMOUNT, CCI
from tests.services.payments.moving import DIGITS, REFUSED

REFUSES_REFUNDS = "0101"  # the card of sandbox/README.md whose refunds the bank refuses
DONE, VOID, NOT = RefundState.DONE, RefundState.VOID, RefundState.REFUSED
ACCOUNT = Chosen(cci=parse(CCI))


@pytest.fixture
def refused(make, juana, rows, drain):
    make.ended(make.policy(juana, last4=REFUSES_REFUNDS), juana)
    drain()
    return rows(select(Refund))[0]


@pytest.fixture
def cash(call):
    return Chosen(agency=call(agencies.by_code, AGENCY))


@pytest.fixture
def late_word(call, refused):
    """The bank says now that it made the refund."""
    return lambda: call(settling.settle, BANK_REFUND, refused.id, Approved("re_late", "", portal_clock.now()), None)


@pytest.fixture
def choose(call, refused, juana):
    return lambda way: call(refund_ways.choose, refused.number, way, juana.actor)


@pytest.fixture
def states(rows):
    return lambda: rows(select(Refund.state).order_by(Refund.id))


@pytest.fixture
def mails(rows):
    return lambda kind: len(rows(select(Message.id).where(Message.kind == kind)))


@pytest.fixture
def hand_over(call, make):
    """Somebody says that the cash was handed over, another one whether it was."""

    def hand_over(number, *, handed_over=True):
        one, other = make.collaborator(), make.collaborator()
        make.hand_over(number, one)
        return lambda: call(CASH_REFUND.confirm, number, other.actor, handed_over=handed_over)

    return hand_over


def test_it_gives_the_money_back_when_no_other_way_was_chosen(call, rows, juana, refused, late_word, states, mails):
    for _ in range(2):
        late_word()
    (row,) = rows(select(Refund))
    assert (row.state, row.bank_id, row.reason) == (DONE, "re_late", None)
    assert (mails("refund_arrived"), mails("refunded_twice")) == (1, 0)
    assert not call(refund_ways.standing, refused.number, juana.actor).can_choose
    assert call(refund_ways.left) == []
    assert call(open_refunds.waiting) == []


def test_cash_that_waits_for_the_same_is_handed_to_nobody(choose, cash, late_word, states, mails, make):
    number = choose(cash)
    late_word()
    assert states() == [DONE, VOID]
    assert (mails("refund_arrived"), mails("refunded_twice")) == (1, 0)
    with pytest.raises(NotAllowed):
        make.hand_over(number, make.collaborator())


def test_what_has_not_left_for_another_account_is_not_sent(choose, late_word, states, mails, drain, bank):
    choose(ACCOUNT)
    late_word()
    drain()
    assert states() == [DONE, NOT]
    assert bank.ledger.entries()["payouts"] == []
    assert (mails("refund_arrived"), mails("refunded_twice")) == (1, 0)


def test_an_account_that_is_refused_meanwhile_leaves_it_as_the_one(call, rows, choose, late_word, states, mails, drain):
    choose(Chosen(cci=parse(DIGITS["payout"][REFUSED])))
    (number,) = rows(select(Refund.id).where(Refund.cci.is_not(None)))
    drain()
    late_word()
    assert states() == [DONE, NOT]
    assert number


def test_cash_that_is_said_to_be_handed_over_waits_for_the_second_word(
    call, choose, cash, late_word, states, mails, hand_over, refused
):
    confirm = hand_over(choose(cash), handed_over=False)
    late_word()
    assert states() == [NOT, RefundState.AWAITING_COLLECTION]
    (open_one,) = call(open_refunds.waiting)
    assert open_one.waits_for_other
    confirm()
    assert states() == [DONE, VOID]
    assert (mails("refund_arrived"), mails("refunded_twice")) == (1, 0)


@pytest.mark.parametrize("before", [True, False])
def test_cash_that_was_handed_over_is_told_once(call, choose, cash, late_word, states, mails, hand_over, before):
    """Whether the second person confirms it before the bank's word or after."""
    confirm = hand_over(choose(cash))
    for act in (confirm, late_word) if before else (late_word, confirm):
        act()
    late_word()
    assert states() == [NOT, DONE]
    assert mails("refunded_twice") == 1
    (open_one,) = call(open_refunds.waiting)
    assert (open_one.is_twice, open_one.waits_for_other) == (True, False)


def test_two_people_close_what_went_out_twice(
    call, rows, make, juana, choose, late_word, states, mails, drain, refused
):
    choose(ACCOUNT)
    drain()
    late_word()
    assert states() == [NOT, DONE]
    assert rows(select(Refund.reason))[0] == MOVED_AFTER_THE_END
    assert mails("refunded_twice") == 1
    carla, jorge = make.collaborator(), make.supervisor()
    said = {"reference": "D-1", "note": "Mesa del banco"}
    call(REFUNDED_TWICE.propose, refused.number, **said, actor=carla.actor)
    (shown,) = rows(select(Decision.id))
    with pytest.raises(NotAllowed):
        call(REFUNDED_TWICE.decide, refused.number, carla.actor, shown=shown, accepted=True)
    call(REFUNDED_TWICE.decide, refused.number, jorge.actor, shown=shown, accepted=True)
    assert call(open_refunds.waiting) == []
    with pytest.raises(NotAllowed):
        call(REFUNDED_TWICE.propose, refused.number, **said, actor=carla.actor)
    assert call(audit.first_broken) is None


def test_one_return_closes_one_of_them(call, rows, make, drain):
    numbers = []
    for someone in (make.customer(), make.customer()):
        make.ended(make.policy(someone, last4=REFUSES_REFUNDS), someone)
        drain()
        refund = rows(select(Refund).where(Refund.account_id == someone.account_id))[0]
        call(refund_ways.choose, refund.number, ACCOUNT, someone.actor)
        drain()
        call(settling.settle, BANK_REFUND, refund.id, Approved(f"re_{refund.id}", "", portal_clock.now()), None)
        numbers.append(refund.number)
    carla, jorge = make.collaborator(), make.supervisor()
    for number in numbers:
        call(REFUNDED_TWICE.propose, number, reference="D-1", note="Mesa del banco", actor=carla.actor)
    first, second = rows(select(Decision.id))
    call(REFUNDED_TWICE.decide, numbers[0], jorge.actor, shown=first, accepted=True)
    with pytest.raises(DomainError) as wrong:
        call(REFUNDED_TWICE.decide, numbers[1], jorge.actor, shown=second, accepted=True)
    assert wrong.value.field == "referencia"


def test_the_desk_reads_and_closes_it(clients, make, rows, choose, late_word, drain, refused):
    choose(ACCOUNT)
    drain()
    late_word()
    desk, boss = clients().sign_in(make.collaborator()), clients().sign_in(make.supervisor())
    address = f"/gestion/pagos/devoluciones/{refused.number}"
    assert "1 pago hecho dos veces" in desk.get("/gestion").text
    assert "Salió dos veces" in desk.get("/gestion/pagos").text
    page = desk.get(address)
    assert "La persona tiene el dinero dos veces" in page.text
    page = desk.submit(page, {"referencia": "D-9", "explicacion": "Mesa de comercios"})
    assert "Falta que lo confirme" in page.text
    page = boss.submit(boss.get(address), action=f"{address}/decision", button="Confirmar")
    assert "Cerrado: no queda nada por recuperar" in page.text
    assert "hecho dos veces" not in desk.get("/gestion").text


def test_what_went_out_twice_counts_once_against_what_was_paid(call, rows, make, juana, clock_at, drain):
    """Also once two have closed it: the house's loss until its return is no part of what the person paid."""
    number = make.policy(juana, last4=REFUSES_REFUNDS)
    clock_at(rows(select(Policy.starts_at))[0] + timedelta(days=119, hours=-2))
    make.plan_lowered(number, juana)
    drain()
    (refund,) = rows(select(Refund))
    call(refund_ways.choose, refund.number, ACCOUNT, juana.actor)
    drain()
    call(settling.settle, BANK_REFUND, refund.id, Approved("re_late", "", portal_clock.now()), None)
    assert rows(select(Refund.state).order_by(Refund.id)) == [NOT, DONE]
    assert rows(select(Refund.reason).order_by(Refund.id))[0] == MOVED_AFTER_THE_END
    assert call(bank_refunds.left_of, rows(select(Payment))[0]) == AMOUNT - refund.amount
    assert call(lambda: returning.kept(policies.get(number, juana.actor))) == AMOUNT - refund.amount
