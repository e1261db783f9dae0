"""A file that is taken away while its claim is registered in another window: one comes after the other; and the control
of that: without its protection a claim is complete by a document that is not there."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.engine import make_url

from portal.domain.claim import ClaimState, PaperState
from portal.domain.errors import NotAllowed
from portal.domain.received_file import FileState
from portal.extensions import db
from portal.models import Claim, ClaimPaper, StoredFile
from portal.services.claims import attachments, drafts, filing, papers
from tests.databases import all_of
from tests.decoder.strangers import drawing, encoded
from tests.factories import Factories
from tests.faults.protections import LOCK, TURNS, both_have_read
from tests.services.at_once import together

PROTECTION = {"sqlite": TURNS, "postgresql": LOCK}
KEPT = (ClaimState.ASSESSED, PaperState.RECEIVED, FileState.STORED)
TAKEN_AWAY = (ClaimState.REGISTERED, PaperState.PENDING, FileState.REMOVED)


@pytest.fixture
def race(bank) -> Callable[[Flask, float], tuple[object, ...]]:
    """The last document that a claim needs is taken away while it is registered: how claim, document and file are
    afterwards, and what who took it away was told."""

    def race(own: Flask, patience: float) -> tuple[object, ...]:
        make = Factories(own)
        juana = make.customer()
        public_id = make.claim_draft(juana)
        with own.app_context():
            *others, last = [one.id for one in papers.needed(drafts.get(public_id, juana.actor))]
            photo, engine = io.BytesIO(encoded(drawing(), "PNG")), db.engine
            file_id = attachments.send(last, drafts.get(public_id, juana.actor), photo, juana.actor).id
        for paper_id in others:
            make.paper_came(paper_id, juana.actor)
        with both_have_read(engine, patience, ("UPDATE counters", "UPDATE stored_files")) as enter:

            def register() -> object:
                enter()
                return filing.register(public_id, juana.actor, agrees=True)

            def take_away() -> None:
                enter()
                attachments.take_away(file_id, drafts.get(public_id, juana.actor), juana.actor)

            number, told = together(own, register, take_away)
        assert isinstance(number, str), number
        with own.app_context():
            (claim,) = all_of(select(Claim.state))
            (paper,) = all_of(select(ClaimPaper.state).where(ClaimPaper.id == last))
            (file,) = all_of(select(StoredFile.state))
        return (claim, paper, file), told

    return race


def test_either_it_is_taken_away_or_the_claim_has_it(own_app, race):
    outcome, told = race(own_app(), 0.5)
    if isinstance(told, NotAllowed):
        assert outcome == KEPT
    else:
        assert (outcome, told) == (TAKEN_AWAY, None)


def test_without_its_protection_a_claim_is_complete_without_it(database, own_app, race):
    outcome, told = race(own_app(PROTECTION[make_url(database).get_backend_name()]), 20)
    assert (outcome, told) == ((ClaimState.ASSESSED, *TAKEN_AWAY[1:]), None)
