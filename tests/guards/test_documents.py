"""Every kind of document has what it needs, and nothing is left of one that went."""

from __future__ import annotations

from pkgutil import iter_modules
from typing import Any, get_type_hints

import pytest
from flask import Flask
from sqlalchemy import String, select

from portal.extensions import db
from portal.models import Document
from portal.services.documents import kinds
from portal.services.documents.kinds import KINDS, DocumentKind
from portal.services.printing import contents, rendering
from portal.services.printing.contents import Contents
from tests.factories import Factories
from tests.guards.endpoints import build
from tests.processes import ROOT

CODES = sorted(kind.code for kind in KINDS)


def test_kinds_contents_templates_and_tests_are_the_same() -> None:
    assert len(set(CODES)) == len(CODES)
    assert sorted(module.name for module in iter_modules(contents.__path__)) == CODES
    assert sorted(path.stem for path in (ROOT / "portal/templates/documents").glob("*.html")) == CODES
    tests = (ROOT / "tests/documents").glob("test_*_document.py")
    assert sorted(path.stem.removeprefix("test_").removesuffix("_document") for path in tests) == CODES


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_a_kind_is_read_back_by_a_code_that_its_row_can_hold_and_has_words_of_its_own(kind: DocumentKind[Any]) -> None:
    assert kinds.by_code(kind.code) is kind
    column = Document.__table__.c.kind.type
    assert isinstance(column, String)
    assert column.length
    assert len(kind.code) <= column.length
    assert [one.code for one in KINDS if one.label == kind.label] == [kind.code]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_its_contents_are_those_of_its_subject(kind: DocumentKind[Any]) -> None:
    hints = get_type_hints(rendering.CONTENTS[kind.code])
    assert hints.pop("return") is Contents
    assert list(hints.values()) == [kind.subject]


def test_the_contents_of_each_kind_give_every_word_that_its_template_asks_for(app: Flask, make: Factories) -> None:
    build(app, make)
    printed = set()
    with app.app_context():
        for document in db.session.scalars(select(Document)):
            kind = kinds.by_code(document.kind)
            said = rendering.contents_of(kind, db.session.get_one(kind.subject, document.subject_id))
            assert rendering.html_of(kind, said)  # fails where a word is missing
            assert not said.footer or said.title in said.footer
            printed.add(kind.code)
    assert printed == set(CODES), "tests/guards/endpoints.py makes no document of the others"
