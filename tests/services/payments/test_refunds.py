"""Cash given back at an agency: one hands it over, another one confirms it (B11)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.refund import RefundState
from portal.models import AuditEntry, Decision, Message, Refund
from portal.services.controls import conflicts_of_interest
from portal.services.payments import receipts
from portal.services.payments.refunds import CASH_REFUND


@pytest.fixture
def owed(call, rows, make, juana, clock):
    """The number of a refund that waits at CUS-1."""
    slip = make.slip(juana)
    clock(days=4)
    call(receipts.receive_to_return, slip.number, slip.amount, make.collaborator().actor)
    return rows(select(Refund.number))[0]


def test_two_people_give_it_back_and_the_customer_is_told(call, rows, make, juana, owed):
    one, other = make.collaborator(), make.collaborator()
    (line,) = call(CASH_REFUND.waiting, one.actor, limit=9)
    assert (line.row.number, line.recipient.identity, line.proposal) == (owed, juana.identity, None)
    make.hand_over(owed, one)
    assert rows(select(Refund.state)) == [RefundState.AWAITING_COLLECTION]
    assert not rows(select(Message).where(Message.kind == "refund_paid"))
    call(CASH_REFUND.confirm, owed, other.actor, handed_over=True)
    (refund,) = rows(select(Refund))
    assert refund.state is RefundState.DONE
    assert refund.resolved_at is not None
    (mail,) = rows(select(Message).where(Message.kind == "refund_paid"))
    assert mail.recipient == juana.email
    assert owed in mail.text_body
    assert call(CASH_REFUND.waiting, one.actor, limit=9) == []


def test_the_same_person_does_not_confirm(call, rows, make, owed):
    one = make.collaborator()
    make.hand_over(owed, one)
    with pytest.raises(NotAllowed):
        call(CASH_REFUND.confirm, owed, one.actor, handed_over=True)
    assert rows(select(Refund.state)) == [RefundState.AWAITING_COLLECTION]


def test_what_was_not_handed_over_waits_on_and_asks_for_another_code(call, rows, make, owed, clock):
    make.hand_over(owed, make.collaborator())
    call(CASH_REFUND.confirm, owed, make.collaborator().actor, handed_over=False)
    assert rows(select(Refund.state)) == [RefundState.AWAITING_COLLECTION]
    with pytest.raises(DomainError):
        call(CASH_REFUND.hand_over, owed, "123456", make.collaborator().actor)
    clock(days=4, seconds=61)
    make.hand_over(owed, make.collaborator())
    call(CASH_REFUND.confirm, owed, make.collaborator().actor, handed_over=True)
    assert rows(select(Refund.state)) == [RefundState.DONE]


def test_neither_is_done_twice(call, rows, make, owed):
    make.hand_over(owed, make.collaborator())
    with pytest.raises(DomainError):
        make.hand_over(owed, make.collaborator())
    call(CASH_REFUND.confirm, owed, make.collaborator().actor, handed_over=True)
    with pytest.raises(NotAllowed, match="ya no está por entregar"):
        call(CASH_REFUND.confirm, owed, make.collaborator().actor, handed_over=True)
    with pytest.raises(NotAllowed, match="ya no está por entregar"):
        make.hand_over(owed, make.collaborator())
    assert len(rows(select(Decision))) == 1
    assert len(rows(select(Message).where(Message.kind == "refund_paid"))) == 1


def test_it_is_given_back_at_its_own_agency(call, make, owed):
    stranger = make.collaborator(agency="LIM-1")
    assert call(CASH_REFUND.waiting, stranger.actor, limit=9) == []
    for use_case, typed in ((CASH_REFUND.get, ()), (CASH_REFUND.code.send, ()), (CASH_REFUND.hand_over, ("123456",))):
        with pytest.raises(NotFound):
            call(use_case, owed, *typed, stranger.actor)
    with pytest.raises(NotAllowed, match="no tiene una agencia"):
        call(CASH_REFUND.waiting, make.collaborator(agency=None).actor, limit=9)


def test_nobody_gives_back_to_themselves(call, make, juana, owed):
    me = make.collaborator(document_number=juana.identity.number)
    with pytest.raises(conflicts_of_interest.HasPart):
        make.hand_over(owed, me)
    make.hand_over(owed, make.collaborator())
    with pytest.raises(conflicts_of_interest.HasPart):
        call(CASH_REFUND.confirm, owed, me.actor, handed_over=True)


def test_the_audit_tells_both_people_and_the_amount(call, rows, make, owed):
    one, other = make.collaborator(), make.collaborator()
    make.hand_over(owed, one)
    call(CASH_REFUND.confirm, owed, other.actor, handed_over=True)
    entries = rows(select(AuditEntry).where(AuditEntry.action.like("refund.%")).order_by(AuditEntry.id))
    assert [(entry.action, entry.actor_id) for entry in entries] == [
        ("refund.code_sent", one.account_id),
        ("refund.code_verified", one.account_id),
        ("refund.hand_over", one.account_id),
        ("refund.confirm", other.account_id),
    ]
    assert {str(entry.details) for entry in entries[2:]} == {str({"amount": "72.92", "agency": "CUS-1"})}


def test_without_the_customers_code_nothing_is_handed_over(call, rows, make, juana, owed, clock):
    one = make.collaborator()
    for typed in ("", "123456", "no"):
        with pytest.raises(DomainError) as refused:
            call(CASH_REFUND.hand_over, owed, typed, one.actor)
        assert refused.value.field == "codigo"
    code = make.refund_code(owed, one)
    (mail,) = rows(select(Message).where(Message.kind == "refund_code"))
    assert (mail.recipient, code in mail.text_body + mail.subject) == (juana.email, False)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for left in ("quedan 4", "quedan 3", "quedan 2", "queda 1", "se acabaron los intentos"):
        with pytest.raises(DomainError, match=left):
            call(CASH_REFUND.hand_over, owed, wrong, one.actor)
    with pytest.raises(DomainError, match="Se acabaron los 5 intentos"):
        call(CASH_REFUND.hand_over, owed, code, one.actor)
    assert rows(select(Decision)) == []
    clock(days=4, seconds=61)
    make.hand_over(owed, one)
    assert len(rows(select(Decision))) == 1


def test_a_code_is_good_for_ten_minutes_for_its_own_refund_and_once(call, rows, make, owed, clock):
    one, other = make.collaborator(), make.collaborator()
    slip = make.slip(make.customer())
    clock(days=8)
    call(receipts.receive_to_return, slip.number, slip.amount, other.actor)
    another = rows(select(Refund.number).order_by(Refund.id))[-1]
    code = make.refund_code(owed, one)
    with pytest.raises(DomainError):
        call(CASH_REFUND.hand_over, another, code, one.actor)
    clock(days=8, minutes=10, seconds=1)
    with pytest.raises(DomainError, match="venció"):
        call(CASH_REFUND.hand_over, owed, code, one.actor)
    code = make.refund_code(owed, one)
    call(CASH_REFUND.hand_over, owed, code, one.actor)
    call(CASH_REFUND.confirm, owed, other.actor, handed_over=False)
    with pytest.raises(DomainError):
        call(CASH_REFUND.hand_over, owed, code, one.actor)
    assert rows(select(Refund.state)) == [RefundState.AWAITING_COLLECTION] * 2


def test_what_was_handed_over_without_a_code_does_not_end(call, rows, make, owed, change):
    """As by the release before, while this one took its place."""
    make.hand_over(owed, make.collaborator())
    change(Refund, code_binding=None)
    with pytest.raises(DomainError, match="sin el código") as refused:
        call(CASH_REFUND.confirm, owed, make.collaborator().actor, handed_over=True)
    assert refused.value.field == "entregado"
    assert rows(select(Refund.state)) == [RefundState.AWAITING_COLLECTION]
    call(CASH_REFUND.confirm, owed, make.collaborator().actor, handed_over=False)


def test_nobody_sends_codes_for_what_was_handed_over_or_without_end(call, make, owed, clock):
    one = make.collaborator()
    for number in range(6):
        clock(days=4, minutes=2 * number)
        make.refund_code(owed, one)
    clock(days=4, minutes=13)
    with pytest.raises(DomainError, match="muchos códigos"):
        make.refund_code(owed, one)
    clock(days=4, hours=2)
    make.hand_over(owed, one)
    clock(days=4, hours=3)
    with pytest.raises(NotAllowed, match="falta que otra persona lo confirme"):
        make.refund_code(owed, one)
