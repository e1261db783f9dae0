"""A charge that the bank approved and whose policy cannot be issued: kept, told, and left to people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from portal.domain.payment import NOT_ISSUED, PaymentState
from portal.domain.purchase import PurchaseState
from portal.models import AuditEntry, Decision, OutboxRow, OutboxState, Policy, Purchase
from portal.services.payments import charging, movements, review, sending
from tests.services.odd_bank import NOT_FOUND, odd_bank


@pytest.fixture
def stuck(make, juana, buy, change) -> Callable[[], None]:
    """The next policy's number is taken, so the last transaction of its charge cannot commit. Gives what mends it."""
    first = make.policy(juana)
    series, _, number = first.rpartition("-")
    taken = f"{series}-{int(number) + 1:06d}"
    change(Policy, number=taken)
    buy()
    return lambda: change(Policy, number=first)


def test_when_issuing_fails_nothing_is_half_written_and_the_next_try_completes_it(
    stuck, charge, payment, rows, charged, clock
):
    charge()
    assert payment().state is PaymentState.PROCESSING
    assert len(rows(select(Policy))) == 1
    assert len(charged()) == 2
    stuck()
    clock(seconds=6)
    charge()
    assert payment().state is PaymentState.APPROVED
    assert len(rows(select(Policy))) == 2
    assert len(charged()) == 2


def test_an_approval_that_cannot_be_issued_is_kept_and_the_bank_not_asked_again(
    stuck, charge, payment, rows, charged, use_bank, call, clock
):
    charge()
    kept = payment()
    assert (kept.state, kept.reason) == (PaymentState.PROCESSING, NOT_ISSUED)
    assert kept.charge_id
    assert kept.authorization_code
    assert len(rows(select(Policy))) == 1
    with odd_bank(question=NOT_FOUND) as odd:  # a bank that forgets must not undo what it said
        use_bank(odd.url)
        clock(minutes=9)
        call(movements.reconcile_overdue)
        assert (odd.questions, odd.keys) == (0, [])
    assert payment().state is PaymentState.PROCESSING
    stuck()
    call(movements.reconcile_overdue)
    issued = payment()
    assert (issued.state, issued.charge_id, issued.reason) == (PaymentState.APPROVED, kept.charge_id, None)
    assert len(charged()) == len(rows(select(Policy))) == 2


def test_after_ten_minutes_it_lies_on_the_staffs_desk_with_its_reason_and_an_alarm(
    stuck, charge, payment, rows, call, clock, mails, capsys
):
    charge()
    clock(minutes=10, seconds=1)
    call(movements.reconcile_overdue)
    left = payment()
    assert (left.state, left.reason, left.owes_policy) == (PaymentState.IN_REVIEW, NOT_ISSUED, True)
    assert '"charged_and_not_issued"' in capsys.readouterr().out
    last = rows(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))[0]
    assert (last.action, last.details) == ("payment.in_review", {"reason": NOT_ISSUED})
    assert call(sending.overdue, charging.CHARGE) == []
    (mail,) = mails("payment_in_review")
    assert "Su banco hizo el cargo" in mail.text_body
    assert "Si no lo hizo" not in mail.text_body
    charge()  # the job that waited for its next try finds nothing to do
    assert set(rows(select(OutboxRow.state).where(OutboxRow.queue == "charges"))) == {OutboxState.DONE}


def test_the_customer_reads_that_the_bank_charged_and_the_policy_is_late(
    make, juana, stuck, charge, rows, client, call, clock
):
    (public_id,) = rows(select(Purchase.public_id).where(Purchase.state == PurchaseState.AWAITING_PAYMENT))
    charge()
    page = client.sign_in(juana).get(f"/compras/{public_id}/pago")
    assert page.heading == "Su banco hizo el cargo y estamos emitiendo su póliza"
    assert "No pague otra vez" in page.text
    clock(minutes=10, seconds=1)
    call(movements.reconcile_overdue)
    page = client.get(f"/compras/{public_id}/pago")
    assert "por una falla nuestra todavía no pudimos emitir su póliza" in page.text
    assert not [form for form in page.forms if "monto" in str(form)]


def test_two_of_the_staff_issue_it_once_it_is_mended(make, stuck, charge, payment, rows, call, clock, charged):
    charge()
    clock(minutes=10, seconds=1)
    call(movements.reconcile_overdue)
    left = payment()
    make_sure = {"was_moved": True, "reference": "", "note": "Se corrigió la numeración"}
    call(review.propose, left.number, **make_sure, actor=make.collaborator().actor)
    stuck()
    (proposal,) = rows(select(Decision))
    call(review.decide, left.number, make.supervisor().actor, shown=proposal.id, accepted=True)
    issued = payment()
    assert (issued.state, issued.charge_id) == (PaymentState.APPROVED, left.charge_id)
    assert issued.authorization_code == left.authorization_code
    assert len(charged()) == len(rows(select(Policy))) == 2
