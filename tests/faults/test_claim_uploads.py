"""Whoever is killed while a document of a claim arrives: no file is there while its paper says that it is missing."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import httpx
import pytest
from sqlalchemy import select

from portal.domain.claim import PaperState
from portal.domain.received_file import FileState
from portal.models import ClaimPaper, StoredFile
from tests.decoder.strangers import drawing, encoded
from tests.faults.traps import has_caught, lay
from tests.faults.visitors import Visitor
from tests.guards.claimants import BROWSER_COOKIE, DAUGHTER, bereaved, browser
from tests.processes import until

POINTS = (
    "a claim's file is kept and its paper has not come",
    "a claim's paper has come and nothing is committed",
)


@pytest.fixture
def death(app, make):
    return bereaved(app, make)


@pytest.fixture
def senders(death, start, visitor, tmp_path) -> dict[str, tuple[Visitor, str]]:
    """Who sends documents of the claim, and from which page: the holder, and the daughter without an account."""
    urls = start(1, traps=tmp_path)
    daughter = visitor(urls, None)
    daughter.keep(BROWSER_COOKIE, browser(DAUGHTER))
    return {
        "mother": (visitor(urls, death.mother), f"/siniestros/{death.number}"),
        DAUGHTER: (daughter, f"/avisos/seguimiento/{death.tokens[DAUGHTER]}/{death.number}"),
    }


def test_whoever_is_killed_file_and_paper_come_together(death, senders, rows, tmp_path):
    waiting = rows(select(ClaimPaper).where(ClaimPaper.party_id.is_(None), ClaimPaper.state == PaperState.PENDING))
    cases = [(who, point) for who in senders for point in POINTS]
    assert len(waiting) >= len(cases)
    for number, ((who, point), paper) in enumerate(zip(cases, waiting, strict=False)):
        visitor, page = senders[who]
        fields = {"csrf_token": visitor.form(page, "archivo")["csrf_token"]}
        send = partial(
            visitor.send, f"{page}/documentos/{paper.id}", fields, encoded(drawing((90 + number, 64)), "PNG")
        )
        trap = lay(tmp_path, point)
        with suppress(httpx.TransportError):
            send()
        until(partial(has_caught, trap), f"the web server is killed when {point}")
        assert _stands(rows, paper.id) == (PaperState.PENDING, [FileState.RECEIVING]), (who, point)
        assert send().status_code == 303
        assert _stands(rows, paper.id) == (PaperState.RECEIVED, [FileState.STORED]), (who, point)


def _stands(rows, paper_id):
    files = select(StoredFile.state).where(StoredFile.owner_kind == ClaimPaper.FILES, StoredFile.owner_id == paper_id)
    return rows(select(ClaimPaper.state).where(ClaimPaper.id == paper_id))[0], rows(files)
