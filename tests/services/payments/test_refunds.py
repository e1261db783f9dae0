"""Cash given back at an agency: one hands it over, another one confirms it (B11)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.refund import RefundState
from portal.models import AuditEntry, Decision, Message, Refund
from portal.services.controls import conflicts_of_interest
from portal.services.payments import receipts, refunds


@pytest.fixture
def owed(call, rows, make, juana, clock):
    """The number of a refund that waits at CUS-1."""
    slip = make.slip(juana)
    clock(days=4)
    call(receipts.receive_to_return, slip.number, slip.amount, make.collaborator().actor)
    return rows(select(Refund.number))[0]


def test_two_people_give_it_back_and_the_customer_is_told(call, rows, make, juana, owed):
    one, other = make.collaborator(), make.collaborator()
    (line,) = call(refunds.waiting, one.actor)
    assert (line.refund.number, line.owner.identity, line.proposal) == (owed, juana.identity, None)
    call(refunds.hand_over, owed, one.actor)
    assert rows(select(Refund.state)) == [RefundState.AWAITING_COLLECTION]
    assert not rows(select(Message).where(Message.kind == "refund_paid"))
    call(refunds.confirm, owed, other.actor, handed_over=True)
    (refund,) = rows(select(Refund))
    assert refund.state is RefundState.DONE
    assert refund.resolved_at is not None
    (mail,) = rows(select(Message).where(Message.kind == "refund_paid"))
    assert mail.recipient == juana.email
    assert owed in mail.text_body
    assert call(refunds.waiting, one.actor) == []


def test_the_same_person_does_not_confirm(call, rows, make, owed):
    one = make.collaborator()
    call(refunds.hand_over, owed, one.actor)
    with pytest.raises(NotAllowed):
        call(refunds.confirm, owed, one.actor, handed_over=True)
    assert rows(select(Refund.state)) == [RefundState.AWAITING_COLLECTION]


def test_what_was_not_handed_over_waits_on(call, rows, make, owed):
    call(refunds.hand_over, owed, make.collaborator().actor)
    call(refunds.confirm, owed, make.collaborator().actor, handed_over=False)
    assert rows(select(Refund.state)) == [RefundState.AWAITING_COLLECTION]
    call(refunds.hand_over, owed, make.collaborator().actor)
    call(refunds.confirm, owed, make.collaborator().actor, handed_over=True)
    assert rows(select(Refund.state)) == [RefundState.DONE]


def test_neither_is_done_twice(call, rows, make, owed):
    call(refunds.hand_over, owed, make.collaborator().actor)
    with pytest.raises(DomainError):
        call(refunds.hand_over, owed, make.collaborator().actor)
    call(refunds.confirm, owed, make.collaborator().actor, handed_over=True)
    with pytest.raises(NotAllowed, match="ya no está por entregar"):
        call(refunds.confirm, owed, make.collaborator().actor, handed_over=True)
    with pytest.raises(NotAllowed, match="ya no está por entregar"):
        call(refunds.hand_over, owed, make.collaborator().actor)
    assert len(rows(select(Decision))) == 1
    assert len(rows(select(Message).where(Message.kind == "refund_paid"))) == 1


def test_it_is_given_back_at_its_own_agency(call, make, owed):
    stranger = make.collaborator(agency="LIM-1")
    assert call(refunds.waiting, stranger.actor) == []
    for use_case in (refunds.get, refunds.hand_over):
        with pytest.raises(NotFound):
            call(use_case, owed, stranger.actor)
    with pytest.raises(NotAllowed, match="no tiene una agencia"):
        call(refunds.waiting, make.collaborator(agency=None).actor)


def test_nobody_gives_back_to_themselves(call, make, juana, owed):
    me = make.collaborator(document_number=juana.identity.number)
    with pytest.raises(conflicts_of_interest.HasPart):
        call(refunds.hand_over, owed, me.actor)
    call(refunds.hand_over, owed, make.collaborator().actor)
    with pytest.raises(conflicts_of_interest.HasPart):
        call(refunds.confirm, owed, me.actor, handed_over=True)


def test_the_audit_tells_both_people_and_the_amount(call, rows, make, owed):
    one, other = make.collaborator(), make.collaborator()
    call(refunds.hand_over, owed, one.actor)
    call(refunds.confirm, owed, other.actor, handed_over=True)
    entries = rows(select(AuditEntry).where(AuditEntry.action.like("refund.%")).order_by(AuditEntry.id))
    assert [(entry.action, entry.actor_id) for entry in entries] == [
        ("refund.hand_over", one.account_id),
        ("refund.confirm", other.account_id),
    ]
    assert {str(entry.details) for entry in entries} == {str({"amount": "72.92", "agency": "CUS-1"})}
