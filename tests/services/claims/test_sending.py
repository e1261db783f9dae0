"""What is sent for a claim: nothing is written down of what did not come, and nobody sends who has no part in it."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from portal.domain import clock
from portal.domain.claim import PaperState
from portal.domain.errors import NotAllowed
from portal.domain.received_file import FileRefused, FileState
from portal.models import ClaimPaper, ClaimParty, StoredFile
from portal.models.transaction import writing
from portal.services.claims import attachments, papers
from portal.services.claims import claim as claims
from tests.decoder.strangers import drawing, encoded
from tests.factories import ACCIDENT, beneficiary
from tests.services.at_once import at_once

PHOTO = encoded(drawing(), "PNG")
OTHERS = select(ClaimPaper).where(ClaimPaper.code == papers.OTHER.code)


@pytest.fixture
def send_other(app, make, juana):
    """Sends what nobody asked for."""
    number = make.claim(juana)

    def send_other(data=PHOTO):
        with app.app_context():
            return attachments.send_other(claims.get(number, juana.actor), io.BytesIO(data), juana.actor).id

    return send_other


def test_what_nobody_asked_for_has_its_paper_from_the_first_file_on(send_other, rows):
    first = send_other()
    second = send_other(encoded(drawing((80, 60)), "PNG"))
    assert (send_other(), first != second) == (first, True)
    (paper,) = rows(OTHERS)
    assert (paper.state, paper.required) == (PaperState.RECEIVED, False)
    files = rows(select(StoredFile).order_by(StoredFile.id))
    assert [(one.owner_kind, one.owner_id, one.number) for one in files] == [
        (ClaimPaper.FILES, paper.id, 1),
        (ClaimPaper.FILES, paper.id, 2),
    ]


def test_of_one_that_is_refused_no_paper_is_left(send_other, rows):
    with pytest.raises(FileRefused):
        send_other(b"")
    assert rows(OTHERS) == []


def test_two_of_them_at_once_are_two_files_of_one_paper(app, send_other, rows):
    sent = at_once(app, 2, lambda number: send_other(encoded(drawing((70 + number, 50)), "PNG")))
    assert len(set(sent)) == 2
    (paper,) = rows(OTHERS)
    files = rows(select(StoredFile).where(StoredFile.owner_id == paper.id))
    assert {(one.state, one.number) for one in files} == {(FileState.STORED, 1), (FileState.STORED, 2)}


def test_a_paper_asked_again_has_come_when_the_same_file_is_sent(app, make, juana, someone, call, rows):
    number = make.claim(juana)
    (paper_id, *_) = call(lambda: [one.id for one in papers.missing(claims.get(number, juana.actor))])

    def send():
        return attachments.send(paper_id, claims.get(number, juana.actor), io.BytesIO(PHOTO), juana.actor).id

    def observe():
        with writing() as session:
            papers.observe(session.get_one(ClaimPaper, paper_id), someone.actor, "No se lee la fecha.")

    first = call(send)
    call(observe)
    assert call(send) == first
    assert rows(select(ClaimPaper.state).where(ClaimPaper.id == paper_id)) == [PaperState.RECEIVED]


def test_nothing_is_taken_for_who_has_no_part_any_more_and_the_holder_brings_the_rest(make, juana, call, change, rows):
    number = make.claim(juana, ACCIDENT, named=[beneficiary()])
    own = next(one.id for one in rows(select(ClaimPaper)) if one.party_id is not None)
    of_claim = next(one.id for one in rows(select(ClaimPaper)) if one.party_id is None)

    def send(paper_id):
        return attachments.send(paper_id, claims.get(number, juana.actor), io.BytesIO(PHOTO), juana.actor)

    change(ClaimParty, excluded_at=clock.now(), ground="Lo causó.")
    with pytest.raises(NotAllowed, match="Ya no necesitamos documentos"):
        call(send, own)
    call(send, of_claim)
    assert rows(select(StoredFile.owner_id)) == [of_claim]
