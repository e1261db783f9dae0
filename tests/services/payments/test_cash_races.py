"""Several at the counter at the same moment: one receipt, one policy, one cancellation, whatever the interleaving."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.errors import DomainError, NotAllowed
from portal.domain.payment import PaymentState
from portal.domain.receipt import ReversalReason
from portal.domain.refund import RefundState
from portal.models import CashReceipt, Endorsement, Message, Payment, Policy, Purchase, Refund
from portal.services.payments import bank, receipts, reversals, slips
from portal.services.payments.refunds import CASH_REFUND
from portal.services.platform import audit, numbering
from portal.services.sale import account_validation
from portal.services.servicing import ending
from tests.factories import AGENCY, AMOUNT
from tests.services.at_once import at_once, in_the_midst


def counters(call):
    year = portal_clock.today().year
    return {name: call(numbering.last_value, f"{name}-{year}") for name in ("RC", "MA", "DV")}


def test_twenty_cashiers_at_once_make_one_receipt_one_policy_and_one_mail(app, call, rows, make, juana):
    slip = make.slip(juana)
    cashiers = [make.collaborator(agency=("CUS-1", "LIM-1")[number % 2]) for number in range(4)]
    results = at_once(app, 20, lambda number: receipts.receive(slip.number, AMOUNT, cashiers[number % 4].actor))
    numbers = [one for one in results if isinstance(one, str)]
    assert len(numbers) == 1
    assert [type(one) for one in results if not isinstance(one, str)] == [receipts.AlreadyReceived] * 19
    assert all(numbers[0] in one.message for one in results if not isinstance(one, str)), "shown the first"
    assert rows(select(CashReceipt.number)) == numbers
    assert len(rows(select(Policy))) == 1
    for kind in ("policy", "payment_receipt"):
        assert len(rows(select(Message).where(Message.kind == kind))) == 1
    assert counters(call) == {"RC": 1, "MA": 1, "DV": None}, "no number was lost"
    assert call(audit.first_broken) is None


def test_twenty_presses_with_late_money_open_one_refund(app, call, rows, make, juana, clock):
    slip, cashier = make.slip(juana), make.collaborator()
    clock(days=4)
    results = at_once(app, 20, lambda _: receipts.receive_to_return(slip.number, AMOUNT, cashier.actor))
    assert sum(isinstance(one, str) for one in results) == 1
    assert {type(one) for one in results} == {str, receipts.AlreadyReceived}
    assert len(rows(select(Refund))) == len(rows(select(CashReceipt))) == 1
    assert counters(call) == {"RC": 1, "MA": None, "DV": 1}


@pytest.mark.parametrize("attempt", range(3))
def test_receipt_against_expiry_ends_paid_or_expired_and_never_both(app, call, rows, make, juana, clock, attempt):
    slip, cashier = make.slip(juana), make.collaborator()
    left = slip.due_at - portal_clock.now()
    clock(seconds=left.total_seconds() - 0.15)

    def work(number):
        if number % 2:
            while portal_clock.now() <= slip.due_at:
                pass
            return slips.expire_due()
        return receipts.receive(slip.number, AMOUNT, cashier.actor)

    results = at_once(app, 6, work)
    (state,) = rows(select(Payment.state))
    paid = [one for one in results if isinstance(one, str)]
    assert len(paid) == len(rows(select(Policy))) == len(rows(select(CashReceipt))) == (state is PaymentState.APPROVED)
    assert state in (PaymentState.APPROVED, PaymentState.EXPIRED)
    assert not [one for one in results if isinstance(one, Exception) and not isinstance(one, NotAllowed)], results


@pytest.mark.parametrize("attempt", range(3))
def test_receipt_against_a_change_of_method_is_one_or_the_other(app, call, rows, make, juana, attempt):
    slip, cashier = make.slip(juana), make.collaborator()
    card = call(lambda: account_validation.Card(bank.banks()[0].code, "4821", 12, portal_clock.today().year + 2))

    def work(number):
        if number:
            return account_validation.validate(slip.public_id, card, juana.actor)
        return receipts.receive(slip.number, AMOUNT, cashier.actor)

    took, changed = at_once(app, 2, work)
    (state,) = rows(select(Payment.state))
    issued = len(rows(select(Policy)))
    if isinstance(took, str):
        assert (state, issued) == (PaymentState.APPROVED, 1)
        assert isinstance(changed, Exception), "what is paid is not changed"
    else:
        assert isinstance(took, NotAllowed), took
        assert (state, issued) == (PaymentState.CANCELLED, 0)
    assert len(rows(select(Purchase))) == 1


def test_twenty_reversals_at_once_cancel_once(app, call, rows, make, juana):
    number = call(receipts.receive, make.slip(juana).number, AMOUNT, make.collaborator().actor)
    others = [make.collaborator() for _ in range(4)]

    def reverse(one):
        reversals.reverse(number, ReversalReason.NO_MONEY, "No se recibió nada", others[one % 4].actor)

    results = at_once(app, 20, reverse)
    assert sum(one is None for one in results) == 1
    assert {type(one) for one in results} == {type(None), NotAllowed}
    assert rows(select(Endorsement.number).order_by(Endorsement.number)) == [0, 1]
    assert len(rows(select(Message).where(Message.kind == "policy_annulled"))) == 1
    assert call(audit.first_broken) is None


def test_the_second_of_two_who_reverse_it_reads_that_it_is_reversed(app, call, rows, make, juana, monkeypatch):
    number = call(receipts.receive, make.slip(juana).number, AMOUNT, make.collaborator().actor)
    one, other = make.collaborator(), make.collaborator()

    def reverse(member):
        return lambda: reversals.reverse(number, ReversalReason.NO_MONEY, "No se recibió nada", member.actor)

    first, second = in_the_midst(app, monkeypatch, (reversals, "_mark"), reverse(one), reverse(other))
    assert first is None
    assert isinstance(second, NotAllowed)
    assert second.message.startswith("Este recibo ya se anuló")


def test_a_policy_that_ends_while_its_receipt_is_reversed_gives_the_money_back_once(
    app, call, rows, make, juana, monkeypatch
):
    number = call(receipts.receive, make.slip(juana).number, AMOUNT, make.collaborator().actor)
    other = make.collaborator()
    ended, code = make.end_asked(rows(select(Policy.number))[0], juana, agency=AGENCY)

    def reverse():
        reversals.reverse(number, ReversalReason.NO_MONEY, "No se recibió nada", other.actor)

    reversing, left = in_the_midst(
        app, monkeypatch, (reversals, "_mark"), reverse, lambda: ending.confirm(ended, code, juana.actor)
    )
    assert reversing is None
    assert isinstance(left, NotAllowed), "annulled already"
    assert rows(select(Refund)) == []
    assert rows(select(Endorsement.number).order_by(Endorsement.number)) == [0, 1]


def test_a_reversal_against_giving_the_money_back_is_one_or_the_other(app, call, rows, make, juana, clock):
    slip = make.slip(juana)
    clock(days=4)
    number = call(receipts.receive_to_return, slip.number, AMOUNT, make.collaborator().actor)
    (refund,), one, other = rows(select(Refund.number)), make.collaborator(), make.collaborator()
    clock(days=4, minutes=1)
    code = make.refund_code(refund, one)

    def work(position):
        if position % 2:
            return CASH_REFUND.hand_over(refund, code, one.actor)
        return reversals.reverse(number, ReversalReason.NO_MONEY, "No se recibió nada", other.actor)

    results = at_once(app, 8, work)
    (state,) = rows(select(Refund.state))
    reversed_at = rows(select(CashReceipt.reversed_at))[0]
    assert (state is RefundState.VOID) == (reversed_at is not None)
    assert sum(one is None for one in results) == 1, results
    assert {type(one) for one in results if one is not None} <= {NotAllowed, DomainError}


def test_two_who_confirm_at_once_give_back_once(app, call, rows, make, juana, clock):
    slip = make.slip(juana)
    clock(days=4)
    call(receipts.receive_to_return, slip.number, AMOUNT, make.collaborator().actor)
    (refund,) = rows(select(Refund.number))
    make.hand_over(refund, make.collaborator())
    others = [make.collaborator() for _ in range(4)]
    results = at_once(app, 8, lambda one: CASH_REFUND.confirm(refund, others[one % 4].actor, handed_over=True))
    assert sum(one is None for one in results) == 1
    assert {type(one) for one in results if one is not None} <= {NotAllowed, DomainError}
    assert len(rows(select(Message).where(Message.kind == "refund_paid"))) == 1
