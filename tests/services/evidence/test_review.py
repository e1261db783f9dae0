"""Evidence reviewed: by whom, about what was shown, once, and without touching the cover (B10)."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select, update

from portal.domain import clock as portal_clock
from portal.domain.claim import PaperState
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.evidence import REASONS, EvidenceKind
from portal.domain.received_file import FileState
from portal.extensions import db
from portal.models import AuditEntry, ContractingFile, Evidence, Message, Policy, Purchase, StoredFile
from portal.models.transaction import writing
from portal.services.controls.conflicts_of_interest import HasPart
from portal.services.desk import work_queues
from portal.services.evidence import collecting, confirmations, review
from portal.services.home import overview
from portal.services.platform.pending import counted
from portal.services.policies import cancellation
from portal.services.policies import policy as policies
from tests.decoder.strangers import drawing, encoded
from tests.factories import AGENCY
from tests.services.at_once import together

SIGNED, PERSON = EvidenceKind.SIGNED_POLICY, EvidenceKind.PERSON


@pytest.fixture
def juana(make):
    return make.customer()


@pytest.fixture
def number(make, juana):
    return make.policy(juana)


@pytest.fixture
def carla(make):
    return make.supervisor()


@pytest.fixture
def send(call, juana, number):
    """Juana's photo, or another's who stands beside her; its evidence."""

    def send(kind: EvidenceKind = PERSON, width: int = 96, by=None) -> int:
        actor = (by or juana).actor
        data = io.BytesIO(encoded(drawing((width, 64)), "JPEG"))
        collecting.send(policies.get(number, juana.actor), kind, data, actor)
        return db.session.scalars(select(Evidence.id).where(Evidence.kind == kind)).one()

    return lambda *args, **named: call(send, *args, **named)


@pytest.fixture
def shown(rows):
    """The files that a page would show of an evidence now."""

    def shown(evidence_id: int) -> list[int]:
        slots = rows(select(Evidence).where(Evidence.id == evidence_id))
        kept = select(StoredFile.id).where(
            StoredFile.owner_id == evidence_id,
            StoredFile.slot == slots[0].slot,
            StoredFile.state == FileState.STORED,
        )
        return rows(kept)

    return shown


@pytest.fixture
def opened(call, send, carla):
    evidence_id = send()
    call(review.look, evidence_id, carla.actor)
    return evidence_id


@pytest.fixture
def state(rows):
    return lambda evidence_id: rows(select(Evidence.state).where(Evidence.id == evidence_id))[0]


def ids(lines) -> list[int]:
    return [one.id for one in lines]


def test_what_is_accepted_waits_no_more_and_its_customer_is_told(call, opened, carla, shown, state, rows):
    call(review.accept, opened, carla.actor, shown=shown(opened))
    assert state(opened) is PaperState.ACCEPTED
    assert call(review.waiting, carla.actor) == []
    (mail,) = rows(select(Message).where(Message.kind == "evidence_accepted"))
    assert "- Foto de la persona" in mail.text_body
    (entry,) = rows(select(AuditEntry).where(AuditEntry.action == "evidence.accept"))
    assert (entry.actor_id, entry.details["files"]) == (carla.account_id, shown(opened))


def test_one_mail_tells_when_all_that_was_sent_is_accepted(call, send, carla, shown, rows):
    for evidence_id in (send(PERSON), send(SIGNED, 80)):
        assert rows(select(Message).where(Message.kind == "evidence_accepted")) == []
        call(review.look, evidence_id, carla.actor)
        call(review.accept, evidence_id, carla.actor, shown=shown(evidence_id))
    (mail,) = rows(select(Message).where(Message.kind == "evidence_accepted"))
    assert mail.text_body.count("\n- ") == 2


def test_asked_again_it_reaches_the_customer_at_home_and_by_mail_and_takes_new_files(
    call, opened, carla, juana, number, shown, send, rows, state
):
    reason = REASONS[PERSON][0].sentence
    before = shown(opened)
    call(review.ask_again, opened, carla.actor, shown=before, reason=reason)
    assert state(opened) is PaperState.OBSERVED
    (mail,) = rows(select(Message).where(Message.kind == "evidence_asked"))
    assert reason in mail.text_body
    (task,) = [one for one in call(overview.of, juana.actor).to_do if one.task is overview.Task.SEND_EVIDENCE]
    assert (task.about[0].number, task.about[1].reason) == (number, reason)
    assert send(PERSON, 80) == opened
    assert state(opened) is PaperState.RECEIVED
    assert len(shown(opened)) == 1
    assert shown(opened) != before
    assert [one.state for one in rows(select(StoredFile).where(StoredFile.id.in_(before)))] == [FileState.STORED]


def test_a_new_photo_that_is_taken_back_leaves_it_asked_again(call, opened, carla, juana, number, shown, send, state):
    call(review.ask_again, opened, carla.actor, shown=shown(opened), reason="Otra.")
    send(PERSON, 80)
    (file,) = shown(opened)
    call(lambda: collecting.take_back(policies.get(number, juana.actor), file, juana.actor))
    assert state(opened) is PaperState.OBSERVED


def test_asking_again_never_touches_the_cover(call, opened, carla, juana, number, shown, rows):
    def cover():
        policy = policies.get(number, juana.actor)
        return policy.cover, policy.state_at(portal_clock.now()), len(policy.endorsements)

    before, purchase = call(cover), rows(select(Purchase.state))
    call(review.ask_again, opened, carla.actor, shown=shown(opened), reason="La firma no es la suya.")
    assert (call(cover), rows(select(Purchase.state))) == (before, purchase)


@pytest.mark.parametrize("reason", ["", "  \u200b", "a" * 301])
@pytest.mark.one_database
def test_a_reason_is_said_in_words_and_not_too_many(reason, call, opened, carla, shown, state):
    with pytest.raises(DomainError) as refused:
        call(review.ask_again, opened, carla.actor, shown=shown(opened), reason=reason)
    assert (refused.value.field, state(opened)) == ("texto", PaperState.RECEIVED)


def test_a_decision_is_about_the_files_that_were_shown(call, opened, carla, shown, send, state):
    seen = shown(opened)
    send(PERSON, 80)
    for decide in (review.accept, lambda *args, **named: review.ask_again(*args, **named, reason="Otra.")):
        with pytest.raises(DomainError, match="mientras usted la miraba"):
            call(decide, opened, carla.actor, shown=seen)
    assert state(opened) is PaperState.RECEIVED


@pytest.fixture
def cancel(app, number, juana):
    """Cancels the policy."""

    def cancel():
        with app.app_context(), writing():
            cancellation.cancel(policies.get(number, juana.actor))

    return cancel


def test_of_a_cancelled_policy_nothing_is_asked_and_nobody_is_written_to(
    call, opened, carla, juana, number, shown, state, cancel, clock, rows
):
    cancel()
    for decide in (review.accept, lambda *args, **named: review.ask_again(*args, **named, reason="Otra.")):
        with pytest.raises(DomainError, match="está anulada"):
            call(decide, opened, carla.actor, shown=shown(opened))
    assert state(opened) is PaperState.RECEIVED
    clock(minutes=6)
    call(confirmations.confirm_due)
    assert rows(select(Message).where(Message.kind.like("evidence_%"))) == []


def test_what_was_asked_again_is_asked_no_more_once_the_policy_is_cancelled(call, opened, carla, juana, shown, cancel):
    call(review.ask_again, opened, carla.actor, shown=shown(opened), reason="Otra.")
    cancel()
    assert [one.task for one in call(overview.of, juana.actor).to_do if one.task is overview.Task.SEND_EVIDENCE] == []


def test_of_two_reviewers_at_once_one_decides(app, call, opened, carla, make, shown, rows):
    jorge, seen = make.supervisor(), shown(opened)
    call(review.look, opened, jorge.actor)
    answers = together(
        app,
        lambda: review.accept(opened, carla.actor, shown=seen),
        lambda: review.ask_again(opened, jorge.actor, shown=seen, reason="Otra."),
    )
    assert len([one for one in answers if one is None]) == 1
    (refused,) = [one for one in answers if one is not None]
    assert isinstance(refused, DomainError)
    decided = rows(select(AuditEntry).where(AuditEntry.action.in_(("evidence.accept", "evidence.ask_again"))))
    assert len(decided) == 1


def test_a_file_and_a_decision_at_once_never_lose_each_other(app, call, opened, carla, juana, number, shown, rows):
    """Either the reviewer is told to look again, or the file is sent anew for what was decided."""
    seen = shown(opened)

    def arrive():
        data = io.BytesIO(encoded(drawing((80, 64)), "JPEG"))
        collecting.send(policies.get(number, juana.actor), PERSON, data, juana.actor)

    decided, arrived = together(app, lambda: review.ask_again(opened, carla.actor, shown=seen, reason="Otra."), arrive)
    (evidence,) = rows(select(Evidence))
    if decided is None and arrived is not None:
        assert "Lea por qué" in str(arrived)
        assert evidence.state is PaperState.OBSERVED
    else:
        assert arrived is None
        assert evidence.state is PaperState.RECEIVED
        assert len(shown(opened)) == 1


def test_who_has_not_opened_it_neither_sees_nor_decides(call, send, carla, shown):
    evidence_id = send()
    for ask in (review.get, review.policy_of, review.kind_of):
        with pytest.raises(NotFound):
            call(ask, evidence_id, carla.actor)
    with pytest.raises(NotFound):
        call(review.accept, evidence_id, carla.actor, shown=shown(evidence_id))


def test_opening_one_is_recorded(call, opened, carla, juana, rows):
    (entry,) = rows(select(AuditEntry).where(AuditEntry.action == "customer.find"))
    assert (entry.actor_id, entry.subject) == (carla.account_id, f"account:{juana.account_id}")
    assert entry.details == {"by": "evidence"}


def test_nobody_reviews_what_they_sent_themselves(call, carla, send, shown):
    evidence_id = send(by=carla)
    assert call(review.waiting, carla.actor) == []
    assert call(lambda: counted([review.pending(carla.actor)])) == [(0, None)]
    with pytest.raises(NotAllowed, match="Usted envió"):
        call(review.look, evidence_id, carla.actor)


def test_nobody_reviews_their_own_sale(call, send, carla, number):
    evidence_id = send()

    def sold():
        with writing() as session:
            session.execute(update(Purchase).values(seller_id=carla.account_id))

    call(sold)
    assert call(review.waiting, carla.actor) == []
    with pytest.raises(HasPart):
        call(review.look, evidence_id, carla.actor)


def test_nobody_reviews_the_evidence_of_their_own_insurance(call, send, make, juana):
    evidence_id = send()
    same = make.supervisor(document_number=juana.identity.number)
    assert call(review.waiting, same.actor) == []
    with pytest.raises(HasPart):
        call(review.look, evidence_id, same.actor)


def test_a_collaborator_sees_what_their_agency_sold(call, send, make):
    evidence_id = send()
    of_agency, elsewhere = make.collaborator(), make.collaborator(agency="LIM-1")
    assert call(review.waiting, of_agency.actor) == []  # bought without anybody's help

    def sold():
        with writing() as session:
            session.execute(update(Policy).values(agency_code=AGENCY))

    call(sold)
    assert ids(call(review.waiting, of_agency.actor)) == [evidence_id]
    assert call(review.waiting, elsewhere.actor) == []
    with pytest.raises(NotFound):
        call(review.look, evidence_id, elsewhere.actor)


def test_the_desk_counts_what_waits_for_its_reader(call, send, carla):
    send()
    send(SIGNED, 80)
    lines = call(work_queues.waiting, work_queues.DESK, carla.actor)
    assert [line.count for queue, line in lines if line.what is review.TO_REVIEW] == [2]


def test_the_oldest_comes_first_and_opens_next(call, send, clock, carla):
    first = send()
    clock(minutes=1)
    second = send(SIGNED, 80)
    assert ids(call(review.waiting, carla.actor)) == [first, second]
    assert call(review.look_at_next, carla.actor) == first
    assert call(review.get, first, carla.actor).waiting == [first, second]


def test_what_is_accepted_takes_nothing_more(call, opened, carla, send, shown):
    call(review.accept, opened, carla.actor, shown=shown(opened))
    with pytest.raises(NotAllowed, match="Ya la aceptamos"):
        send(PERSON, 80)


@pytest.mark.parametrize("is_accepted", [True, False])
def test_what_was_decided_is_told_by_another_edition_of_the_contracting_file(
    is_accepted, call, opened, carla, shown, drain, clock, rows
):
    drain()
    clock(minutes=7)
    drain()
    assert len(rows(select(ContractingFile))) == 1
    if is_accepted:
        call(review.accept, opened, carla.actor, shown=shown(opened))
    else:
        call(review.ask_again, opened, carla.actor, shown=shown(opened), reason="No se ve la cara.")
    clock(minutes=20)
    drain()
    assert len(rows(select(ContractingFile))) == 2
