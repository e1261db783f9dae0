"""A receipt recorded by mistake: reversed the same day, by another person, with a reason, by a cancellation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.domain import calendar
from portal.domain import clock as portal_clock
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.evidence import EvidenceKind
from portal.domain.payment import PaymentState
from portal.domain.policy import EndorsementKind, PolicyState
from portal.domain.purchase import PurchaseState
from portal.domain.receipt import ReversalReason
from portal.domain.refund import RefundState
from portal.models import (
    AuditEntry,
    CashReceipt,
    Document,
    Endorsement,
    Evidence,
    Message,
    Payment,
    Policy,
    Purchase,
    Refund,
)
from portal.models.transaction import writing
from portal.services.controls import conflicts_of_interest
from portal.services.documents import kinds, store
from portal.services.home import overview
from portal.services.messaging import outgoing
from portal.services.messaging.mails.evidence import EvidenceAsked
from portal.services.payments import receipts, reversals
from portal.services.payments.refunds import CASH_REFUND
from portal.services.policies import listing
from portal.services.policies import policy as policies
from tests.factories import AGENCY, AMOUNT, Stage

WORDS = "Se confundió con otra solicitud"


@pytest.fixture
def receipt(call, make, juana, cashier):
    """The number of a receipt that issued a policy."""
    return call(receipts.receive, make.slip(juana).number, AMOUNT, cashier.actor)


@pytest.fixture
def reverse(call):
    def reverse(number, member, reason=ReversalReason.OTHER_SLIP, words=WORDS):
        return call(reversals.reverse, number, reason, words, member.actor)

    return reverse


def test_reversing_cancels_the_policy_by_an_endorsement_and_tells_the_customer(rows, make, juana, receipt, reverse):
    other = make.collaborator()
    reverse(receipt, other)
    (row,), (policy,) = rows(select(CashReceipt)), rows(select(Policy))
    assert row.reversed_by_id == other.account_id
    assert row.reversal_reason == f"otra_orden: {WORDS}"
    zero, cancelled = rows(select(Endorsement).order_by(Endorsement.number))
    assert (cancelled.number, cancelled.kind) == (1, EndorsementKind.CANCELLATION)
    assert cancelled.effective_at == policy.cancelled_at
    assert cancelled.premium_total == zero.premium_total
    assert policy.state_at(policy.cancelled_at) is PolicyState.CANCELLED
    assert rows(select(Payment.state)) == [PaymentState.APPROVED]
    assert rows(select(Purchase.state)) == [PurchaseState.ISSUED]
    (paper,) = rows(select(Document).where(Document.kind == kinds.ENDORSEMENT.code))
    assert paper.filename == f"{policy.number}-endoso-1.pdf"
    (mail,) = rows(select(Message).where(Message.kind == "policy_annulled"))
    assert (mail.recipient, mail.policy_id) == (juana.email, policy.id)
    assert [one.id for one in mail.attachments] == [paper.id]
    assert WORDS not in mail.text_body, "what staff wrote is not for the customer"
    assert "Se registró en la solicitud de otra persona" in mail.text_body


def test_the_slip_of_another_plan_is_cancelled_with_its_policy(call, rows, make, juana, cashier, reverse, clock_at):
    noon = calendar.first_noon_after(portal_clock.now())
    clock_at(noon - timedelta(hours=2))
    receipt = call(receipts.receive, make.slip(juana).number, AMOUNT, cashier.actor)
    clock_at(noon + timedelta(minutes=30))
    make.plan_bought(rows(select(Policy.number))[0], juana, stage=Stage.TERMS, agency=AGENCY)
    reverse(receipt, make.collaborator())
    assert rows(select(Payment.state).order_by(Payment.id))[-1] is PaymentState.CANCELLED
    assert rows(select(Message.recipient).where(Message.kind == "slip_cancelled")) == [juana.email]


def test_evidence_that_was_asked_again_is_asked_for_no_more(call, rows, make, receipt, reverse):
    def ask():
        with writing() as session:
            policy = session.scalars(select(Policy)).one()
            evidence = Evidence(purchase=policy.purchase, kind=EvidenceKind.PERSON, reason="Otra.")
            session.add(evidence)
            session.flush()
            mail = EvidenceAsked(policy=policy, evidence=evidence)
            return outgoing.queue_for_buyer(mail, policy.purchase, policy=policy).id

    asked = call(ask)
    reverse(receipt, make.collaborator())
    (mail,) = rows(select(Message).where(Message.id == asked))
    assert call(outgoing.is_over, mail)


@pytest.mark.parametrize(
    "words", ["Se \u202econfundió\u202c", "Se\u2067 confundió\x1b\u200f", "\ufeffSe\u00a0\nconfundió"]
)
def test_the_reason_turns_no_page_around(rows, make, receipt, reverse, words):
    reverse(receipt, make.collaborator(), words=words)
    assert rows(select(CashReceipt.reversal_reason)) == ["otra_orden: Se confundió"]


def test_the_cancelled_policy_stays_right_wherever_it_is_read(call, rows, read, make, juana, receipt, reverse, drain):
    drain()
    (number,), (token,) = rows(select(Policy.number)), rows(select(Policy.verification_token))
    reverse(receipt, make.collaborator())
    drain()

    def stands():
        policy = policies.get(number, juana.actor)
        terms = policy.terms_at(portal_clock.now())
        assert policy.cancellation is not None
        return terms.number, policy.cancellation.number, store.of(kinds.POLICY, terms).filename

    assert call(stands) == (0, 1, f"{number}.pdf")
    assert call(policies.verify, token).state is PolicyState.CANCELLED
    assert [line.state for line in call(listing.lines, juana.actor, limit=5)] == [PolicyState.CANCELLED]
    assert call(overview.of, juana.actor).policies == []
    name, pdf = read(kinds.POLICY, policies.terms, number, juana.actor)
    assert (name, pdf[:5]) == (f"{number}.pdf", b"%PDF-")
    name, pdf = read(kinds.ENDORSEMENT, policies.endorsement, number, 1, juana.actor)
    assert (name, pdf[:5]) == (f"{number}-endoso-1.pdf", b"%PDF-")
    with pytest.raises(NotAllowed, match="anulada"):
        call(policies.send_by_mail, number, juana.actor)
    for endorsement, reader in ((0, juana), (2, juana), (1, make.customer())):
        with pytest.raises(NotFound):
            call(policies.endorsement, number, endorsement, reader.actor)


def test_after_it_the_customer_may_buy_the_same_again(call, rows, make, juana, receipt, reverse):
    reverse(receipt, make.collaborator())
    make.policy(juana)
    assert len(rows(select(Policy))) == 2


def test_who_recorded_it_can_not_reverse_it(rows, receipt, cashier, reverse):
    with pytest.raises(NotAllowed, match="Lo registró usted"):
        reverse(receipt, cashier)
    assert rows(select(CashReceipt.reversed_at)) == [None]


def test_the_database_itself_refuses_who_recorded_it(call, rows, receipt, cashier):
    def force():
        with writing() as session:
            row = session.scalars(select(CashReceipt)).one()
            row.reversed_at, row.reversed_by_id = portal_clock.now(), cashier.account_id

    with pytest.raises(IntegrityError):
        call(force)


def test_twice_is_refused_with_the_hour_of_the_first(rows, make, receipt, reverse):
    reverse(receipt, make.collaborator())
    with pytest.raises(NotAllowed, match=r"ya se anuló, a las \d\d:\d\d"):
        reverse(receipt, make.collaborator())
    assert len(rows(select(Endorsement))) == 2


def test_a_reason_is_chosen_and_told(rows, make, receipt, reverse):
    for words in ("", "   ", "x" * 251, "era 李明"):
        with pytest.raises(DomainError) as refused:
            reverse(receipt, make.collaborator(), words=words)
        assert refused.value.field == "detalle"
    assert rows(select(CashReceipt.reversed_at)) == [None]


def test_only_the_same_day_in_lima(call, make, juana, cashier, reverse, clock):
    evening = portal_clock.lima(portal_clock.now()).replace(hour=23, minute=30)
    until = (evening - portal_clock.now()).total_seconds()
    slips = [make.slip(make.customer()) for _ in range(2)]
    clock(seconds=until)
    first, second = (call(receipts.receive, slip.number, AMOUNT, cashier.actor) for slip in slips)
    clock(seconds=until, minutes=28)
    reverse(first, make.collaborator())
    clock(seconds=until, minutes=31)
    with pytest.raises(NotAllowed, match="solo el mismo día"):
        reverse(second, make.collaborator())


def test_a_cover_that_began_at_noon_is_cancelled_from_then_on_and_not_backwards(
    call, rows, make, cashier, reverse, clock
):
    morning = portal_clock.lima(portal_clock.now() + timedelta(days=1)).replace(hour=9, minute=30)
    until = (morning - portal_clock.now()).total_seconds()
    slip = make.slip(make.customer())
    clock(seconds=until)
    receipt = call(receipts.receive, slip.number, AMOUNT, cashier.actor)
    clock(seconds=until, hours=5)
    reverse(receipt, make.collaborator())
    (policy,) = rows(select(Policy))
    one_second = timedelta(seconds=1)
    assert policy.state_at(policy.cancelled_at - one_second) is PolicyState.ACTIVE
    assert policy.state_at(policy.cancelled_at) is PolicyState.CANCELLED
    (mail,) = rows(select(Message).where(Message.kind == "policy_annulled"))
    assert "Lo que haya ocurrido antes" in mail.text_body
    assert "sigue cubierto" in mail.text_body


@pytest.mark.parametrize("plan", ["plan-1", "plan-3"])
def test_once_its_plan_was_changed_the_receipt_of_the_policy_stays(
    call, rows, make, juana, cashier, reverse, clock, plan
):
    """What went back, or was paid, for the other plan would go out of money that never came, or be kept."""
    morning = portal_clock.lima(portal_clock.now() + timedelta(days=1)).replace(hour=9, minute=30)
    until = (morning - portal_clock.now()).total_seconds()
    slip = make.slip(juana)
    clock(seconds=until)
    receipt = call(receipts.receive, slip.number, AMOUNT, cashier.actor)
    clock(seconds=until, hours=3)
    (number,) = rows(select(Policy.number))
    if plan == "plan-1":
        make.plan_lowered(number, juana, agency=AGENCY)
    else:
        make.plan_bought(number, juana, plan)
    with pytest.raises(NotAllowed, match="Después de este recibo la póliza cambió de plan"):
        reverse(receipt, make.collaborator())
    assert rows(select(CashReceipt.reversed_at)) == [None]
    assert rows(select(Policy.cancelled_at)) == [None]


def test_it_is_for_the_same_agency_or_a_supervisor(make, receipt, reverse, rows):
    for stranger in (make.collaborator(agency="LIM-1"), make.collaborator(agency=None), make.customer()):
        with pytest.raises(NotFound):
            reverse(receipt, stranger)
    reverse(receipt, make.supervisor())
    assert rows(select(CashReceipt.reversed_at)) != [None]


def test_nobody_reverses_in_their_own_insurance(make, juana, receipt, reverse):
    with pytest.raises(NotAllowed) as refused:
        reverse(receipt, make.collaborator(document_number=juana.identity.number))
    assert refused.value.message == conflicts_of_interest.REFUSED


def test_the_slip_of_a_reversed_receipt_takes_no_more_money(call, rows, make, juana, receipt, cashier, reverse):
    (slip,) = rows(select(Payment.number))
    reverse(receipt, make.collaborator())
    with pytest.raises(NotAllowed, match="ese cobro se anuló"):
        call(receipts.receive, slip, AMOUNT, cashier.actor)
    call(receipts.receive_to_return, slip, AMOUNT, cashier.actor)
    assert rows(select(Refund.amount)) == [AMOUNT]
    assert len(rows(select(Policy))) == 1


@pytest.fixture
def late(call, make, juana, cashier):
    """The number of a receipt whose money is to be given back."""
    slip = make.slip(juana)
    make.method(juana, slip.public_id)
    return call(receipts.receive_to_return, slip.number, AMOUNT, cashier.actor)


def test_reversing_money_to_give_back_leaves_nothing_to_collect(call, rows, make, juana, late, reverse):
    reverse(late, make.collaborator(), ReversalReason.NO_MONEY)
    assert rows(select(Refund.state)) == [RefundState.VOID]
    (mail,) = rows(select(Message).where(Message.kind == "refund_void"))
    assert mail.recipient == juana.email
    (number,) = rows(select(Refund.number))
    with pytest.raises(NotAllowed):
        make.hand_over(number, make.collaborator())


def test_money_on_its_way_back_is_not_reversed(call, rows, make, late, reverse):
    (number,) = rows(select(Refund.number))
    make.hand_over(number, make.collaborator())
    with pytest.raises(NotAllowed, match="ya se entregó"):
        reverse(late, make.collaborator())
    call(CASH_REFUND.confirm, number, make.collaborator().actor, handed_over=True)
    with pytest.raises(NotAllowed, match="ya se entregó"):
        reverse(late, make.collaborator())
    assert rows(select(CashReceipt.reversed_at)) == [None]


def test_the_audit_says_who_reversed_what_and_why(rows, make, receipt, reverse):
    other = make.collaborator()
    reverse(receipt, other)
    (entry,) = rows(select(AuditEntry).where(AuditEntry.action == "cash.reverse"))
    (slip,) = rows(select(Payment.number))
    assert (entry.actor_id, entry.subject) == (other.account_id, receipt)
    assert entry.details == {"slip": slip, "amount": "72.92", "reason": "otra_orden"}


def test_a_policy_paid_by_account_has_no_receipt_to_reverse(make, juana, reverse, rows):
    make.purchase(juana, Stage.PAID)
    with pytest.raises(NotFound):
        reverse("RC-2026-000001", make.supervisor())
    assert rows(select(Policy.cancelled_at)) == [None]
