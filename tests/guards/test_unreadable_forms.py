"""Whatever is sent to an address that takes forms, the answer is a page, and never a fault of ours."""

from __future__ import annotations

import io
import itertools
import json
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from portal.web.access import Who
from tests.client import PageClient
from tests.factories import Factories
from tests.guards.endpoints import BEFORE_SECOND_STEP, World, build, rule_for, rules, token_of, visit
from tests.guards.forms import FIELDS

pytestmark = pytest.mark.one_database

_VISITOR = {
    Who.ANYONE: "anonymous",
    Who.CHANGING_PASSWORD: "first login",
    Who.SECOND_STEP: BEFORE_SECOND_STEP,
    Who.SIGNED_IN: "owner",
    Who.CUSTOMER: "owner",
    Who.STAFF: "supervisor",
    Who.SUPERVISOR: "supervisor",
}
_JSON = "application/json"
# Of these nothing can be read: 4xx, and a page that says so.
UNREADABLE: dict[str, dict[str, Any]] = {
    "JSON": {"data": json.dumps(dict.fromkeys(FIELDS, "x")), "content_type": _JSON},
    "JSON of lists": {"data": json.dumps({key: [{"a": None}] for key in FIELDS}), "content_type": _JSON},
    "broken JSON": {"data": "{", "content_type": f"{_JSON}; charset=utf-16"},
    "plain text": {"data": "usuario=juana", "content_type": "text/plain"},
    "bytes of no kind": {"data": b"\xff\xfe\x00", "content_type": ""},
    "NUL": {"data": dict.fromkeys(FIELDS, "a\0b")},
    "NUL in a name": {"data": {"usuario\0": "a"}},
    "too much": {"data": {"usuario": "a" * 300_000}},
    "too much in parts": {"data": {"usuario": "a" * 300_000}, "content_type": "multipart/form-data"},
    "more parts than a form has": {
        "data": {f"campo{at}": "a" for at in range(1100)}, "content_type": "multipart/form-data"
    },
    "a query of another alphabet": {"environ_overrides": {"QUERY_STRING": "next=\xff&codigo=%ff"}},
}  # fmt: skip
# These can: the form judges them.
ODD: dict[str, dict[str, Any]] = {
    "nothing": {},
    "each field three times": {"data": {key: ["a", "b", "\u202e"] for key in FIELDS}},
    "invalid UTF-8": {"data": "&".join(f"{name}=%ff%fe%ed%a0%80" for name in FIELDS),
                      "content_type": "application/x-www-form-urlencoded"},
    "parts without their boundary": {"data": b"--x\r\n\r\n", "content_type": "multipart/form-data"},
    **{
        f"«{odd[:9]}» everywhere": {"data": dict.fromkeys(FIELDS, odd)}
        for odd in (
            "sNaN", "1E999999", "9" * 1500, "\u202e\u200b\ufeff", "🏳️‍🌈 ١٢٣", "a" * 1500,
        )
    },
}  # fmt: skip
# How many of the first an address meets: of the twelve another three each time, so that some fifty addresses meet each.
IN_TURN = 3


@pytest.fixture
def world(app: Flask, make: Factories) -> World:
    return build(app, make)


def form_of(app: Flask, world: World, rule: Rule) -> tuple[str, PageClient]:
    return world.address(app, rule), visit(app, world, _VISITOR[rule_for(app, rule)])


def sent(app: Flask, client: PageClient, address: str, what: dict[str, Any]) -> Any:
    """With the session's token in a header, so that what is sent is looked at."""
    return client.raw.post(address, headers={"X-CSRFToken": token_of(app, client)}, **what)


def test_what_cannot_be_read_is_answered_with_a_page(app: Flask, world: World) -> None:
    """Of all addresses by the same lines, before their views are asked: each meets some of it in turn, and those that
    read their body themselves meet it all."""
    wrong = {}
    in_turn = itertools.cycle([*UNREADABLE.items(), ("files", None)])
    read_themselves = {name for name, view in app.view_functions.items() if getattr(view, "takes_file", False)}
    assert read_themselves, "the mark of portal/web/uploads.py has another name"
    for rule in rules(app, "POST"):
        reads_itself = rule.endpoint in read_themselves
        for name, what in itertools.islice(in_turn, len(UNREADABLE) + 1 if reads_itself else IN_TURN):
            address, client = form_of(app, world, rule)
            answer = sent(app, client, address, what or {"data": {one: (io.BytesIO(b"a"), "a.png") for one in FIELDS}})
            if not 400 <= answer.status_code < 500 or answer.text.count("<h1") != 1:
                wrong[f"{name}: {address}"] = answer.status_code
    assert wrong == {}


def test_what_can_be_read_never_is_a_fault_of_ours(app: Flask, world: World) -> None:
    wrong = {}
    for name, what in ODD.items():
        for rule in rules(app, "POST"):
            address, client = form_of(app, world, rule)
            answer = sent(app, client, address, what)
            if answer.status_code >= 500:
                wrong[f"{name}: {address}"] = answer.status_code
    assert wrong == {}
