"""Cash at the counter: a slip's money is taken once, issues its policy, and a mistake is put right."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.payment import PaymentState
from portal.domain.purchase import PurchaseState
from portal.domain.refund import RefundState
from portal.models import (
    AuditEntry,
    CashReceipt,
    Document,
    Endorsement,
    Message,
    Payment,
    Policy,
    Purchase,
    Refund,
)
from portal.services.catalogue import agencies
from portal.services.controls import conflicts_of_interest
from portal.services.documents import kinds
from portal.services.payments import receipts, slips
from portal.services.platform import audit
from portal.services.sale import paying
from tests.factories import AMOUNT, Stage, beneficiary


def test_exact_money_issues_the_policy_with_receipt_papers_and_mails_in_one_commit(call, rows, make, juana, cashier):
    slip = make.slip(juana)
    number = call(receipts.receive, slip.number, AMOUNT, cashier.actor)
    (receipt,), (policy,), (payment,) = rows(select(CashReceipt)), rows(select(Policy)), rows(select(Payment))
    assert number == receipt.number == f"RC-{portal_clock.today().year}-000001"
    assert (receipt.amount, receipt.agency_code, receipt.received_by_id) == (AMOUNT, "CUS-1", cashier.account_id)
    assert receipt.issues
    assert receipt.reversed_at is None
    assert (payment.state, policy.payment_id) == (PaymentState.APPROVED, payment.id)
    assert payment.resolved_at is not None
    assert rows(select(Purchase.state)) == [PurchaseState.ISSUED]
    assert policy.starts_at > receipt.received_at
    made = {one.kind: one for one in rows(select(Document))}
    assert {kinds.RECEIPT.code, kinds.POLICY.code} <= set(made)
    mails = {one.kind: one for one in rows(select(Message))}
    assert mails["payment_receipt"].recipient == juana.email
    assert mails["payment_receipt"].policy_id == policy.id
    assert [one.id for one in mails["payment_receipt"].attachments] == [made[kinds.RECEIPT.code].id]
    assert [one.id for one in mails["policy"].attachments] == [made[kinds.POLICY.code].id]


@pytest.mark.parametrize("amount", ["72.91", "72.93", "0.00", "145.84"])
def test_another_amount_is_not_accepted_and_changes_nothing(call, rows, make, juana, cashier, amount):
    slip = make.slip(juana)
    with pytest.raises(DomainError, match=r"72\.92 exactos") as refused:
        call(receipts.receive, slip.number, Decimal(amount), cashier.actor)
    assert refused.value.field == "monto"
    assert rows(select(CashReceipt)) == rows(select(Policy)) == []
    assert rows(select(Payment.state)) == [PaymentState.AWAITING_CASH]


def test_the_second_time_is_refused_and_shown_the_first(call, rows, make, juana, cashier):
    slip, other = make.slip(juana), make.collaborator(agency="LIM-1", names="Carla", paternal_surname="Ríos")
    number = call(receipts.receive, slip.number, AMOUNT, other.actor)
    for use_case in (receipts.receive, receipts.receive_to_return):
        with pytest.raises(receipts.AlreadyReceived) as refused:
            call(use_case, slip.number, AMOUNT, cashier.actor)
        for fact in (number, "Agencia", "Carla Ríos", portal_clock.lima(portal_clock.now()).strftime("%d/%m/%Y")):
            assert fact in refused.value.message
    assert len(rows(select(CashReceipt))) == len(rows(select(Policy))) == 1


def test_another_agency_takes_the_money_and_the_receipt_is_its_own(call, rows, make, juana):
    slip, other = make.slip(juana, agency="CUS-1"), make.collaborator(agency="LIM-1")
    call(receipts.receive, slip.number, AMOUNT, other.actor)
    assert rows(select(CashReceipt.agency_code)) == ["LIM-1"]
    assert rows(select(Payment.agency_code)) == ["CUS-1"]
    (mail,) = rows(select(Message).where(Message.kind == "payment_receipt"))
    assert "Usted había elegido" in mail.text_body


def test_whoever_has_no_agency_takes_no_money(call, rows, make, juana):
    slip = make.slip(juana)
    for member in (make.collaborator(agency=None), make.supervisor(), juana):
        for use_case in (receipts.receive, receipts.receive_to_return):
            with pytest.raises(NotAllowed, match="no tiene una agencia"):
                call(use_case, slip.number, AMOUNT, member.actor)
    assert rows(select(CashReceipt)) == []


def test_nobody_takes_money_for_their_own_insurance(call, rows, make, juana, cashier):
    named = beneficiary()
    assert named.identity is not None
    slip = make.slip(juana, named=[named])
    for identity in (juana.identity, named.identity):
        member = make.collaborator(document_number=identity.number)
        with pytest.raises(conflicts_of_interest.HasPart):
            call(receipts.receive, slip.number, AMOUNT, member.actor)
    assert rows(select(CashReceipt)) == []
    call(receipts.receive, slip.number, AMOUNT, cashier.actor)


def test_the_deadline_itself_still_pays_and_an_instant_later_does_not(call, rows, make, juana, cashier, clock_at):
    first, second = make.slip(juana), make.slip(make.customer())
    clock_at(first.due_at, seconds=-60)
    call(receipts.receive, first.number, AMOUNT, cashier.actor)
    clock_at(second.due_at, seconds=1)
    with pytest.raises(NotAllowed, match="ya había vencido"):
        call(receipts.receive, second.number, AMOUNT, cashier.actor)
    assert sorted(rows(select(Payment.state))) == [PaymentState.APPROVED, PaymentState.AWAITING_CASH]


def test_late_money_is_kept_on_record_never_issues_and_opens_a_refund(call, rows, make, juana, cashier, clock):
    slip = make.slip(juana)
    clock(days=4)
    number = call(receipts.receive_to_return, slip.number, AMOUNT, cashier.actor)
    (receipt,), (refund,) = rows(select(CashReceipt)), rows(select(Refund))
    assert (receipt.number, receipt.issues, receipt.amount) == (number, False, AMOUNT)
    assert refund.number == f"DV-{portal_clock.today().year}-000001"
    assert (refund.state, refund.amount, refund.agency_code) == (RefundState.AWAITING_COLLECTION, AMOUNT, "CUS-1")
    assert (refund.account_id, refund.receipt_id) == (juana.account_id, receipt.id)
    assert rows(select(Policy)) == []
    (mail,) = rows(select(Message).where(Message.kind == "refund_opened"))
    assert "la solicitud ya había vencido" in mail.text_body
    assert refund.number in mail.text_body
    assert "DNI" in mail.text_body
    with pytest.raises(receipts.AlreadyReceived):
        call(receipts.receive_to_return, slip.number, AMOUNT, cashier.actor)


def test_the_expiry_takes_nothing_back_from_money_recorded_late(call, rows, make, juana, cashier, clock):
    slip = make.slip(juana)
    clock(days=4)
    call(slips.expire_due)
    assert rows(select(Payment.state)) == [PaymentState.EXPIRED]
    call(receipts.receive_to_return, slip.number, AMOUNT, cashier.actor)
    assert len(rows(select(Refund))) == 1
    assert rows(select(Purchase.state)) == [PurchaseState.OPEN]


def test_a_slip_that_can_be_paid_is_not_taken_as_late(call, rows, make, juana, cashier):
    slip = make.slip(juana)
    with pytest.raises(NotAllowed, match="todavía se puede cobrar"):
        call(receipts.receive_to_return, slip.number, AMOUNT, cashier.actor)
    assert rows(select(CashReceipt)) == []


@pytest.mark.parametrize("amount", ["0.00", "72.93"])
def test_late_money_is_something_and_no_more_than_the_slip(call, rows, make, juana, cashier, clock, amount):
    slip = make.slip(juana)
    clock(days=4)
    with pytest.raises(DomainError) as refused:
        call(receipts.receive_to_return, slip.number, Decimal(amount), cashier.actor)
    assert refused.value.field == "monto"
    call(receipts.receive_to_return, slip.number, Decimal("50.00"), cashier.actor)
    assert rows(select(Refund.amount)) == [Decimal("50.00")]


def test_a_purchase_paid_by_another_method_is_never_issued_twice(call, rows, make, juana, cashier):
    slip = make.slip(juana)
    make.method(juana, slip.public_id)
    with pytest.raises(NotAllowed, match="se había cancelado"):
        call(receipts.receive, slip.number, AMOUNT, cashier.actor)
    make.verification(juana, slip.public_id)
    call(paying.request_payment, slip.public_id, juana.actor, accepts=True)
    make.pay(juana, slip.public_id)
    assert len(rows(select(Policy))) == 1
    with pytest.raises(NotAllowed, match="se había cancelado"):
        call(receipts.receive, slip.number, AMOUNT, cashier.actor)
    call(receipts.receive_to_return, slip.number, AMOUNT, cashier.actor)
    assert len(rows(select(Policy))) == 1
    assert rows(select(Refund.amount)) == [AMOUNT]
    assert rows(select(Purchase.state)) == [PurchaseState.ISSUED]
    assert rows(select(Endorsement.number)) == [0]


def test_a_payment_by_account_is_no_slip(call, rows, make, juana, cashier):
    make.purchase(juana, Stage.TERMS)
    (number,) = rows(select(Payment.number))
    for use_case in (receipts.receive, receipts.receive_to_return):
        with pytest.raises(NotFound):
            call(use_case, number, AMOUNT, cashier.actor)


def test_the_audit_names_slip_amount_and_agency_and_nobody(call, rows, make, juana, cashier, clock):
    slip, late = make.slip(juana), make.slip(make.customer())
    number = call(receipts.receive, slip.number, AMOUNT, cashier.actor)
    clock(days=4)
    kept = call(receipts.receive_to_return, late.number, AMOUNT, cashier.actor)
    entries = {entry.action: entry for entry in rows(select(AuditEntry).where(AuditEntry.action.like("cash.%")))}
    (policy,), (refund,) = rows(select(Policy.number)), rows(select(Refund.number))
    taken, returned = entries["cash.receive"], entries["cash.receive_to_return"]
    assert (taken.actor_id, taken.subject) == (cashier.account_id, number)
    assert taken.details == {"slip": slip.number, "amount": "72.92", "agency": "CUS-1", "policy": policy}
    assert returned.subject == kept
    assert returned.details == {"slip": late.number, "amount": "72.92", "agency": "CUS-1", "refund": refund}
    assert call(audit.first_broken) is None


def test_a_receipt_is_read_at_its_agency_and_by_supervisors(call, read, make, juana, cashier):
    number = call(receipts.receive, make.slip(juana).number, AMOUNT, cashier.actor)
    for reader in (cashier, make.collaborator(), make.supervisor()):
        assert call(receipts.get, number, reader.actor).number == number
        assert read(kinds.RECEIPT, receipts.get, number, reader.actor) == (f"{number}.pdf", None)
    for stranger in (make.collaborator(agency="LIM-1"), make.collaborator(agency=None), juana):
        with pytest.raises(NotFound):
            call(receipts.get, number, stranger.actor)


def test_whoever_paid_reads_the_receipt_and_no_other_customer(call, read, make, juana, cashier):
    number = call(receipts.receive, make.slip(juana).number, AMOUNT, cashier.actor)
    assert read(kinds.RECEIPT, receipts.of_payer, number, juana.actor) == (f"{number}.pdf", None)
    for stranger in (make.customer(), cashier):
        with pytest.raises(NotFound):
            call(receipts.of_payer, number, stranger.actor)


def test_the_days_list_begins_anew_at_limas_midnight(call, make, juana, cashier, clock):
    def of_day(code="CUS-1"):
        return [line.receipt.number for line in call(receipts.of_day, agencies.by_code(code), limit=20)]

    evening = portal_clock.lima(portal_clock.now()).replace(hour=23, minute=30)
    first, second = make.slip(juana), make.slip(make.customer())
    until = (evening - portal_clock.now()).total_seconds()
    clock(seconds=until)
    one = call(receipts.receive, first.number, AMOUNT, cashier.actor)
    assert of_day() == [one]
    assert of_day("LIM-1") == []
    clock(seconds=until, minutes=31)
    assert of_day() == []
    two = call(receipts.receive, second.number, AMOUNT, cashier.actor)
    assert of_day() == [two]


def test_a_reader_counts_older_lines_by_key(call, make, cashier):
    numbers = [call(receipts.receive, make.slip(make.customer()).number, AMOUNT, cashier.actor) for _ in range(3)]
    newest, middle = call(receipts.of_day, agencies.by_code("CUS-1"), limit=2)
    assert [newest.receipt.number, middle.receipt.number] == [numbers[2], numbers[1]]
    (oldest,) = call(receipts.of_day, agencies.by_code("CUS-1"), before=middle.id, limit=2)
    assert oldest.receipt.number == numbers[0]
