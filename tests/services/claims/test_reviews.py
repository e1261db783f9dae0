"""What follows an answer that somebody does not agree with, and taking a claim back before there is one."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.actor import Actor
from portal.domain.claim import AppealState, ClaimEventKind, ClaimState, EventKind, Outcome, PaperState, PartyKind
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.notice import Event
from portal.extensions import db
from portal.models import (
    Appeal,
    AuditEntry,
    Claim,
    ClaimAward,
    ClaimEvent,
    ClaimPaper,
    ClaimParty,
    ClaimResolution,
    Document,
    Message,
    Notice,
    NoticeMatch,
    Policy,
)
from portal.models.transaction import writing
from portal.services.claims import (
    appeals,
    attachments,
    claimant,
    course,
    matching,
    notice_desk,
    papers,
    parties,
    payees,
    sight,
    withdrawal,
)
from portal.services.claims import claim as claims
from portal.services.claims.matching import Pick
from portal.services.claims.resolutions import Proposal
from portal.services.controls import conflicts_of_interest
from portal.services.documents import kinds
from portal.services.evidence import uploads
from portal.services.printing.contents import appeal_letter
from tests.decoder.strangers import TAKEN
from tests.factories import ACCIDENT, CCI, beneficiary
from tests.services.at_once import at_once

WORDS = "La caída fue en el trabajo y hay dos testigos."


@pytest.fixture
def complete(make, juana):
    return make.claim(juana, complete=True)


@pytest.fixture
def deciders(make, complete):
    """The two of the staff who have rejected it."""
    return make.reject(complete)


@pytest.fixture
def rejected(complete, deciders):
    """A claim that was rejected."""
    return complete


def ask(number, someone, words=WORDS):
    return appeals.ask(lambda: appeals.own(number, someone.actor), words, someone.actor)


def take_back(number, someone):
    return withdrawal.withdraw(lambda: withdrawal.person_of(number, someone.actor), someone.actor)


def test_who_would_be_paid_takes_an_open_claim_back_once(call, rows, make, juana, complete):
    make.way(complete, juana, cci=CCI)
    for _ in range(2):
        call(take_back, complete, juana)
    (claim,) = rows(select(Claim))
    assert (claim.state, claim.due_at) == (ClaimState.WITHDRAWN, None)
    assert [one.recipient for one in rows(select(Message).where(Message.kind == "claim_withdrawn"))] == [juana.email]
    kinds = rows(select(ClaimEvent.kind).where(ClaimEvent.kind == ClaimEventKind.WITHDRAWN))
    assert kinds == [ClaimEventKind.WITHDRAWN]


def test_nobody_else_takes_it_back_nor_after_the_answer(call, make, juana, complete):
    with pytest.raises(NotFound):
        call(take_back, complete, make.customer())
    make.approve(complete)
    with pytest.raises(NotAllowed, match="ya tiene respuesta"):
        call(take_back, complete, juana)


@pytest.fixture
def shared(make, juana):
    """A death of which Rosa and Luz have a half each: its number, and both."""
    named = [beneficiary("Rosa", share="50"), beneficiary("Luz", share="50")]
    number = make.claim(juana, ACCIDENT, named=named, complete=True)
    both = [make.customer(names=name) for name in ("Rosa", "Luz")]
    for someone, name in zip(both, ("Rosa", "Luz"), strict=True):
        make.known(make.party(number, name), someone)
    return number, *both


def ask_again(number, someone):
    return withdrawal.resume(lambda: withdrawal.person_of(number, someone.actor), someone.actor)


def test_one_of_several_takes_their_own_part_back_and_the_others_get_theirs(call, rows, make, juana, shared):
    number, rosa, luz = shared
    with pytest.raises(NotFound):
        call(take_back, number, juana)
    for _ in range(2):
        call(take_back, number, rosa)
    assert rows(select(Claim.state)) != [ClaimState.WITHDRAWN]
    (mail,) = rows(select(Message).where(Message.kind == "part_withdrawn"))
    assert (mail.recipient, "No pasa a nadie" in mail.text_body) == (rosa.email, True)
    assert "Luz" not in mail.text_body
    own = call(lambda: course.of(claims.get(number, rosa.actor), rosa.actor))
    assert own.turn.title == "Usted retiró su parte"
    other = call(lambda: course.of(claims.get(number, luz.actor), luz.actor))
    assert all("parte" not in step.title for step in other.steps), "nobody else reads of it"
    with pytest.raises(NotAllowed, match="no hay un pago por elegir"):
        make.way(number, rosa, cci=CCI, party=withdrawn_party(rows))
    make.decided(number, make.collaborator(), make.supervisor(), Proposal(Outcome.APPROVE))
    (award,) = rows(select(ClaimAward))
    (resolution,) = rows(select(ClaimResolution))
    assert award.party.names == "Luz"
    assert award.amount * 2 == resolution.total, "what Rosa took back grows to nobody"
    with pytest.raises(NotAllowed, match="ya tiene respuesta"):
        call(ask_again, number, rosa)


def test_what_one_took_back_is_paid_by_a_second_claim_and_to_nobody_twice(call, rows, make, juana, shared):
    number, rosa, _ = shared
    (policy,) = rows(select(Policy.number))
    call(take_back, number, rosa)
    approved = Proposal(Outcome.APPROVE)
    make.decided(number, make.collaborator(), make.supervisor(), approved)
    second, third = (make.claim(juana, ACCIDENT, policy=policy, complete=True) for _ in range(2))
    make.decided(second, make.collaborator(), make.supervisor(), approved)
    with pytest.raises(DomainError, match="La suma ya se usó"):
        make.decided(third, make.collaborator(), make.supervisor(), approved)
    first, later = rows(select(ClaimAward).order_by(ClaimAward.id))
    assert (first.party.names, later.party.names) == ("Luz", "Rosa")
    whole, left = rows(select(ClaimResolution).order_by(ClaimResolution.id))
    assert first.amount + later.amount == whole.total
    assert left.total == later.amount
    assert "ya se pagaron" in left.reckoning


def test_of_two_claims_side_by_side_the_second_pays_only_who_was_not_paid_by_the_first(call, rows, make, juana, shared):
    number, rosa, _ = shared
    (policy,) = rows(select(Policy.number))
    second = make.claim(juana, ACCIDENT, policy=policy, complete=True)
    call(take_back, number, rosa)
    for one in (number, second):
        make.decided(one, make.collaborator(), make.supervisor(), Proposal(Outcome.APPROVE))
    names = [one.party.names for one in rows(select(ClaimAward).order_by(ClaimAward.id))]
    assert names == ["Luz", "Rosa"]


def withdrawn_party(rows):
    return rows(select(ClaimParty.id).where(ClaimParty.withdrawn_at.is_not(None)))[0]


def test_a_part_that_was_taken_back_is_asked_for_again(call, rows, make, shared):
    number, rosa, _ = shared
    call(take_back, number, rosa)
    for _ in range(2):
        call(ask_again, number, rosa)
    assert rows(select(ClaimParty.withdrawn_at).where(ClaimParty.withdrawn_at.is_not(None))) == []
    make.decided(number, make.collaborator(), make.supervisor(), Proposal(Outcome.APPROVE))
    assert len(rows(select(ClaimAward))) == 2


def test_an_answer_that_was_proposed_before_is_not_confirmed(call, make, shared):
    number, rosa, _ = shared
    member, boss = make.collaborator(), make.supervisor()
    make.taken(number, member)
    make.proposed(number, member, Proposal(Outcome.APPROVE))
    call(take_back, number, rosa)
    with pytest.raises(DomainError, match="Cambiaron las personas"):
        make.confirmed(number, boss)


def test_when_all_take_their_parts_back_at_once_the_claim_is_withdrawn_once(app, rows, shared):
    number, *both = shared
    assert at_once(app, 4, lambda one: take_back(number, both[one % 2])) == [None] * 4
    assert rows(select(Claim.state)) == [ClaimState.WITHDRAWN]
    kinds = (ClaimEventKind.WITHDRAWN, ClaimEventKind.PART_WITHDRAWN)
    assert sorted(rows(select(ClaimEvent.kind).where(ClaimEvent.kind.in_(kinds)))) == sorted(kinds)


def test_a_withdrawal_against_an_answer_is_one_or_the_other(app, call, rows, make, juana, complete):
    make.way(complete, juana, cci=CCI)
    results = at_once(app, 2, lambda one: take_back(complete, juana) if one else make.approve(complete))
    (state,) = rows(select(Claim.state))
    assert state in (ClaimState.WITHDRAWN, ClaimState.APPROVED)
    assert sum(one is None for one in results) == 1, results


def test_a_review_has_its_number_its_clock_and_its_mail(call, rows, juana, rejected):
    number = call(ask, rejected, juana)
    assert number.startswith("RV-")
    assert call(ask, rejected, juana, "Otra vez lo mismo.") == number, "asked twice, it is the one that is open"
    (appeal,) = rows(select(Appeal))
    assert (appeal.state, appeal.words) == (AppealState.OPEN, WORDS)
    assert appeal.answer_by == portal_clock.today() + timedelta(days=20)
    (mail,) = rows(select(Message).where(Message.kind == "appeal_received"))
    assert mail.recipient == juana.email
    for fact in (number, rejected, WORDS, appeal.answer_by.strftime("%d/%m/%Y")):
        assert fact in mail.text_body


def test_it_is_asked_for_in_time_of_a_rejection_and_in_words(call, make, juana, rejected, clock):
    for typed in ("", "   ", "x" * 2001):
        with pytest.raises(DomainError) as refused:
            call(ask, rejected, juana, typed)
        assert refused.value.field == "motivo"
    with pytest.raises(NotFound):
        call(ask, rejected, make.customer())
    other = make.claim(juana, policy=None, complete=True)
    with pytest.raises(NotAllowed, match="todavía no tiene una respuesta"):
        call(ask, other, juana)
    clock(days=31)
    with pytest.raises(NotAllowed, match="Pasó el plazo"):
        call(ask, rejected, juana)


def test_who_decided_does_not_answer_it_nor_who_has_a_part(call, make, juana, rejected, deciders):
    number = call(ask, rejected, juana)
    for member in deciders:
        with pytest.raises(NotAllowed, match="Usted decidió"):
            call(appeals.answer, number, "No cambia.", member.actor, upheld=False)
    me, somebody = make.collaborator(document_number=juana.identity.number), make.collaborator()
    with make._app.app_context(), writing() as session:
        claim = session.scalars(select(Claim)).one()
        parties.add(claim, PartyKind.NOTIFIER, me.actor, names="Ana", identity=somebody.identity)
    for member in (me, somebody):
        with pytest.raises(conflicts_of_interest.HasPart):
            call(appeals.answer, number, "No cambia.", member.actor, upheld=False)


def test_dismissed_it_is_told_by_a_letter_and_not_asked_for_again(call, rows, make, juana, rejected):
    number = call(ask, rejected, juana)
    other = make.collaborator()
    call(appeals.answer, number, "Leímos el parte otra vez.", other.actor, upheld=False)
    assert rows(select(Appeal.state)) == [AppealState.DISMISSED]
    (mail,) = rows(select(Message).where(Message.kind == "appeal_answered"))
    assert "Leímos el parte otra vez." in mail.text_body
    assert "DEFASEG" in mail.text_body
    (letter,) = rows(select(Document).where(Document.kind == kinds.APPEAL_LETTER.code))
    assert [one.id for one in mail.attachments] == [letter.id]
    assert (letter.account_id, letter.filename) == (juana.account_id, f"carta-{number}.pdf")
    assert len(rows(select(Claim))) == 1
    with pytest.raises(NotAllowed, match="ya lo respondió"):
        call(appeals.answer, number, "Otra vez.", make.collaborator().actor, upheld=True)
    with pytest.raises(NotAllowed, match="Ya revisamos"):
        call(ask, rejected, juana)


def test_upheld_the_claim_is_looked_at_again_by_a_second_one_with_its_papers(call, rows, make, juana, rejected):
    make_way = rows(select(ClaimParty))[0]
    assert make_way.way is None
    number = call(ask, rejected, juana)
    call(appeals.answer, number, "Los testigos cuentan.", make.collaborator().actor, upheld=True)
    first, second = rows(select(Claim))
    assert (first.state, second.previous_id) == (ClaimState.REJECTED, first.id)
    assert second.number != first.number
    assert (second.state, second.event_date, second.story) == (ClaimState.ASSESSED, first.event_date, first.story)
    assert second.complete_at is not None
    assert second.due_at is not None
    states = rows(select(ClaimPaper.state).where(ClaimPaper.claim_id == second.id, ClaimPaper.required))
    assert set(states) == {PaperState.RECEIVED}
    ours, theirs = (
        [
            [
                (one.kind, one.names, one.account_id)
                for one in rows(select(ClaimParty).where(ClaimParty.claim_id == key))
            ]
            for one in rows(select(ClaimParty).where(ClaimParty.claim_id == key))
        ]
        for key in (first.id, second.id)
    )
    assert ours == theirs
    (mail,) = rows(select(Message).where(Message.kind == "appeal_answered"))
    assert second.number in mail.text_body
    with make._app.app_context():
        said = appeal_letter.contents(db.session.scalars(select(Appeal)).one())
    assert said.words["second"] == second.number
    make.approve(second.number)
    make.way(second.number, juana, cci=CCI)
    with make._app.app_context():
        assert db.session.scalars(select(Claim.state).where(Claim.id == second.id)).one() is ClaimState.APPROVED


def send_all(number, someone):
    """One file for each paper of the claim that is asked for, and another that nobody asked for."""
    pdf = TAKEN["PDF"][0]
    for paper_id in [one.id for one in papers.missing(claims.get(number, someone.actor))]:
        attachments.send(paper_id, claims.get(number, someone.actor), io.BytesIO(pdf), someone.actor)
    attachments.send_other(claims.get(number, someone.actor), io.BytesIO(pdf), someone.actor)


def files_of(number, someone):
    """What they see of it: the file of each paper that has one, by its code."""
    shown = attachments.of(claims.get(number, someone.actor), someone.actor)
    return {one.paper.code: file for one in shown for file in one.files}


def test_its_files_serve_the_second_claim_too_and_are_judged_by_it(call, rows, make, juana):
    first = make.claim(juana)
    call(send_all, first, juana)
    make.reject(first)
    call(appeals.answer, call(ask, first, juana), WORDS, make.collaborator().actor, upheld=True)
    second = rows(select(Claim.number).where(Claim.previous_id.is_not(None)))[0]
    before, after = call(files_of, first, juana), call(files_of, second, juana)
    assert "otro" in before
    facts = [
        {code: (one.storage_key, one.sender_id, one.stored_at) for code, one in of.items()} for of in (before, after)
    ]
    assert facts[0] == facts[1]
    old, new = before["otro"], after["otro"]
    assert old.id != new.id
    assert call(
        lambda: uploads.content(attachments.find(new.id, claims.get(second, juana.actor), juana.actor), juana.actor)
    )
    reviewer = make.collaborator()
    make.taken(second, reviewer)
    assert call(lambda: uploads.content(sight.file(second, new.id, reviewer.actor), reviewer.actor))
    assert rows(select(AuditEntry.subject).where(AuditEntry.action == "file.open")) == [f"claim_paper:{new.owner_id}"]
    for number, other in ((first, new.id), (second, old.id), (first, old.id)):
        with pytest.raises(NotFound):
            call(sight.file, number, other, reviewer.actor)


def test_two_who_answer_at_once_make_one_second_claim(app, call, rows, make, juana, rejected):
    number = call(ask, rejected, juana)
    members = [make.collaborator() for _ in range(4)]
    results = at_once(
        app, 4, lambda one: appeals.answer(number, "Los testigos cuentan.", members[one].actor, upheld=True)
    )
    assert sum(one is None for one in results) == 1, results
    assert {type(one) for one in results if one is not None} == {NotAllowed}
    assert len(rows(select(Claim))) == 2
    assert len(rows(select(Message).where(Message.kind == "appeal_answered"))) == 1


def test_who_has_no_account_follows_the_second_claim_too(call, rows, make, juana):
    daughter = beneficiary("Nilda", share="100")
    policy = make.policy(juana, product=ACCIDENT, named=[daughter])
    event = Event(EventKind.DEATH, juana.identity, "", portal_clock.today(), "Se cayó de un andamio.")
    notice = make.notice(event, make.sender(names=daughter.names, identity=daughter.identity))
    neighbour = make.notice(event, make.sender(names="Teófila", relation="vecina"))
    clerk = make.collaborator().actor
    call(notice_desk.take, notice, clerk)
    picked = [Pick(policy, "muerte-accidental")]
    (first,) = call(matching.match, notice, picked, portal_clock.today(), clerk, joined=[neighbour])
    (notice_id,) = rows(select(Notice.id).where(Notice.number == notice))

    def page(number):
        of_number = NoticeMatch.claim_id.in_(select(Claim.id).where(Claim.number == number))
        match = db.session.scalars(select(NoticeMatch).where(NoticeMatch.notice_id == notice_id, of_number)).one()
        return claimant.of(match, Actor())

    def send():
        ours = page(first)
        claimant.send(ours, ours.claim.papers[0].id, io.BytesIO(TAKEN["PDF"][0]))

    call(send)
    make.reject(first)

    def own(number):
        return payees.of_notice(notice_id, number, make.party(number))

    number = call(appeals.ask, lambda: own(first), WORDS, clerk)
    call(appeals.answer, number, "Los testigos cuentan.", make.collaborator().actor, upheld=True)
    (letter,) = rows(select(Document).where(Document.kind == kinds.APPEAL_LETTER.code))
    assert letter.account_id is None
    second = rows(select(Claim.number).where(Claim.previous_id.is_not(None)))[0]
    assert call(own, second).identity == daughter.identity
    followed = select(Notice.number).join(NoticeMatch).join(Claim).where(Claim.number == second)
    assert rows(followed) == [notice], "who only told of it follows the first alone"
    (file,) = call(lambda: [file for one in claimant.attachments(page(second)) for file in one.files])
    assert call(lambda: uploads.content(claimant.file(page(second), file.id), Actor()))


def test_two_who_are_right_about_one_claim_have_one_second_claim(call, rows, make, juana):
    named = [beneficiary("Rosa", share="50"), beneficiary("Luz", share="50")]
    first = make.claim(juana, ACCIDENT, named=named, complete=True)
    people = {name: make.customer() for name in ("Rosa", "Luz")}
    for name, someone in people.items():
        make.known(make.party(first, name), someone)
    make.reject(first)
    for someone in people.values():
        number = call(ask, first, someone)
        call(appeals.answer, number, "Los testigos cuentan.", make.collaborator().actor, upheld=True)
    (second,) = rows(select(Claim.number).where(Claim.previous_id.is_not(None)))
    mails = rows(select(Message).where(Message.kind == "appeal_answered"))
    assert [second in one.text_body for one in mails] == [True, True]
