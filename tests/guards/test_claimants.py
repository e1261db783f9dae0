"""Claimants of one event against each other, and everybody else against both: for what is another's each gets what a
stranger gets (B01; docs/rules.md, Claims)."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.factories import Factories
from tests.guards.claimants import DAUGHTER, PHOTO, SON, SURNAMES, Death, bereaved
from tests.guards.endpoints import rules, token_of
from tests.guards.test_access import outcome

pytestmark = pytest.mark.one_database

_PARTS = {"party_id", "paper_id", "file_id", "letter_id"}
_OWN, _NOTICE, _DESK = "/siniestros/<number>/", "/avisos/seguimiento/<token>/", "/gestion/siniestros/<number>/"
_STAFF = ("clerk", "clerk elsewhere", "supervisor")
_WITH_ACCOUNT = (SON, "mother", "stranger")


@pytest.fixture
def death(app: Flask, make: Factories) -> Death:
    return bereaved(app, make)


def parts_of(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Each address of a claim that names a person, a paper, a file or a letter of it, by the methods that it takes."""
    for method in ("GET", "POST"):
        for rule in rules(app, method):
            if rule.rule.startswith((_OWN, _NOTICE, _DESK)) and rule.arguments & _PARTS:
                yield method, rule


def expected(rule: Rule, visitor: str, whose: str) -> str:
    """What a visitor gets for a part of one of the two who are paid."""
    if rule.rule.startswith(_NOTICE):
        return "let in" if visitor == whose else "not found"
    if rule.rule.startswith(_DESK):
        if visitor in _STAFF:
            # How somebody is paid may be told at any counter; papers are for whom the claim is.
            # A form with something missing is answered by the page that everybody of the staff may see, without papers.
            is_form = rule.endpoint == "assessing.observe"
            is_readers = bool(rule.arguments & {"paper_id", "file_id"}) or rule.endpoint == "assessing.readmit"
            return "not found" if is_readers and not is_form and visitor == "clerk elsewhere" else "let in"
        return "forbidden" if visitor in _WITH_ACCOUNT else "log in"
    if visitor in _STAFF:
        return "forbidden"
    if visitor not in _WITH_ACCOUNT:
        return "log in"
    return "let in" if visitor == whose == SON else "not found"


def address(app: Flask, death: Death, rule: Rule, visitor: str, whose: str) -> str:
    """Who has a notice asks by their own; who has none, by that of the person whose part it is."""
    token = death.tokens.get(visitor, death.tokens[whose])
    known: dict[str, Any] = {**death.parts[whose], "token": token, "number": death.number, "claim_number": death.number}
    missing = rule.arguments - known.keys() - {"verb"}
    assert not missing, f"{rule.rule}: tests/guards/test_claimants.py has no {missing} for it"
    with app.test_request_context():
        return app.url_for(rule.endpoint, **{name: known.get(name, "pedir") for name in rule.arguments})


def test_each_gets_their_own_part_of_a_claim_and_nothing_of_another(app: Flask, death: Death) -> None:
    wrong, asked = {}, list(parts_of(app))
    assert asked
    for (method, rule), visitor, whose in itertools.product(asked, death.clients, (DAUGHTER, SON)):
        if method == "POST" and visitor == "mother" and "paper_id" in rule.arguments:
            continue  # who bought it may bring anybody's paper, and sees what she brought
        client = death.clients[visitor]
        data: dict[str, object] = {"csrf_token": token_of(app, client)} if method == "POST" else {}
        if getattr(app.view_functions[rule.endpoint], "takes_file", False):
            data["archivo"] = (io.BytesIO(PHOTO), "dni.png")
        there = address(app, death, rule, visitor, whose)
        got = outcome(client.raw.open(there, method=method, data=data))
        if got != (wanted := expected(rule, visitor, whose)):
            wrong[f"{visitor}: {method} {there} of the {whose}"] = f"{got}, not {wanted}"
    assert wrong == {}


def test_another_browser_opens_no_notice_of_theirs(app: Flask, death: Death) -> None:
    for visitor, whose in itertools.product(death.clients, (DAUGHTER, SON)):
        page = death.clients[visitor].raw.get(f"/avisos/seguimiento/{death.tokens[whose]}")
        assert (page.status_code == 200) is (visitor == whose), f"{visitor} at the notice of the {whose}"


def test_no_page_of_one_names_the_other_or_their_share(app: Flask, death: Death) -> None:
    others = {DAUGHTER: SURNAMES[SON], SON: SURNAMES[DAUGHTER]}
    for who, other in others.items():
        pages = [f"/avisos/seguimiento/{death.tokens[who]}", "/siniestros", f"/siniestros/{death.number}"]
        pages.append(f"{pages[0]}/{death.number}")
        seen = [death.clients[who].raw.get(one).text for one in pages]
        assert not any(other.split()[1] in one for one in seen)
