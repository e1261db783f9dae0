"""Evidence as it is sent: what counts, what is replaced, what its customer is told (S26 to S28)."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from portal.domain.claim import PaperState
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.evidence import EvidenceKind
from portal.domain.received_file import FileState
from portal.models import AuditEntry, Evidence, Message, StoredFile
from portal.services.evidence import collecting, confirmations
from portal.services.policies import policy as policies
from tests.decoder.strangers import drawing, encoded, pdf
from tests.services.at_once import at_once

SIGNED, PERSON, FRONT = EvidenceKind.SIGNED_POLICY, EvidenceKind.PERSON, EvidenceKind.DOCUMENT_FRONT


def photo(width: int = 96) -> bytes:
    """One of its own for each width."""
    return encoded(drawing((width, 64)), "JPEG")


@pytest.fixture
def juana(make):
    return make.customer()


@pytest.fixture
def number(make, juana):
    return make.policy(juana)


@pytest.fixture
def send(call, juana, number):
    def send(kind: EvidenceKind, data: bytes | None = None, **named):
        policy = policies.get(number, juana.actor)
        collecting.send(policy, kind, io.BytesIO(data or photo()), juana.actor, **named)

    return lambda *args, **named: call(send, *args, **named)


@pytest.fixture
def take_back(call, juana, number):
    return lambda file: call(lambda: collecting.take_back(policies.get(number, juana.actor), file.id, juana.actor))


@pytest.fixture
def evidence(rows):
    return lambda kind: rows(select(Evidence).where(Evidence.kind == kind))[0]


@pytest.fixture
def files(rows):
    return lambda: rows(select(StoredFile).where(StoredFile.state == FileState.STORED))


@pytest.fixture
def told(call, rows):
    """The mails about what came, after a round of the schedule."""

    def told() -> list[Message]:
        call(confirmations.confirm_due)
        return rows(select(Message).where(Message.kind == "evidence_received"))

    return told


def test_what_was_sent_waits_for_a_reviewer_from_the_moment_it_is_kept(send, evidence, juana):
    send(PERSON)
    found = evidence(PERSON)
    assert (found.state, found.sender_id, found.attempt) == (PaperState.RECEIVED, juana.account_id, 1)
    assert found.received_at is not None


def test_a_newer_photo_takes_the_place_of_the_one_before(send, files):
    send(FRONT)
    send(FRONT, photo(80))
    (left,) = files()
    assert left.width == 80


def test_pages_are_kept_beside_each_other_and_one_is_replaced_by_name(send, files):
    send(SIGNED)
    send(SIGNED, photo(80))
    first, second = files()
    send(SIGNED, photo(88), instead_of=first.id)
    assert [one.width for one in files()] == [second.width, 88]


@pytest.mark.one_database
def test_a_policy_has_so_many_pages_and_no_more(send):
    for width in range(40, 41 + SIGNED.most):
        send(SIGNED, photo(width))
    with pytest.raises(DomainError, match="Quite uno"):
        send(SIGNED, photo(90))


def test_a_face_is_no_pdf(send, files):
    with pytest.raises(DomainError, match="no un PDF"):
        send(PERSON, pdf())
    assert files() == []


def test_the_same_file_sent_again_is_told_once(send, rows):
    send(PERSON)
    send(PERSON)
    assert len(rows(select(AuditEntry).where(AuditEntry.action == "evidence.receive"))) == 1


def test_what_is_taken_back_does_not_wait_any_more(send, take_back, files, evidence):
    send(PERSON)
    take_back(*files())
    assert (files(), evidence(PERSON).state) == ([], PaperState.PENDING)


def test_of_two_pages_the_other_still_waits(send, take_back, files, evidence):
    send(SIGNED)
    send(SIGNED, photo(80))
    take_back(files()[0])
    assert (len(files()), evidence(SIGNED).state) == (1, PaperState.RECEIVED)


def test_a_stranger_takes_nothing_back(send, call, make, files, number, juana):
    send(PERSON)
    (file,) = files()
    other = make.customer()
    make.policy(other)
    with pytest.raises(NotFound):
        call(lambda: collecting.take_back(policies.get(number, other.actor), file.id, other.actor))
    with pytest.raises(NotAllowed):
        call(lambda: collecting.take_back(policies.get(number, juana.actor), file.id, make.collaborator().actor))


def test_one_mail_tells_of_all_that_came_at_a_time(send, told, clock, rows):
    send(FRONT)
    clock(minutes=3)
    send(SIGNED, photo(80))
    clock(minutes=6)
    assert told() == []  # more may be on its way
    clock(minutes=9)
    (mail,) = told()
    assert "- Póliza firmada" in mail.text_body
    assert "- Foto del documento, adelante" in mail.text_body
    assert [one.id for one in told()] == [mail.id]


def test_a_schedule_begun_twice_writes_once(send, told, clock, call, app, rows):
    send(FRONT)
    clock(minutes=6)
    at_once(app, 2, lambda _: confirmations.confirm_due())
    assert len(told()) == 1


def test_nobody_is_told_of_what_was_taken_back(send, take_back, files, told, clock):
    send(PERSON)
    take_back(*files())
    clock(minutes=6)
    assert told() == []


def test_two_first_photos_at_once_are_one_evidence(app, juana, number, rows):
    def sending(width: int):
        policy = policies.get(number, juana.actor)
        collecting.send(policy, SIGNED, io.BytesIO(photo(width)), juana.actor)

    assert at_once(app, 2, lambda number: sending(40 + number)) == [None, None]
    assert len(rows(select(Evidence))) == 1
    assert len(rows(select(StoredFile).where(StoredFile.state == FileState.STORED))) == 2
