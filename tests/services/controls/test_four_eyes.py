"""Four eyes: one proposes, another one decides, and of two who decide at once one does."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.domain.actor import SYSTEM
from portal.domain.decision import DecisionKind
from portal.domain.errors import DomainError, NotAllowed
from portal.models import Decision
from portal.models.transaction import writing
from portal.services.controls import four_eyes
from tests.services.at_once import at_once

PAYMENT = DecisionKind.PAYMENT_REVIEW
SUBJECT = 41


def propose(actor, kind=PAYMENT, **proposal):
    with writing():
        return four_eyes.propose(kind, SUBJECT, proposal, "  El banco lo confirmó por teléfono. ", actor)


def decide(actor, accepted=True, kind=PAYMENT):
    with writing():
        return four_eyes.decide(kind, SUBJECT, actor, accepted=accepted)


def test_another_person_decides_and_gets_the_proposal_to_apply(call, make):
    one, other = make.collaborator(), make.supervisor()
    call(propose, one.actor, outcome="approved", charge="ch_7")
    decided = call(decide, other.actor)
    assert decided.proposal == {"outcome": "approved", "charge": "ch_7"}
    assert decided.note == "El banco lo confirmó por teléfono."
    assert (decided.proposed_by_id, decided.decided_by_id, decided.accepted) == (one.account_id, other.account_id, True)
    assert call(four_eyes.proposed, PAYMENT, SUBJECT) is None


def test_nobody_decides_what_they_proposed_not_even_a_supervisor(call, make):
    supervisor = make.supervisor()
    call(propose, supervisor.actor)
    with pytest.raises(NotAllowed, match="otra persona"):
        call(decide, supervisor.actor)
    assert call(four_eyes.proposed, PAYMENT, SUBJECT).accepted is None


def test_the_schema_itself_refuses_a_decider_who_proposed(call, make):
    supervisor = make.supervisor()
    call(propose, supervisor.actor)

    def go_round() -> None:
        with writing() as session:
            session.execute(update(Decision).values(decided_by_id=supervisor.account_id))

    with pytest.raises(IntegrityError):
        call(go_round)


def test_a_payment_is_confirmed_by_a_supervisor_and_a_refund_in_cash_by_anybody_else_of_the_staff(call, make):
    one, other = make.collaborator(), make.collaborator()
    for kind in DecisionKind:
        call(propose, one.actor, kind)
    with pytest.raises(NotAllowed, match="supervisor"):
        call(decide, other.actor)
    assert call(decide, other.actor, kind=DecisionKind.CASH_REFUND).accepted


def test_only_the_staff_proposes(call, make):
    for actor in (make.customer().actor, SYSTEM):
        with pytest.raises(NotAllowed):
            call(propose, actor)


def test_what_was_turned_down_can_be_proposed_again_and_nothing_twice_at_a_time(call, make, rows):
    one, other = make.collaborator(), make.supervisor()
    call(propose, one.actor, outcome="approved")
    with pytest.raises(DomainError, match="ya lo propuso"):
        call(propose, other.actor, outcome="declined")
    assert call(decide, other.actor, accepted=False).accepted is False
    call(propose, one.actor, outcome="declined")
    call(decide, other.actor)
    assert [row.accepted for row in rows(select(Decision).order_by(Decision.id))] == [False, True]


def test_who_presses_twice_reads_that_it_was_their_own_first_press(call, make, rows):
    one, other = make.collaborator(), make.supervisor()
    call(propose, one.actor, outcome="approved")
    with pytest.raises(DomainError, match="Usted ya lo propuso"):
        call(propose, one.actor, outcome="approved")
    call(decide, other.actor)
    with pytest.raises(DomainError, match="Usted ya lo decidió"):
        call(decide, other.actor)
    with pytest.raises(DomainError, match="Otra persona ya lo decidió"):
        call(decide, make.supervisor().actor)
    assert len(rows(select(Decision))) == 1


def test_of_many_who_decide_at_once_one_does(app, call, make, rows):
    one, deciders = make.collaborator(), [make.supervisor() for _ in range(8)]
    call(propose, one.actor)
    answers = at_once(app, 8, lambda number: decide(deciders[number].actor, accepted=number % 2 == 0))
    done = [answer for answer in answers if isinstance(answer, Decision)]
    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    assert (len(done), len(refused)) == (1, 7)
    (kept,) = rows(select(Decision))
    assert (kept.decided_by_id, kept.accepted) == (done[0].decided_by_id, done[0].accepted)


def test_of_many_who_propose_at_once_one_does(app, make, rows):
    staff = [make.collaborator() for _ in range(8)]
    answers = at_once(app, 8, lambda number: propose(staff[number].actor))
    assert sum(isinstance(answer, Decision) for answer in answers) == 1
    assert all(isinstance(answer, Decision | DomainError) for answer in answers)
    assert len(rows(select(Decision))) == 1
