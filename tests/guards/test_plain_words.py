"""Words that people understand (B24): what a customer reads, on a page, in a mail or in a document, is easy to read."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.domain.quote import QuotePurpose
from portal.domain.texts import load_texts
from portal.extensions import db
from portal.models import Document
from portal.services.catalogue import offers
from portal.services.documents import kinds
from portal.services.messaging import mails
from portal.services.messaging.mails.mail import Mail
from portal.services.printing import rendering
from tests.documents import samples
from tests.emails.mails import SHARED, letter, sample_of, written
from tests.emails.samples import left_mail, plan_mail
from tests.factories import Factories
from tests.guards.endpoints import build, rules, visit
from tests.readability import inflesz, of_html, of_plain, sentences

pytestmark = pytest.mark.one_database

EASY, LEGAL = 75, 65
_UNFILLED = 72  # a template without the names and figures that fill it
_FEWEST = 6  # sentences: fewer make no measure
_DESK = ("/gestion", "/rq")  # read by staff
_STAFFS = {
    "assessing",
    "assisted_changes",
    "assisted_claims",
    "backlog",
    "bordereaux",
    "cash",
    "claim_reviews",
    "corrections",
    "customers",
    "desk",
    "desk_notices",
    "payees",
    "reviewing",
    "rq_dashboard",
    "settlements",
    "staff",
}  # folders of templates and of code
_STAFFS_PAGES = {"enrolment.html"}
_CODE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_PORTAL = Path(__file__).resolve().parents[2] / "portal"


each_mail = pytest.mark.parametrize("kind", mails.KINDS)
each_product = pytest.mark.parametrize("slug", samples.PRODUCTS)


@cache
def _legal() -> set[tuple[str, ...]]:
    """The sentences of conditions and of texts to accept, which pages show word by word."""
    return {tuple(one) for one in sentences(list(_legal_texts()))}


def _legal_texts() -> Iterator[str]:
    for slug in samples.PRODUCTS:
        product = samples.product(slug)
        yield from product.exclusions
        yield product.draft_notice
        yield product.insurer.name  # "S. A." ends like a sentence

        for coverage in product.coverages:
            yield coverage.definition
        for condition in product.conditions:
            yield from condition.paragraphs
            for listing in condition.listings:
                yield from listing.items
    for text in load_texts(offers.FOLDER / "texts").values():
        yield text.acceptance
        for section in text.sections:
            yield from section.paragraphs


@each_mail
def test_every_mail_is_easy_to_read(kind: str) -> None:
    legal = _legal()
    read = [one for one in of_plain(letter(kind).text) if tuple(one) not in legal]
    assert inflesz(read) >= EASY, _hardest(read)


@pytest.mark.parametrize("purpose", [QuotePurpose.PLAN_CHANGE, QuotePurpose.RENEWAL])
@pytest.mark.parametrize("kind", SHARED)
def test_a_mail_of_a_payment_is_easy_to_read_whatever_it_buys(kind: str, purpose: QuotePurpose) -> None:
    found = sample_of(kind, purpose)
    assert inflesz(of_plain(written(found).text)) >= EASY, _hardest(of_plain(written(found).text))


@pytest.mark.parametrize("mail", [plan_mail(dearer=True), plan_mail(both=True), left_mail(both=True)])
def test_a_mail_of_a_change_is_easy_to_read_however_its_money_moves(mail: Mail) -> None:
    assert inflesz(of_plain(written(mail).text)) >= EASY, _hardest(of_plain(written(mail).text))


def test_every_page_is_easy_to_read(app: Flask, make: Factories, drain: Callable[[], int]) -> None:
    world = build(app, make)
    drain()
    readers = [visit(app, world, visitor) for visitor in ("owner", "anonymous", "first login")]
    legal, hard = _legal(), {}
    for rule in rules(app, "GET"):
        if rule.rule.startswith(_DESK):
            continue
        for address in world.addresses(app, rule):
            for reader in readers:
                answer = reader.raw.get(address)
                if answer.status_code != 200 or answer.mimetype != "text/html":
                    continue
                seen = dict.fromkeys(map(tuple, of_html(answer.text, inside="main")))
                read = [one for one in seen if one not in legal]
                if len(read) >= _FEWEST and (score := inflesz(read)) < EASY:
                    hard[address] = (round(score), _hardest(read))
                break
    assert hard == {}, str(hard)


def test_every_document_is_easy_to_read(app: Flask, make: Factories) -> None:
    build(app, make)
    legal, read = _legal(), defaultdict[str, dict[tuple[str, ...], None]](dict)
    with app.app_context():
        for document in db.session.scalars(select(Document)):
            kind = kinds.by_code(document.kind)
            said = rendering.contents_of(kind, db.session.get_one(kind.subject, document.subject_id))
            of_it = map(tuple, of_html(rendering.html_of(kind, said)))
            read[kind.code] |= dict.fromkeys(one for one in of_it if one not in legal)
    measured = {code: list(lines) for code, lines in read.items() if len(lines) >= _FEWEST}
    hard = {code: _hardest(lines) for code, lines in measured.items() if inflesz(lines) < LEGAL}
    assert hard == {}, str({code: round(inflesz(lines)) for code, lines in measured.items()})


def test_every_branch_of_a_template_is_easy_to_read() -> None:
    """Those too that no sample and no visit shows: a rare variant of a mail, an error, another state."""
    read = {name: of_plain(source) for name, source in _sources("emails/*/body.txt")}
    pages = (one for one in _sources("**/*.html") if not one[0].startswith(("emails/", "documents/")))
    read |= {name: of_html(f"<body>{source}</body>") for name, source in pages if not _is_staffs(name)}
    hard = {name: _hardest(one) for name, one in read.items() if len(one) >= _FEWEST and inflesz(one) < _UNFILLED}
    assert hard == {}, str(hard)


@pytest.mark.parametrize("part", ["blueprints", "domain", "services", "web"])
def test_what_the_code_says_is_easy_to_read(part: str) -> None:
    """What was typed wrong, why something can't be done, what was done."""
    files = (file for file in (_PORTAL / part).rglob("*.py") if not _STAFFS & set(file.parts))
    read = sentences([text for file in files for text in _texts(ast.parse(file.read_text()))])
    assert inflesz(read) >= EASY, _hardest(read)


def _sources(pattern: str) -> Iterator[tuple[str, str]]:
    folder = _PORTAL / "templates"
    return ((str(file.relative_to(folder)), _CODE.sub(" ", file.read_text())) for file in folder.glob(pattern))


def _is_staffs(template: str) -> bool:
    parts = Path(template).parts
    return bool(_STAFFS & set(parts)) or parts[-1] in _STAFFS_PAGES


def _texts(node: ast.AST) -> Iterator[str]:
    """The texts in code, but for what is written about it."""
    if isinstance(node, ast.JoinedStr):
        yield " ".join(str(one.value) for one in node.values if isinstance(one, ast.Constant))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        for one in ast.iter_child_nodes(node):
            yield from _texts(one)


@each_product
def test_the_conditions_are_easy_enough_to_read(slug: str) -> None:
    paragraphs = [text for condition in samples.product(slug).conditions for text in condition.paragraphs]
    assert inflesz(sentences(paragraphs)) >= LEGAL


def _hardest(read: Sequence[Sequence[str]]) -> list[str]:
    """Where to begin mending."""
    return [f"{inflesz([one]):.0f}: {' '.join(one)}" for one in sorted(read, key=lambda one: inflesz([one]))[:4]]
